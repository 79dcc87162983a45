import { deepEqual, ok, throws } from "node:assert/strict";
import type { LanguageModel } from "../language_model.ts";
import { withModel } from "../testing/decoding.ts";
import {
  randomCheckpoint,
  randomTokens,
  TemporaryDirectory,
} from "../testing/random_checkpoint.ts";
import { type TensorBytes, writeSafetensors } from "../write_safetensors.ts";
import { calibrate } from "./calibrate.ts";
import { readCalibration } from "./calibration_file.ts";

const WINDOWS = [randomTokens(40, 64, 1), randomTokens(17, 64, 2), randomTokens(40, 64, 3)];
const [QUERY_HEADS, KV_HEADS, DIM] = [4, 2, 8];

/** Vectors of each head, token by token. */
type Heads = number[][][];

/** Queries and keys of the first layer over all windows. */
async function collected(model: LanguageModel): Promise<[Heads, Heads]> {
  const queries: Heads = Array.from({ length: QUERY_HEADS }, () => []);
  const keys: Heads = Array.from({ length: KV_HEADS }, () => []);
  const split = (list: Float32Array, heads: Heads) => {
    for (let i = 0; i < list.length / DIM; i++) {
      heads[i % heads.length]!.push([...list.subarray(i * DIM, (i + 1) * DIM)]);
    }
  };
  for (const window of WINDOWS) {
    const positions = window.map((_, i) => i);
    const rotary = model.parts.rotary(positions, window.length);
    const projected = await model.parts.beforeAttention(0, model.parts.embed(window), rotary);
    split(projected.queries, queries);
    split(projected.keys, keys);
  }
  return [queries, keys];
}

function floats({ bytes }: TensorBytes): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (value, i) => value * b[i]!).reduce((sum, value) => sum + value, 0);
}

function rowsOf(tensor: TensorBytes, kvHead: number): Float32Array[] {
  const list = floats(tensor);
  return Array.from({ length: DIM }, (_, row) => {
    const at = (kvHead * DIM + row) * DIM;
    return list.subarray(at, at + DIM);
  });
}

/** Checks that rows of length 1 are upright on one another. */
function isOrthonormal(rows: readonly Float32Array[]) {
  rows.forEach((a, i) =>
    rows.forEach((b, j) => ok(Math.abs(dot(a, b) - (i === j ? 1 : 0)) < 1e-5))
  );
}

/** Checks that a list never rises. */
function falls(values: readonly number[]) {
  values.forEach((value, i) => ok(i === 0 || value <= values[i - 1]! * (1 + 1e-6)));
}

Deno.test("loki's rows are the directions of falling variance", () =>
  withModel(randomCheckpoint(), async (model) => {
    const tensors = await calibrate(model, { windows: WINDOWS });
    const [, keys] = await collected(model);
    for (let head = 0; head < KV_HEADS; head++) {
      const rows = rowsOf(tensors.get("loki.layers.0")!, head);
      isOrthonormal(rows);
      const count = keys[head]!.length;
      const mean = Array.from(
        { length: DIM },
        (_, d) => keys[head]!.reduce((sum, key) => sum + key[d]!, 0) / count,
      );
      const centred = keys[head]!.map((key) => key.map((value, d) => value - mean[d]!));
      const along = rows.map((row) => centred.map((key) => dot(key, row)));
      const variances = along.map((list) => dot(list, list) / count);
      falls(variances);
      // Principal components are those directions along which keys do not vary together.
      along.forEach((a, i) =>
        along.slice(i + 1).forEach((b) => ok(Math.abs(dot(a, b) / count) < 1e-5 * variances[0]!))
      );
    }
  }));

Deno.test("infinigen's rows are singular vectors, the largest sum of query magnitudes first", () =>
  withModel(randomCheckpoint(), async (model) => {
    const tensors = await calibrate(model, { windows: WINDOWS });
    const [queries] = await collected(model);
    for (let head = 0; head < KV_HEADS; head++) {
      const rows = rowsOf(tensors.get("infinigen.layers.0")!, head);
      isOrthonormal(rows);
      const group = [...queries[2 * head]!, ...queries[2 * head + 1]!];
      const along = rows.map((row) => group.map((query) => dot(query, row)));
      falls(along.map((list) => list.reduce((sum, value) => sum + Math.abs(value), 0)));
      const sizes = along.map((list) => dot(list, list));
      along.forEach((a, i) =>
        along.slice(i + 1).forEach((b) => ok(Math.abs(dot(a, b)) < 1e-5 * Math.max(...sizes)))
      );
    }
  }));

Deno.test("double-sparsity's channels fall by the magnitude of query times key", () =>
  withModel(randomCheckpoint(), async (model) => {
    const tensors = await calibrate(model, { windows: WINDOWS });
    const [queries, keys] = await collected(model);
    const tensor = tensors.get("double-sparsity.layers.0")!;
    const channels = new Uint16Array(tensor.bytes.slice().buffer);
    for (let head = 0; head < QUERY_HEADS; head++) {
      const sums = Array.from(
        { length: DIM },
        (_, d) =>
          queries[head]!.reduce(
            (sum, query, token) => sum + Math.abs(query[d]! * keys[head >> 1]![token]![d]!),
            0,
          ),
      );
      const expected = sums.map((_, d) => d).sort((a, b) => sums[b]! - sums[a]!);
      deepEqual([...channels.subarray(head * DIM, (head + 1) * DIM)], expected);
    }
  }));

Deno.test("every layer is calibrated, twice over every window", () =>
  withModel(randomCheckpoint(), async (model) => {
    const told: string[] = [];
    const onWindow = (done: number, total: number) => void told.push(`${done}/${total}`);
    const tensors = await calibrate(model, { windows: WINDOWS.slice(0, 2), onWindow });
    deepEqual(told, ["1/4", "2/4", "3/4", "4/4"]);
    deepEqual([...tensors.keys()], [
      ...["loki.layers.0", "double-sparsity.layers.0", "infinigen.layers.0"],
      ...["loki.layers.1", "double-sparsity.layers.1", "infinigen.layers.1"],
    ]);
    deepEqual(tensors.get("loki.layers.1")!.shape, [2, 8, 8]);
    deepEqual(tensors.get("double-sparsity.layers.1")!.shape, [4, 8]);
  }));

Deno.test("a policy reads its own tensors of a file, and says what it lacks", () => {
  using directory = new TemporaryDirectory();
  const tensor = (...bytes: number[]) => ({
    type: "U8",
    shape: [bytes.length],
    bytes: Uint8Array.from(bytes),
  });
  const tensors = { "a.layers.0": tensor(1, 2), "b.layers.0": tensor(3), "a.layers.1": tensor(4) };
  directory.write("some.safetensors", writeSafetensors(new Map(Object.entries(tensors)), {}));
  const path = `${directory.path}/some.safetensors`;
  deepEqual(readCalibration(path, "a", 2), [Uint8Array.of(1, 2), Uint8Array.of(4)]);
  const refuses = (policy: string, layers: number, message: RegExp) =>
    throws(() => readCalibration(path, policy, layers), { name: "CheckpointError", message });
  refuses("a", 3, /: Expected a tensor a\.layers\.2 but found 2 layers of a$/);
  refuses("loki", 1, /: Expected a tensor loki\.layers\.0 but found none of loki: it is for a, b$/);
  throws(
    () => readCalibration(`${directory.path}/none`, "a", 1),
    /none: Expected a file but found/,
  );
});
