import { deepEqual, equal, match, throws } from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { type GoldenCall, goldenProgram } from "../testing/golden_program.ts";
import { sharedPath, sharedTest } from "../testing/shared_material.ts";
import { DramEngine } from "./engine.ts";
import { Hbm3PimMemory } from "./hbm3_pim.ts";
import { readTrace, TraceSyntaxError, writeProgramText } from "./trace_text.ts";

const engine = await DramEngine.open({
  organisation: "HBM3_8Gb_2R",
  timing: "HBM3_5.2Gbps",
  channels: 16,
});
const WORDS = engine.device.standard.requests.map(({ trace }) => trace);

async function textOf(call: GoldenCall): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  await writeProgramText(goldenProgram(call), (piece) => text += decoder.decode(piece));
  return text;
}

/** A generator call of the specification: `"starc/bank"` and its arguments. */
function callOf(generator: string, args: string): GoldenCall {
  const number = (name: string) => Number(new RegExp(`--${name} (\\d+)`).exec(args)![1]);
  const [project, level] = generator.split("/");
  return {
    generator: `${project}_${level}`,
    flags: args,
    L: number("seqlen"),
    nhead: number("nhead"),
    dhead: number("dhead"),
    dbyte: number("dbyte"),
    pim_type: { bank: "BA", bg: "BG", buffer: "BUFFER" }[level!]!,
    power: true,
  };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

// SHA-256 of what the generators of AttAcc (c600051) and STARC (970a61e) write.
const DIGESTS: [generator: string, args: string, digest: string][] = [
  [
    "attacc/bank",
    "--dhead 128 --nhead 3 --seqlen 257 --dbyte 2",
    "97fa3feb96bf76975695ddb5c05831bfd2aa60b629606047f2b84933abf0a456",
  ],
  [
    "attacc/bank",
    "--dhead 128 --nhead 13 --seqlen 1000 --dbyte 2",
    "893a9c6cf05d4ee96baa18155b1ab2a6d01c9ce60364f62129f73c6cd0d08d53",
  ],
  [
    "attacc/bank",
    "--dhead 128 --nhead 32 --seqlen 512 --dbyte 2",
    "9b6fe866e04ef62f438d565dff33b52a80b7af634bb76645674afa6200bb513b",
  ],
];

Deno.test("a program's text is the generators' byte for byte", async () => {
  for (const [generator, args, digest] of DIGESTS) {
    equal(sha256(await textOf(callOf(generator, args))), digest, `${generator} ${args}`);
  }
});

sharedTest("every digest of golden/traces.json is met, malformed traces included", async () => {
  const golden = JSON.parse(readFileSync(sharedPath("golden/traces.json"), "utf8"));
  for (const { generator, args, lines, sha256: digest } of golden) {
    const text = await textOf(callOf(generator, args));
    equal(text.split("\n").length - 1, lines);
    equal(sha256(text), digest, `${generator} ${args}`);
  }
});

Deno.test("a program run from its text takes the same cycles as the program", async () => {
  using memory = await Hbm3PimMemory.open();
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        generator: fc.constantFrom("attacc_bank", "attacc_bg", "attacc_buffer", "starc_bank"),
        heads: fc.integer({ min: 1, max: 40 }),
        tokens: fc.integer({ min: 1, max: 300 }),
        elementBytes: fc.constantFrom(1, 2),
      }),
      async ({ generator, heads, tokens, elementBytes }) => {
        const call: GoldenCall = {
          generator: generator.replace("attacc", "orig"),
          flags: generator === "starc_bank" ? "--sparsity --kv_budget 64" : "",
          L: tokens,
          nhead: heads,
          dhead: 128,
          dbyte: elementBytes,
          pim_type: generator.endsWith("bg") ? "BG" : generator.endsWith("bank") ? "BA" : "BUFFER",
          power: true,
        };
        const text = await textOf(call);
        const requests = readTrace(text.trimEnd().split("\n"), WORDS, "text");
        const [expected] = await memory.simulate([goldenProgram(call)]);
        equal(engine.run(requests).cycles, expected!.cycles);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("the malformed text of paired clustering is refused where it goes wrong", async () => {
  const args = "--dhead 128 --nhead 17 --seqlen 256 --dbyte 2 --sparsity --kv_budget 128 " +
    "--add_cluster";
  const text = await textOf(callOf("starc/bank", args));
  match(text, /\nP\nI\nM\n_\n/);
  throws(() => engine.run(readTrace(text.trimEnd().split("\n"), WORDS, "paired")), {
    name: "TraceSyntaxError",
    message: /^paired line \d+: expected a request such as .* but found "P"$/,
  });
});

Deno.test("addresses are read in hexadecimal and decimal", () => {
  const lines = ["LD 0x10", "ST 0X1f", "PIM_SFM 4096"];
  deepEqual([...readTrace(lines, WORDS, "t")].map(({ address }) => address), [16, 31, 4096]);
});

Deno.test("a line that is no request is named with its number", () => {
  const bad = [
    "",
    "PIM_MAC_AB",
    "PIM_MAC_AB  0x0",
    "MAC 0x0",
    "LD 0x",
    "LD -1",
    "LD 0x1 2",
    "LD 1e3",
  ];
  for (const line of bad) {
    throws(() => [...readTrace(["LD 0", line], WORDS, "a.trace")], (error) => {
      const { message } = error as Error;
      return error instanceof TraceSyntaxError && message.startsWith("a.trace line 2: expected") &&
        !message.includes("\n");
    });
  }
});
