// Keys scaled to length one, as STARC clusters them.
import { address, divide, dot } from "kvpim/vectors";

/**
 * Copies a run of keys of one head and divides each by its length, or by 1e-12 if that is larger.
 *
 * @param at Address of the first; the others follow
 */
export function unitKeys(at: usize, count: i32, dim: i32): StaticArray<f32> {
  const units = new StaticArray<f32>(count * dim);
  memory.copy(changetype<usize>(units), at, (<usize> (count * dim)) << 2);
  for (let i = 0; i < count; i++) {
    const key = address(units, i * dim);
    divide(key, max<f32>(sqrt<f32>(dot(key, key, dim)), 1e-12), dim);
  }
  return units;
}
