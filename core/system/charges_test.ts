import { deepEqual, equal, ok } from "node:assert/strict";
import { DramEngine, type TraceRequest } from "../memory/engine.ts";
import { Hbm3PimMemory } from "../memory/hbm3_pim.ts";
import { hbm3PimDevice } from "../memory/hbm3_pim_device.ts";
import type { AttentionProgram } from "../memory/memory_model.ts";
import { PLAIN_PROGRAM } from "../testing/plain_program.ts";
import { clustersAt, remapCycles } from "./online_clustering.ts";
import { metadataOf, type MetadataParameters, type PolicyName } from "./policy_metadata.ts";
import {
  selectionMultiplyAdds,
  selectionProgram,
  selectionSize,
  withCompleteScores,
} from "./selection.ts";
import { simulateSystem } from "./simulate.ts";
import { parseSystemSpec, type SystemOptions } from "./spec.ts";

using memory = await Hbm3PimMemory.open({ workers: 1 });

const PROGRAM: AttentionProgram = { ...PLAIN_PROGRAM, contextTokens: 10000, keptTokens: 1024 };

const metadata = (name: PolicyName, parameters: MetadataParameters = {}) =>
  metadataOf(name, parameters, PROGRAM.headDim)!;

const OPTIONS: SystemOptions = {
  system: "dgx-attacc",
  gpu: "H100",
  model: "GPT-13B",
  powerlimit: true,
  lin: 2000,
  lout: 129,
  batch: 4,
  sparsity: { kvBudget: 1024 },
};

const run = (options: SystemOptions) =>
  simulateSystem(parseSystemSpec({ ...OPTIONS, ...options }), memory);

const near = (found: number, expected: number, tolerance = 1e-9) =>
  ok(Math.abs(found - expected) <= tolerance * Math.abs(expected), `${found}, not ${expected}`);

Deno.test("Quest reads two vectors a page, STARC one centroid for 16 tokens", async () => {
  // 625 pages of 16 tokens: 1250 vectors in 79 steps of 16 units, 2 MACs each, in 13 channels.
  const quest = selectionProgram(metadata("quest"), PROGRAM, 1);
  deepEqual([quest.keptTokens, quest.contextTokens, quest.passes], [1250, 1250, "scores"]);
  const starc = selectionProgram(metadata("starc"), PROGRAM, 1);
  equal(starc.keptTokens, 625);
  const [questRun, starcRun] = await memory.simulate([quest, starc]);
  equal(questRun!.mac, 79 * 2 * 13);
  equal(starcRun!.mac, 40 * 2 * 13);
  equal(questRun!.softmax, 0);
  equal(selectionMultiplyAdds(metadata("quest"), PROGRAM), 1250 * 128);
});

Deno.test("SparQ reads a quarter of the elements, each in a row of its own or two", async () => {
  const program = selectionProgram(metadata("sparq"), PROGRAM, 1);
  // 10000 tokens of an element are 10 columns of 64 banks of 16 elements; 32 of 128 elements.
  ok(program.headBlocks!.every((blocks) => blocks.length === 32 * 10));
  const [result] = await memory.simulate([program]);
  equal(result!.mac, 32 * 10 * 13);
  // Every element opens a row: at least nRC = 63 cycles, as against 10 columns of 6.
  ok(result!.cycles > 20 * 63, `${result!.cycles}`);
  const seeds = [1, 2].map((seed) => selectionProgram(metadata("sparq"), PROGRAM, seed).headBlocks);
  ok(seeds[0]!.join() !== seeds[1]!.join());
});

Deno.test("SparQ moves as many scores as there are tokens, whatever its rank", async () => {
  for (const rank of [16, 32, 128]) {
    const program = selectionProgram(metadata("sparq", { rank }), PROGRAM, 1);
    const [made] = await memory.simulate([program]);
    const result = withCompleteScores(made!, program, 10000, 2);
    // 40 moves of 256 scores, each of 8 commands, one a rank and bank group, in 13 channels.
    equal(made!.mvsb, rank * 10 / 16 * 8 * 13);
    equal(result.mvsb, 40 * 8 * 13);
    equal(result.cycles - made!.cycles, 40 * 8 * 2);
  }
  const vectors = selectionProgram(metadata("quest"), PROGRAM, 1);
  const [result] = await memory.simulate([vectors]);
  equal(withCompleteScores(result!, vectors, 10000, 2), result);
});

Deno.test("steps of equal size have equal programs", () => {
  for (
    const policy of (["quest", "starc", "sparq", "declared"] as const).map((name) => metadata(name))
  ) {
    const at = (contextTokens: number) => ({ ...PROGRAM, contextTokens });
    const [a, b] = [at(9999), at(10000)];
    equal(selectionSize(policy, a), selectionSize(policy, b));
    deepEqual(
      { ...selectionProgram(policy, a, 1), keptTokens: 0 },
      { ...selectionProgram(policy, b, 1), keptTokens: 0 },
    );
  }
});

Deno.test("what is charged is in the columns and told apart", async () => {
  const plain = await run({});
  for (const selection of ["quest", "starc", "sparq"] as const) {
    const charged = await run({ selection });
    const { milliseconds, nanojoules } = charged.charged.select!;
    near(charged.row.g_matmul - plain.row.g_matmul, milliseconds, 1e-6);
    near(charged.row["g_energy (nJ)"] - plain.row["g_energy (nJ)"], nanojoules, 1e-6);
    deepEqual(charged.perStep.attentionCycles, plain.perStep.attentionCycles);
  }
  deepEqual(plain.charged, {});
});

Deno.test("selecting reads less the fewer metadata a policy has, SparQ's most", async () => {
  const time = async (selection: "quest" | "starc" | "sparq") =>
    (await run({ selection })).charged.select!.milliseconds;
  const [quest, starc, sparq] = [await time("quest"), await time("starc"), await time("sparq")];
  ok(starc < quest && quest < sparq, `${starc} ${quest} ${sparq}`);
});

Deno.test("a policy is charged for the metadata that its parameters leave it", () => {
  const read = (name: PolicyName, parameters: MetadataParameters) =>
    selectionMultiplyAdds(metadata(name, parameters), PROGRAM) / PROGRAM.headDim;
  equal(read("quest", { "page-tokens": 32 }), 2 * 313);
  equal(read("starc", { "cluster-tokens": 32 }), 313);
  equal(read("sparq", { rank: 64 }), 10000 / 2);
  equal(read("sparq", { rank: 500 }), 10000);
  const program = selectionProgram(metadata("sparq", { rank: 16 }), PROGRAM, 1);
  ok(program.headBlocks!.every((blocks) => blocks.length === 16 * 10));
  // As a recorded run tells it: 4 keys' worth for 16 tokens, element by element.
  deepEqual(
    selectionProgram(metadata("declared", { "read-keys": 4, "element-major": 1 }), PROGRAM, 1),
    selectionProgram(metadata("sparq"), PROGRAM, 1),
  );
  deepEqual(
    selectionProgram(metadata("declared", { "read-keys": 2 }), PROGRAM, 1),
    selectionProgram(metadata("quest"), PROGRAM, 1),
  );
});

Deno.test("choosing takes longer the more scores there are and the further they go", async () => {
  const choose = async (selection: PolicyName, place: string) =>
    (await run({ selection, switches: { "top-k": place } })).charged.choose?.milliseconds;
  equal(await choose("sparq", "free"), undefined);
  // In the mean of 128 steps 2064.5 tokens, in 129.5 pages: 20 queries of each of 8 accelerators.
  const bytes = 3 * 2 * 20;
  const rate = 5 * 670.4e9;
  near((await choose("sparq", "buffer-die"))!, 40 * bytes * 2064.5 / rate * 1000);
  near((await choose("quest", "buffer-die"))!, 40 * bytes * 129.5 / rate * 1000);
  for (const policy of ["quest", "starc", "sparq"] as const) {
    ok((await choose(policy, "gpu"))! > (await choose(policy, "buffer-die"))!);
  }
});

Deno.test("the prompt's windows are clustered once, as new ones are", async () => {
  const { row, charged, chargedPrompt } = await run({ clustering: "online" });
  // 31 whole windows; two of the 128 steps cluster one.
  near(chargedPrompt.cluster!.milliseconds, 31 * 64 * charged.cluster!.milliseconds);
  near(chargedPrompt.cluster!.nanojoules, 31 * 64 * charged.cluster!.nanojoules);
  const plain = await run({});
  near(row.s_time - plain.row.s_time, chargedPrompt.cluster!.milliseconds, 1e-6);
  near(row.s_matmul - plain.row.s_matmul, chargedPrompt.cluster!.milliseconds, 1e-6);
  deepEqual((await run({ clustering: "online", lin: 63 })).chargedPrompt, {});
});

Deno.test("metadata takes its place: SparQ has the keys twice", async () => {
  const cache = 40 * 2 * 2128 * 5120 * 2 * 4;
  const plain = (await run({})).row.required_cap;
  equal((await run({ selection: "sparq" })).row.required_cap - plain, cache / 2);
  equal((await run({ selection: "quest" })).row.required_cap - plain, cache / 16);
  equal((await run({ selection: "starc" })).row.required_cap - plain, cache / 32);
});

Deno.test("clustering is charged with every 64th token", async () => {
  const steps = Array.from({ length: 200 }, (_, step) => step).filter(clustersAt);
  deepEqual(steps, [63, 127, 191]);
  const [one, two] = [
    await run({ clustering: "online", lout: 65 }),
    await run({ clustering: "online", lout: 129 }),
  ];
  near(one.charged.cluster!.milliseconds, two.charged.cluster!.milliseconds);
  deepEqual((await run({ clustering: "online", lout: 64 })).charged, {});
  deepEqual((await run({ clustering: "online", sparsity: null })).charged, {});
});

Deno.test("keys and values move as fast as the engine reads and writes them", async () => {
  const engine = await DramEngine.open({
    organisation: "HBM3_8Gb_2R",
    timing: "HBM3_5.2Gbps",
    channels: 1,
  });
  const [ROW, BANK, GROUP, RANK, PSEUDOCHANNEL] = [10, 24, 26, 28, 29].map((bits) => 2 ** bits);
  /** Columns of 64 tokens in one row of each of the 64 banks. */
  const move = (op: string, row: number, columns: number): TraceRequest[] => {
    const requests: TraceRequest[] = [];
    for (let column = 0; column < columns; column++) {
      for (let bank = 0; bank < 4; bank++) {
        for (let rank = 0; rank < 2; rank++) {
          for (let group = 0; group < 4; group++) {
            for (let half = 0; half < 2; half++) {
              const address = row * ROW! + column * 32 + bank * BANK! + group * GROUP! +
                rank * RANK! + half * PSEUDOCHANNEL!;
              requests.push({ op, address });
            }
          }
        }
      }
    }
    return requests;
  };
  // 64 tokens are 4 in each bank group: 8 columns of keys, and 4 of values in two rows.
  const rows = [[0, 8], [1, 4], [2, 4]] as const;
  const cycles = ["LD", "ST"].map((op) =>
    engine.run(rows.flatMap(([row, columns]) => move(op, row, columns))).cycles
  );
  const formula = remapCycles(hbm3PimDevice("limited"), 1, 2, 4);
  const measured = cycles[0]! + cycles[1]!;
  ok(formula / measured > 0.8 && formula / measured < 1.25, `${formula} ${measured}`);
});
