/**
 * The engine is compiled without bounds checks. These tests run one compiled with them through the
 * same programs and traces: an access out of bounds would trap.
 *
 * @module
 */
import { deepEqual, notEqual } from "node:assert/strict";
import fc from "fast-check";
import { buildModule } from "../../wasm/build.ts";
import { hbm3PimDevice } from "./hbm3_pim_device.ts";
import type { AttentionProgram } from "./memory_model.ts";
import { ProgramRunner } from "./program_runner.ts";

const SOURCES = ["dram/assembly", "pim/assembly"];
const build = (bounds: "checked" | "trusted") =>
  buildModule("pim/assembly/index.ts", SOURCES, bounds);
const [checked, trusted] = await Promise.all([build("checked"), build("trusted")]);
const runnerOf = ({ bytes }: { bytes: Uint8Array<ArrayBuffer> }) =>
  new ProgramRunner(new WebAssembly.Module(bytes), hbm3PimDevice("limited"));

const programs: fc.Arbitrary<AttentionProgram> = fc.record({
  pim: fc.constantFrom("bank" as const, "bankgroup" as const, "buffer" as const),
  power: fc.constant("limited" as const),
  heads: fc.integer({ min: 1, max: 40 }),
  headDim: fc.constantFrom(16, 64, 128, 160),
  elementBytes: fc.constantFrom(1, 2),
  contextTokens: fc.integer({ min: 1, max: 600 }),
  keptTokens: fc.integer({ min: 1, max: 600 }),
  partitionTokens: fc.constantFrom(4096, 409600),
  clustering: fc.constant(false),
  rowTokens: fc.constant(16),
  oddTail: fc.constantFrom("once" as const, "per-step" as const),
  partnerTraffic: fc.constantFrom("truncated" as const, "whole" as const),
});

Deno.test("programs run within bounds and give the same either way", () => {
  notEqual(checked.digest, trusted.digest);
  const [withChecks, without] = [runnerOf(checked), runnerOf(trusted)];
  fc.assert(
    fc.property(programs, fc.boolean(), (program, inStep) => {
      deepEqual(withChecks.run(program, inStep), without.run(program, inStep));
      const clustered = { ...program, pim: "bank" as const, clustering: true, heads: 13 };
      deepEqual(withChecks.run(clustered), without.run(clustered));
    }),
    { numRuns: 40 },
  );
});
