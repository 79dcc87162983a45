import { deepEqual, ok } from "node:assert/strict";
import { RandomAccessFile } from "../random_access_file.ts";
import { listSafetensors } from "../safetensors.ts";
import { relativeError, TemporaryDirectory } from "../testing/random_checkpoint.ts";
import { encodeSafetensors } from "../testing/encode_safetensors.ts";
import { SeededRandom } from "../random.ts";
import { TensorStore } from "../tensor_store.ts";
import { linear, type WeightFormat } from "./linear.ts";
import { OnnxGraph } from "./onnx_graph.ts";
import { SegmentSession } from "./segment_session.ts";

/** More than one block of weights, and a part of one. */
const INPUTS = 160;
const PARTS = [
  { names: { weight: "a", bias: "a.bias" }, outputs: 5, hasBias: true },
  { names: { weight: "b", bias: "b.bias" }, outputs: 3, hasBias: false },
];

/**
 * Numbers that 4 bits (and 8) hold exactly, and activations that 8 bits do: whole, with the extreme
 * in every block of 32.
 */
function wholeNumbers(random: SeededRandom, count: number, extreme: number): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, i) => i % 32 === 0 ? extreme : Math.floor(random.uniform() * 15) - 7,
  );
}

/** @param rowsAtMost rows of one matrix in the graph */
async function multiply(
  format: WeightFormat,
  x: Float32Array,
  tensors: TensorStore,
  rowsAtMost: number,
) {
  const graph = new OnnxGraph();
  const input = graph.input("x", ["tokens", INPUTS]);
  const bytesAtMost = 4 * INPUTS * rowsAtMost;
  const product = linear(graph, tensors, input, INPUTS, PARTS, format, bytesAtMost);
  graph.output("y", product, ["tokens", 8]);
  const session = await SegmentSession.load(graph.finish(), { provider: "cpu", threads: 1 });
  const { y } = await session.run({ x: { data: x, dims: [x.length / INPUTS, INPUTS] } }, ["y"]);
  await session.release();
  return y;
}

for (const format of ["fp32", "int8", "int4"] as const) {
  Deno.test(`${format}: a product of what the format holds exactly is exact`, async () => {
    const random = new SeededRandom(3);
    const extreme = format === "int8" ? -128 : -8;
    const [a, b] = [
      wholeNumbers(random, 5 * INPUTS, extreme),
      wholeNumbers(random, 3 * INPUTS, extreme),
    ];
    const bias = Float32Array.of(1, 2, 3, 4, 5);
    using directory = new TemporaryDirectory();
    const type = "F32";
    directory.write(
      "x.safetensors",
      encodeSafetensors(
        new Map([
          ["a", { shape: [5, INPUTS], values: a, type }],
          ["a.bias", { shape: [5], values: bias, type }],
          ["b", { shape: [3, INPUTS], values: b, type }],
        ]),
      ),
    );
    const file = RandomAccessFile.open(`${directory.path}/x.safetensors`);
    using tensors = new TensorStore(file.path, listSafetensors(file), [file]);
    const x = wholeNumbers(random, 2 * INPUTS, 127);
    const expected = [0, 1].flatMap((row) =>
      Array.from({ length: 8 }, (_, output) => {
        const [matrix, at] = output < 5 ? [a, output] : [b, output - 5];
        let sum = output < 5 ? bias[output]! : 0;
        for (let i = 0; i < INPUTS; i++) sum += x[row * INPUTS + i]! * matrix[at * INPUTS + i]!;
        return sum;
      })
    );
    for (const rowsAtMost of [8, 5, 2, 1]) {
      const found = await multiply(format, x, tensors, rowsAtMost);
      if (format === "fp32") deepEqual([...found], expected);
      ok(relativeError(found, expected) < 1e-6);
    }
  });
}
