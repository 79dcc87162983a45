// Scores as whole numbers that sort the same way.

/** Larger for a larger score, equal for equal ones; NaN counts as minus infinity. */
export function sortable(score: f32): u32 {
  // Adding 0 makes -0 the 0 it equals.
  const number: f32 = score === score ? score + 0 : -f32.MAX_VALUE * 2;
  const bits = reinterpret<i32>(number);
  // A negative number's bits are turned over, of others the sign only.
  return <u32> (bits ^ ((bits >> 31) | i32.MIN_VALUE));
}
