/** What a plugin may use. Part of a run's identity and of its result. */
export interface Limits {
  /** Bytes of a component file. */
  readonly fileBytes: number;
  /** Bytes of linear memory of one instance (one session); whole pages of 64 KiB. */
  readonly memoryBytes: number;
  /** Entries of a table. */
  readonly tableEntries: number;
  /** Fuel of one call: an instruction costs 1, a bulk operation an eighth of its bytes on top. */
  readonly fuelPerCall: number;
  /** Wall time of one call in milliseconds. Ends what fuel does not: a host that is too slow. */
  readonly wallMsPerCall: number;
}

/**
 * Limits that every built-in policy keeps at 32k tokens of an 8B model: 8 KV heads of 128 elements
 * are 128 MiB, which may be held twice while they come in.
 */
export const DEFAULT_LIMITS: Limits = {
  fileBytes: 32 * 2 ** 20,
  memoryBytes: 2 ** 30,
  tableEntries: 100_000,
  fuelPerCall: 2e11,
  wallMsPerCall: 60_000,
};

/** Limits with some changed. */
export function limitsWith(changes: Partial<Limits> = {}): Limits {
  return { ...DEFAULT_LIMITS, ...changes };
}
