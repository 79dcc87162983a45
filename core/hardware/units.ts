/** Bytes of a binary kilobyte. */
export const KIBI = 1024;
/** Bytes of a binary megabyte. */
export const MEBI = 1024 ** 2;
/** Bytes of a binary gigabyte. */
export const GIBI = 1024 ** 3;
/** Bytes of a binary terabyte. */
export const TEBI = 1024 ** 4;
