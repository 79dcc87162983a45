import { deepEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  blocksOfRow,
  emptyRows,
  QUANTIZATION_BLOCK,
  type QuantizationBits,
  quantizeRows,
} from "./quantize.ts";

/** Back to weights, by the layout MatMulNBits documents. */
function weightsOf(rows: number, columns: number, bits: QuantizationBits, weights: Float32Array) {
  const quantized = emptyRows(rows, columns, bits);
  quantizeRows(weights, columns, bits, quantized, 0);
  const padded = QUANTIZATION_BLOCK * blocksOfRow(columns);
  return Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const element = row * padded + column;
    const scale = quantized.scales[Math.floor(element / QUANTIZATION_BLOCK)]!;
    if (bits === 8) return scale * (quantized.data[element]! - 128);
    const byte = quantized.data[element >> 1]!;
    return scale * ((element % 2 === 0 ? byte & 15 : byte >> 4) - 8);
  });
}

for (const bits of [4, 8] as const) {
  Deno.test(`rounding to ${bits} bits keeps within a step, and the extreme exactly`, () => {
    const weight = fc.integer({ min: -(2 ** 22), max: 2 ** 22 }).map((n) => n / 2 ** 20);
    fc.assert(fc.property(fc.array(weight, { minLength: 1, maxLength: 300 }), (weights) => {
      const row = Float32Array.from(weights);
      const rounded = weightsOf(1, row.length, bits, row);
      for (let begin = 0; begin < row.length; begin += QUANTIZATION_BLOCK) {
        const block = row.subarray(begin, begin + QUANTIZATION_BLOCK);
        const top = Math.max(...block.map(Math.abs));
        block.forEach((weight, i) => {
          // The range has one step less on the side away from the extreme.
          const step = top / 2 ** (bits - 1);
          ok(Math.abs(rounded[begin + i]! - weight) <= step * 1.0001);
          if (weight === top || weight === -top) {
            ok(rounded[begin + i] === weight || block.includes(-weight));
          }
        });
      }
    }));
  });
}

Deno.test("rows go where they are asked to", () => {
  const one = Float32Array.from({ length: 40 }, (_, i) => i - 20);
  const together = emptyRows(2, 40, 4);
  quantizeRows(new Float32Array([...one, ...one.map((w) => -w)]), 40, 4, together, 0);
  const apart = emptyRows(2, 40, 4);
  quantizeRows(one.map((w) => -w), 40, 4, apart, 1);
  quantizeRows(one, 40, 4, apart, 0);
  deepEqual(apart, together);
});
