/**
 * Input elements that share one scale, as many as GPTQ's and AWQ's usual groups have. ONNX Runtime
 * keeps 12 bytes a block beside the weights: in blocks of 32, half as much again as 4-bit weights.
 */
export const QUANTIZATION_BLOCK = 128;

/** Bits of a quantised weight. */
export type QuantizationBits = 4 | 8;

/** Rows of a matrix in the layout of ONNX Runtime's MatMulNBits. */
export interface QuantizedRows {
  /** `[rows, blocks, block * bits / 8]`; of two 4-bit numbers in a byte the first is the low half. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** `[rows, blocks]`; a weight is its scale times its number less half the range. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** Blocks of a row. The last one may be short; what it lacks counts as 0. */
export function blocksOfRow(columns: number): number {
  return Math.ceil(columns / QUANTIZATION_BLOCK);
}

/** Room for quantised rows. */
export function emptyRows(rows: number, columns: number, bits: QuantizationBits): QuantizedRows {
  const blocks = rows * blocksOfRow(columns);
  return {
    data: new Uint8Array(blocks * QUANTIZATION_BLOCK * bits / 8),
    scales: new Float32Array(blocks),
  };
}

/**
 * Rounds rows of weights to 4 or 8 bits, block by block.
 *
 * The element of largest magnitude of a block becomes the lowest number exactly (as llama.cpp's
 * Q4_0 does), which uses the whole range of a two's complement number.
 *
 * @param weights `[rows, columns]`
 * @param target where they go, from row `firstRow` on
 */
export function quantizeRows(
  weights: Float32Array,
  columns: number,
  bits: QuantizationBits,
  target: QuantizedRows,
  firstRow: number,
) {
  const blocks = blocksOfRow(columns);
  const rows = weights.length / columns;
  const half = 2 ** (bits - 1);
  const blockBytes = QUANTIZATION_BLOCK * bits / 8;
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const begin = row * columns + block * QUANTIZATION_BLOCK;
      const end = Math.min(begin + QUANTIZATION_BLOCK, (row + 1) * columns);
      const index = (firstRow + row) * blocks + block;
      const scale = Math.fround(extreme(weights, begin, end) / -half);
      target.scales[index] = scale;
      const inverse = scale === 0 ? 0 : 1 / scale;
      const write = bits === 4 ? writeFourBits : writeEightBits;
      write(weights, begin, end, inverse, target.data, index * blockBytes);
    }
  }
}

/** The element of largest magnitude. */
function extreme(weights: Float32Array, begin: number, end: number): number {
  let best = 0;
  for (let i = begin; i < end; i++) {
    const weight = weights[i]!;
    if (Math.abs(weight) > Math.abs(best)) best = weight;
  }
  return best;
}

function writeFourBits(
  weights: Float32Array,
  begin: number,
  end: number,
  inverse: number,
  data: Uint8Array,
  at: number,
) {
  for (let i = 0; i < QUANTIZATION_BLOCK; i += 2) {
    const low = begin + i < end ? level(weights[begin + i]!, inverse, 8) : 8;
    const high = begin + i + 1 < end ? level(weights[begin + i + 1]!, inverse, 8) : 8;
    data[at + i / 2] = low | high << 4;
  }
}

function writeEightBits(
  weights: Float32Array,
  begin: number,
  end: number,
  inverse: number,
  data: Uint8Array,
  at: number,
) {
  for (let i = 0; i < QUANTIZATION_BLOCK; i++) {
    data[at + i] = begin + i < end ? level(weights[begin + i]!, inverse, 128) : 128;
  }
}

/** The nearest number of the range 0 to `2 * half - 1`, where `half` stands for 0. */
function level(weight: number, inverse: number, half: number): number {
  const nearest = Math.floor(weight * inverse + half + 0.5);
  return nearest < 0 ? 0 : nearest > 2 * half - 1 ? 2 * half - 1 : nearest;
}
