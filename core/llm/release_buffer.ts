/**
 * Gives a buffer's memory back at once. The collector does not hurry to, since what it sees of a
 * gigabyte is a small object.
 *
 * @param list a view of the buffer; it and all others are empty afterwards
 */
export function releaseBuffer(list: ArrayBufferView<ArrayBuffer>) {
  list.buffer.transfer(0);
}
