import { releaseBuffer } from "../release_buffer.ts";
import type { LinearNames } from "../tensor_names.ts";
import { readTensor, type TensorSource } from "../tensor_store.ts";
import type { OnnxGraph } from "./onnx_graph.ts";
import { blocksOfRow, emptyRows, QUANTIZATION_BLOCK, quantizeRows } from "./quantize.ts";

/** How matrices are held: rounded to 8 or 4 bits in blocks of inputs, or as they are. */
export type WeightFormat = "fp32" | "int8" | "int4";

/** A matrix of a checkpoint. */
export interface LinearPart {
  readonly names: LinearNames;
  readonly outputs: number;
  readonly hasBias: boolean;
}

/** Elements read from the checkpoint at a time. */
const PIECE_ELEMENTS = 1 << 22;

/** Half of what a protobuf message, which a matrix is one for a while, can hold. */
const MATRIX_BYTES_AT_MOST = 2 ** 30;

/** `accuracy_level` of MatMulNBits: activations are rounded to 8 bits, which is what is fast. */
const INT8_ACTIVATIONS = 4;

/**
 * Multiplies `x` by matrices that share their input, as if they were one on top of the other.
 *
 * @param x `[tokens, inputs]`
 * @param bytesAtMost size, in float32, beyond which a matrix becomes several
 * @returns `[tokens, outputs of all parts]`
 * @throws {CheckpointError} when a tensor is missing or has another shape
 */
export function linear(
  graph: OnnxGraph,
  weights: TensorSource,
  x: string,
  inputs: number,
  parts: readonly LinearPart[],
  format: WeightFormat,
  bytesAtMost = MATRIX_BYTES_AT_MOST,
): string {
  for (const { names, outputs, hasBias } of parts) {
    weights.expect(names.weight, [outputs, inputs]);
    if (hasBias) weights.expect(names.bias, [outputs]);
  }
  const pieces = cut(parts, Math.floor(bytesAtMost / (4 * inputs)))
    .map((rows) => multiply(graph, weights, x, inputs, rows, format));
  const product = pieces.length === 1 ? pieces[0]! : graph.node("Concat", pieces, { axis: -1 });
  if (!parts.some(({ hasBias }) => hasBias)) return product;
  return graph.node("Add", [product, biasOf(graph, weights, parts)]);
}

/** Some rows of a matrix. */
interface Rows {
  readonly weight: string;
  readonly first: number;
  readonly count: number;
}

/** Deals the rows of all parts out into matrices of at most so many rows. */
function cut(parts: readonly LinearPart[], rowsAtMost: number): Rows[][] {
  const matrices: Rows[][] = [[]];
  let free = rowsAtMost;
  for (const { names: { weight }, outputs } of parts) {
    for (let first = 0; first < outputs;) {
      if (free === 0) {
        matrices.push([]);
        free = rowsAtMost;
      }
      const count = Math.min(free, outputs - first);
      matrices.at(-1)!.push({ weight, first, count });
      first += count;
      free -= count;
    }
  }
  return matrices;
}

function multiply(
  graph: OnnxGraph,
  weights: TensorSource,
  x: string,
  inputs: number,
  rows: readonly Rows[],
  format: WeightFormat,
): string {
  const outputs = rows.reduce((total, { count }) => total + count, 0);
  if (format === "fp32") {
    const matrix = new Float32Array(outputs * inputs);
    forEachPiece(weights, inputs, rows, (piece, first) => matrix.set(piece, first * inputs));
    return graph.node("Gemm", [x, graph.weight("float32", [outputs, inputs], matrix)], {
      transB: 1,
    });
  }
  const bits = format === "int8" ? 8 : 4;
  const quantized = emptyRows(outputs, inputs, bits);
  forEachPiece(
    weights,
    inputs,
    rows,
    (piece, first) => quantizeRows(piece, inputs, bits, quantized, first),
  );
  const blocks = blocksOfRow(inputs);
  const shape = [outputs, blocks, QUANTIZATION_BLOCK * bits / 8];
  const data = graph.weight("uint8", shape, quantized.data);
  const scales = graph.weight("float32", [outputs * blocks], quantized.scales);
  return graph.microsoftNode("MatMulNBits", [x, data, scales], {
    K: inputs,
    N: outputs,
    bits,
    block_size: QUANTIZATION_BLOCK,
    accuracy_level: INT8_ACTIVATIONS,
  });
}

/** Reads rows a piece at a time, so that no more than one piece is held in float32. */
function forEachPiece(
  weights: TensorSource,
  inputs: number,
  rows: readonly Rows[],
  use: (piece: Float32Array, firstRow: number) => void,
) {
  const pieceRows = Math.max(1, Math.floor(PIECE_ELEMENTS / inputs));
  let placed = 0;
  for (const { weight, first, count } of rows) {
    for (let done = 0; done < count; done += pieceRows) {
      const size = Math.min(pieceRows, count - done);
      const piece = weights.readRows(weight, first + done, size);
      use(piece, placed + done);
      releaseBuffer(piece);
    }
    placed += count;
  }
}

/** The biases one after the other; 0 where a part has none. */
function biasOf(graph: OnnxGraph, weights: TensorSource, parts: readonly LinearPart[]): string {
  const outputs = parts.reduce((total, part) => total + part.outputs, 0);
  const bias = new Float32Array(outputs);
  let at = 0;
  for (const part of parts) {
    if (part.hasBias) bias.set(readTensor(weights, part.names.bias, [part.outputs]), at);
    at += part.outputs;
  }
  return graph.weight("float32", [outputs], bias);
}
