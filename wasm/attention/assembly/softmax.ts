import { exponentials } from "./exponential";

/** Makes `count` logits weights that sum to 1. */
export function softmax(at: usize, count: i32): void {
  const total = exponentials(at, count, largest(at, count));
  scale(at, count, 1 / total);
}

function largest(at: usize, count: i32): f32 {
  const whole = count & ~3;
  let tops = f32x4.splat(-Infinity);
  for (let i = 0; i < whole; i += 4) tops = f32x4.max(tops, v128.load(at + 4 * i));
  let top = max(
    max(f32x4.extract_lane(tops, 0), f32x4.extract_lane(tops, 1)),
    max(f32x4.extract_lane(tops, 2), f32x4.extract_lane(tops, 3)),
  );
  for (let i = whole; i < count; i++) top = max(top, load<f32>(at + 4 * i));
  return top;
}

function scale(at: usize, count: i32, factor: f32): void {
  const whole = count & ~3;
  for (let i = 0; i < whole; i += 4) {
    v128.store(at + 4 * i, f32x4.mul(v128.load(at + 4 * i), f32x4.splat(factor)));
  }
  for (let i = whole; i < count; i++) {
    store<f32>(at + 4 * i, load<f32>(at + 4 * i) * factor);
  }
}
