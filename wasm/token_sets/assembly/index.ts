/** Whether lists of tokens are sets: each token in range and once. */

/** For each token, in a byte, the number of the last list it was found in. */
const foundIn: usize = __heap_base;
let tableBytes: usize = 0;
/** The list in hand, 1 to 255; then all is forgotten, as it is before the first. */
let list: u32 = 255;

const PAGE: u64 = 65536;

/** Where offsets and then tokens are to be put, aligned to 16 bytes. */
export function offsetsAt(): usize {
  return (foundIn + tableBytes + 15) & ~15;
}

/**
 * Makes room for offsets and tokens, `numbers` of both together. Returns false when so many do not
 * fit.
 */
export function reserve(maxTokens: u32, numbers: u32): bool {
  tableBytes = maxTokens;
  const end = u64(offsetsAt()) + 4 * u64(numbers);
  const missing = i32((end + PAGE - 1) / PAGE) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) return false;
  return true;
}

/**
 * The first of `lists` lists that has a token twice or one that is not below `limit`; `lists` if
 * none has. Where a list begins and the next ends, in tokens, is among the offsets.
 */
export function firstThatIsNoSet(lists: u32, limit: u32): u32 {
  const offsets = offsetsAt();
  const tokens = offsets + 4 * (lists + 1);
  // The plugin's own work has driven the table from the cache: emptied in one go it is there again.
  list = 255;
  for (let one: u32 = 0; one < lists; one++) {
    const at = offsets + 4 * one;
    const begin = tokens + 4 * load<u32>(at);
    const end = tokens + 4 * load<u32>(at, 4);
    if (!ascendsBelow(begin, end, limit) && !distinctBelow(begin, end, limit)) return one;
  }
  return lists;
}

/** Whether tokens rise strictly and end below a limit: then each is there once. */
function ascendsBelow(begin: usize, end: usize, limit: u32): bool {
  if (begin === end) return true;
  let at = begin;
  for (; at + 20 <= end; at += 16) {
    const rising = i32x4.lt_u(v128.load(at), v128.load(at, 4));
    if (!i32x4.all_true(rising)) return false;
  }
  for (; at + 8 <= end; at += 4) {
    if (load<u32>(at) >= load<u32>(at, 4)) return false;
  }
  return load<u32>(end - 4) < limit;
}

function distinctBelow(begin: usize, end: usize, limit: u32): bool {
  if (list === 255) forget();
  list++;
  // Without a branch for each token: of a list that is a set, none would ever be taken.
  let again: u32 = 0;
  for (let at = begin; at < end; at += 4) {
    const token = load<u32>(at);
    if (token >= limit) return false;
    again |= u32(load<u8>(foundIn + token) === list);
    store<u8>(foundIn + token, list);
  }
  return again === 0;
}

function forget(): void {
  memory.fill(foundIn, 0, tableBytes);
  list = 0;
}
