// Lists of whole numbers that grow by many at a time.

/**
 * Lengthens a list by `count` numbers, which are to be written; gives the address of the first.
 * Where it outgrows its room it takes twice as much as it needs.
 */
export function extend(list: Array<u32>, count: i32): usize {
  const first = list.length;
  const length = first + count;
  // Arrays begin as views of buffers do; the length of that buffer is their room.
  const room = changetype<ArrayBufferView>(changetype<usize>(list)).byteLength;
  if (length > room >> 2) list.length = 2 * length;
  list.length = length;
  return list.dataStart + ((<usize> first) << 2);
}

/** Pushes the whole numbers from `first` up to, not including, `end`. */
export function pushRange(list: Array<u32>, first: i32, end: i32): void {
  let at = extend(list, max(end - first, 0));
  for (let number = first; number < end; number++) {
    store<u32>(at, number);
    at += 4;
  }
}

/** Pushes `count` numbers of another list, from the place `first` on, which it must have. */
export function pushFrom(list: Array<u32>, source: Array<u32>, first: i32, count: i32): void {
  if (first < 0 || count < 0 || count > source.length - first) unreachable();
  const at = extend(list, count);
  // The source may be the list itself, which may have moved.
  memory.copy(at, source.dataStart + ((<usize> first) << 2), (<usize> count) << 2);
}
