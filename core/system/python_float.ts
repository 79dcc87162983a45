/**
 * A number as Python prints a float: the shortest digits that read back, with an exponent below
 * 1e-4 and from 1e16 on.
 *
 * @example
 * ```ts
 * import { pythonFloat } from "./python_float.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(pythonFloat(9), "9.0");
 * equal(pythonFloat(0.00001), "1e-05");
 * equal(pythonFloat(1e16), "1e+16");
 * ```
 */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 16) {
    const plain = String(value);
    return plain.includes(".") ? plain : `${plain}.0`;
  }
  const sign = exponent < 0 ? "-" : "+";
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
