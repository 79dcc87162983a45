import * as v from "valibot";

const picojoules = v.pipe(v.number(), v.minValue(0), v.finite());
const name = v.pipe(v.string(), v.nonEmpty());

/** The shape of the `device` of a `plugin.json`. */
export const deviceDeclarationSchema: v.GenericSchema<DeviceDeclaration> = v.strictObject({
  standard: name,
  organisation: name,
  channels: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)),
  timings: v.strictObject({ limited: name, unlimited: v.exactOptional(name) }),
  unitMegahertz: v.exactOptional(v.pipe(v.number(), v.gtValue(0), v.finite())),
  energy: v.strictObject({
    activate: picojoules,
    cell: picojoules,
    bankGroupMux: picojoules,
    globalIoMux: picojoules,
    tsv: picojoules,
    interposer: picojoules,
    multiplyAdd: picojoules,
  }),
});

/** The memory a plugin simulates with this repository's engine, as a choice from its tables. */
export interface DeviceDeclaration {
  /** Name of a table of `wasm/dram/standards`: `"HBM3-PIM"`. */
  standard: string;
  /** One of the standard's organisations: `"HBM3_8Gb_2R"`. */
  organisation: string;
  /** Channels of a stack, 1 to 64. */
  channels: number;
  /** One of the standard's timings for each power budget; a budget left out is not known. */
  timings: { limited: string; unlimited?: string };
  /**
   * Clock of the GEMV units, which multiply for each query what a MAC reads once. Left out, a MAC
   * serves one query.
   */
  unitMegahertz?: number;
  /** Picojoules a bit by where it moves or is activated, and of one multiply-add. */
  energy: {
    activate: number;
    cell: number;
    /** Column decoder to the bank-group multiplexer. */
    bankGroupMux: number;
    /** Bank-group multiplexer to the global-I/O multiplexer. */
    globalIoMux: number;
    /** Through-silicon vias to the buffer die. */
    tsv: number;
    /** Silicon interposer to the processor. */
    interposer: number;
    multiplyAdd: number;
  };
}
