/** Links between GPU and accelerator: bytes a second, both directions together (AttAcc src/config.py). */
export const linkBytesPerSecond = {
  NVLINK3: 600e9,
  NVLINK4: 900e9,
  PCIE4: 64e9,
  PCIE5: 128e9,
} as const;

/** Name of a link. */
type LinkName = keyof typeof linkBytesPerSecond;

/**
 * Time of one NVLINK message, fitted to measurements on an A100 (AttAcc src/devices.py): a start
 * and a slope, the slope scaled by the bandwidth of the link that was measured.
 */
export const nvlinkMessage = {
  startNanoseconds: 6060,
  nanosecondsPerByte: 0.009,
  measuredBytesPerSecond: 600e9,
} as const;
