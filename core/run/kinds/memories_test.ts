import { equal, rejects } from "node:assert/strict";
import { resolveRunSpec, type RunInput, type RunSpec } from "../run_spec.ts";

const memoryOf = async (input: RunInput | RunSpec) => (await resolveRunSpec(input)).spec.memory;

const program = { contextTokens: 64 };

Deno.test("a run names the memory it uses, whatever was left out", async () => {
  equal(await memoryOf({ kind: "dram", program }), "hbm3-pim-bank");
  equal(
    await memoryOf({ kind: "dram", program: { ...program, pim: "buffer" } }),
    "hbm3-pim-buffer",
  );
  equal(
    await memoryOf({ kind: "dram", memory: "hbm3-pim", program: { ...program, pim: "bankgroup" } }),
    "hbm3-pim-bankgroup",
  );
  equal(await memoryOf({ kind: "dram", memory: "hbm3-jedec-bank", program }), "hbm3-jedec-bank");
  equal(await memoryOf({ kind: "simulate", experiment: { pim: "bg" } }), "hbm3-pim-bankgroup");
});

Deno.test("a resolved run resolves to itself", async () => {
  const { spec } = await resolveRunSpec({ kind: "simulate", experiment: { pim: "buffer" } });
  equal(await memoryOf(spec), "hbm3-pim-buffer");
});

Deno.test("a memory that computes elsewhere is refused where it is named", async () => {
  await rejects(
    resolveRunSpec({ kind: "simulate", memory: "hbm3-pim-bank", experiment: { pim: "bg" } }),
    {
      pointer: "/memory",
      message:
        "/memory: Expected PIM at the bank with the memory hbm3-pim-bank but found it at the bankgroup",
    },
  );
});
