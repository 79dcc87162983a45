import { equal, throws } from "node:assert/strict";
import { resolveRunSpec, type RunInput } from "../run_spec.ts";

const memoryOf = (input: RunInput) => resolveRunSpec(input).spec.memory;
const program = { contextTokens: 64 };

Deno.test("a run names the memory it uses, whatever was left out", () => {
  equal(memoryOf({ kind: "dram", program }), "hbm3-pim-bank");
  equal(memoryOf({ kind: "dram", program: { ...program, pim: "buffer" } }), "hbm3-pim-buffer");
  equal(
    memoryOf({ kind: "dram", memory: "hbm3-pim", program: { ...program, pim: "bankgroup" } }),
    "hbm3-pim-bankgroup",
  );
  equal(memoryOf({ kind: "dram", memory: "hbm3-jedec-bank", program }), "hbm3-jedec-bank");
  equal(memoryOf({ kind: "simulate", experiment: { pim: "bg" } }), "hbm3-pim-bankgroup");
});

Deno.test("a resolved run resolves to itself", () => {
  const { spec } = resolveRunSpec({ kind: "simulate", experiment: { pim: "buffer" } });
  equal(resolveRunSpec(spec).spec.memory, "hbm3-pim-buffer");
});

Deno.test("a memory that computes elsewhere is refused where it is named", () => {
  throws(
    () => resolveRunSpec({ kind: "simulate", memory: "hbm3-pim-bank", experiment: { pim: "bg" } }),
    {
      pointer: "/memory",
      message:
        "Expected PIM at the bank with the memory hbm3-pim-bank but found it at the bankgroup",
    },
  );
});
