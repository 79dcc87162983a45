/** Byte strides of the HBM3 stack the generators of AttAcc and STARC write addresses for. */

export const CHANNELS: i32 = 16;
export const RANKS: i32 = 2;
export const BANK_GROUPS: i32 = 4;
export const BANKS: i32 = 4;
/** Columns of a row. */
export const COLUMNS: i32 = 32;
/** Bytes a MAC reads from one bank. */
export const COLUMN_BYTES: i32 = 32;

export const COLUMN: u64 = 1 << 5;
export const ROW: u64 = 1 << 10;
export const BANK: u64 = 1 << 24;
export const BANK_GROUP: u64 = 1 << 26;
export const RANK: u64 = 1 << 28;
export const CHANNEL: u64 = 1 << 30;
/** From a head's keys to its values. */
export const VALUES: u64 = 1 << 23;

/** Smallest whole number not below a / b. */
export function ceilDiv(a: i64, b: i64): i64 {
  return (a + b - 1) / b;
}
