/** Whether lists of tokens are sets: each token in range and once. */

/** For each token below the limit, in a byte, the number of the last list it was found in. */
const foundIn: usize = __heap_base;
/** Tokens lie below. */
let limit: u32 = 0;
/** The list in hand, 1 to 255; then all is forgotten, as it is before the first. */
let list: u32 = 255;

const PAGE: u64 = 65536;

/** Begins with lists of tokens below a limit. */
export function begin(tokens: u32): void {
  limit = tokens;
  // What was driven from the cache since the last time is there again once it has been emptied.
  list = 255;
}

/** Where offsets and then tokens are to be put, aligned to 16 bytes. */
export function offsetsAt(): usize {
  return (foundIn + limit + 15) & ~15;
}

/** Makes room for so many offsets and tokens together. Returns false when they do not fit. */
export function reserve(numbers: u32): bool {
  const end = u64(offsetsAt()) + 4 * u64(numbers);
  const missing = i32((end + PAGE - 1) / PAGE) - memory.size();
  return missing <= 0 || memory.grow(missing) >= 0;
}

/**
 * The first of `lists` lists that has a token twice or one that is not below the limit; `lists` if
 * none has. Offsets say where a list begins and the next ends, counted from any number.
 */
export function firstThatIsNoSet(lists: u32): u32 {
  const offsets = offsetsAt();
  const tokens = offsets + 4 * (lists + 1) - 4 * load<u32>(offsets);
  for (let one: u32 = 0; one < lists; one++) {
    const at = offsets + 4 * one;
    const first = tokens + 4 * load<u32>(at);
    const end = tokens + 4 * load<u32>(at, 4);
    if (!areRising(first, end) && !areDistinct(first, end)) return one;
  }
  return lists;
}

/** Whether tokens rise strictly and end below the limit: then each is there once. */
function areRising(first: usize, end: usize): bool {
  if (first === end) return true;
  let at = first;
  for (; at + 36 <= end; at += 32) {
    const four = i32x4.lt_u(v128.load(at), v128.load(at, 4));
    const next = i32x4.lt_u(v128.load(at, 16), v128.load(at, 20));
    if (!i32x4.all_true(v128.and(four, next))) return false;
  }
  for (; at + 8 <= end; at += 4) {
    if (load<u32>(at) >= load<u32>(at, 4)) return false;
  }
  return load<u32>(end - 4) < limit;
}

function areDistinct(first: usize, end: usize): bool {
  if (!areBelowLimit(first, end)) return false;
  if (list === 255) forget();
  list++;
  // Without a branch for each token: of a list that is a set, none would ever be taken.
  let again: u32 = 0;
  let at = first;
  for (; at + 16 <= end; at += 16) {
    again |= enter(load<u32>(at)) | enter(load<u32>(at, 4));
    again |= enter(load<u32>(at, 8)) | enter(load<u32>(at, 12));
  }
  for (; at < end; at += 4) again |= enter(load<u32>(at));
  return i32(again) >= 0;
}

function areBelowLimit(first: usize, end: usize): bool {
  let highest = i32x4.splat(0);
  let at = first;
  for (; at + 16 <= end; at += 16) highest = i32x4.max_u(highest, v128.load(at));
  if (v128.any_true(i32x4.ge_u(highest, i32x4.splat(limit)))) return false;
  for (; at < end; at += 4) if (load<u32>(at) >= limit) return false;
  return true;
}

/** Enters a token in the list in hand. The highest bit is set only if it was there. */
function enter(token: u32): u32 {
  const last = u32(load<u8>(foundIn + token));
  store<u8>(foundIn + token, list);
  return (last ^ list) - 1;
}

function forget(): void {
  memory.fill(foundIn, 0, limit);
  list = 0;
}
