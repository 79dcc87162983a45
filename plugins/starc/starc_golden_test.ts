import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { sharedPath, sharedTest } from "../../core/testing/shared_material.ts";
import { ASPLOS26, StarcReference } from "../reference/starc.ts";
import type { Selection, Shape, StepQueries, Update } from "../reference/policy.ts";
import { builtPolicy } from "../testing/built_plugin.ts";
import { openSession } from "../testing/plugin_session.ts";
import { recordedRuns } from "../testing/recorded_runs.ts";
import { shapeOf } from "../testing/scenario.ts";

interface GoldenRun {
  readonly kv_heads: number;
  readonly group: number;
  readonly prompt: number;
  readonly dim: number;
  readonly budget: number;
  /** [kv head][token][channel] */
  readonly keys: number[][][];
  readonly steps: { step: number; q: number[][]; kept: number[][] }[];
  /** [kv head][slot]: tokens in the order in which they are stored after the last step. */
  readonly order_after: number[][];
}

interface Subject {
  prefill(block: number[][][]): void | Promise<void>;
  append(block: number[][][]): Update | Promise<Update>;
  select(queries: StepQueries): Selection | Promise<Selection>;
}

/** Replays a recorded run; gives what was kept at the recorded steps and the final order. */
async function replay(subject: Subject, run: GoldenRun) {
  const slice = (first: number, end: number) => run.keys.map((own) => own.slice(first, end));
  await subject.prefill(slice(0, run.prompt));
  const order: number[][] = run.keys.map(() => []);
  const kept: number[][][] = [];
  const last = run.steps.at(-1)?.step ?? 0;
  for (let step = 1; step <= last; step++) {
    const token = run.prompt + step - 1;
    const { placement } = await subject.append(slice(token, token + 1));
    placement?.slots.forEach((slots, head) =>
      slots.forEach((slot, i) => order[head]![slot] = placement.firstToken + i)
    );
    const recorded = run.steps.find((one) => one.step === step);
    if (recorded === undefined) continue;
    const { visible } = await subject.select({ queries: recorded.q, speculated: [] });
    kept.push(
      visible === "everything" ? [] : visible.sets.map((set) => [...set].sort((a, b) => a - b)),
    );
  }
  return { kept, order };
}

function shapeOfRun(run: GoldenRun): Shape {
  return shapeOf({
    kvHeads: run.kv_heads,
    queryHeads: run.kv_heads * run.group,
    headDim: run.dim,
    budget: run.budget,
  });
}

async function check(t: Deno.TestContext, runs: readonly GoldenRun[]) {
  const policy = await builtPolicy("starc");
  for (const run of runs) {
    const expected = {
      kept: run.steps.map(({ kept }) => kept.map((set) => [...set].sort((a, b) => a - b))),
      order: run.order_after,
    };
    const shape = shapeOfRun(run);
    const name = `${run.kv_heads} KV heads, groups of ${run.group}, prompt of ${run.prompt}`;
    await t.step(`${name}: reference`, async () => {
      const found = await replay(new StarcReference(shape, ASPLOS26), run);
      deepEqual(found.kept, expected.kept);
      deepEqual(found.order, clusteredPart(expected.order, found.order));
    });
    await t.step(`${name}: plugin`, async () => {
      const found = await replay(await openSession(policy, shape), run);
      deepEqual(found.kept, expected.kept);
      deepEqual(found.order, clusteredPart(expected.order, found.order));
    });
  }
}

/** The recorded order as far as tokens are clustered. */
function clusteredPart(order: number[][], found: number[][]): number[][] {
  return order.map((own, head) => own.slice(0, found[head]?.length));
}

// KV head 0 of a run of the authors' code with groups of 4: no head depends on another.
Deno.test("starc keeps what the authors' code keeps: a recorded head", async (t) => {
  const file = new URL("testdata/authors_runs.json", import.meta.url);
  await check(t, recordedRuns(file, ["keys", "q"]));
});

sharedTest("starc keeps the tokens that the authors' code keeps, in their order", async (t) => {
  await check(t, JSON.parse(readFileSync(sharedPath("golden/starc_selection.json"), "utf8")));
});
