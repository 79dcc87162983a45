/** Depths of the device tree, and what is below its banks. */
export const CHANNEL: i32 = 0;
export const PSEUDOCHANNEL: i32 = 1;
export const BANK: i32 = 4;
/** Levels that carry state and timing. */
export const NODE_LEVELS: i32 = 5;
export const ROW: i32 = 5;
export const COLUMN: i32 = 6;
/** Every part of an address. */
export const ADDRESS_LEVELS: i32 = 7;
