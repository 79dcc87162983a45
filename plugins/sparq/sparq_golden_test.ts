import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { sharedPath, sharedTest } from "../../core/testing/shared_material.ts";
import type { Selection } from "../reference/policy.ts";
import { SparqReference } from "../reference/sparq.ts";
import { builtPolicy } from "../testing/built_plugin.ts";
import { openSession } from "../testing/plugin_session.ts";
import { recordedRuns } from "../testing/recorded_runs.ts";
import { shapeOf } from "../testing/scenario.ts";
import { attend } from "../testing/attention.ts";

interface GoldenStep {
  readonly kv_heads: number;
  readonly group: number;
  readonly dim: number;
  readonly k: number;
  readonly local_k: number;
  readonly rank: number;
  readonly reallocate_to_mean_value: boolean;
  /** [kv head][token][channel] */
  readonly keys: number[][][];
  readonly values: number[][][];
  readonly q: number[][];
  readonly kept: number[][];
  readonly output: number[][];
}

function check(step: GoldenStep, selection: Selection): void {
  const { visible, meanValueWeights } = selection;
  ok(visible !== "everything");
  deepEqual(visible.sets.map((set) => [...set].sort((a, b) => a - b)), step.kept);
  const output = step.q.map((query, head) => {
    const kvHead = Math.floor(head / step.group);
    return attend(
      query,
      step.keys[kvHead] ?? [],
      step.values[kvHead] ?? [],
      visible.sets[kvHead] ?? [],
      meanValueWeights[head] ?? 0,
    );
  });
  output.flat().forEach((value, i) => {
    const expected = step.output.flat()[i] ?? NaN;
    ok(Math.abs(value - expected) < 1e-5, `Expected ${expected} but found ${value}`);
  });
}

async function checkAll(t: Deno.TestContext, steps: readonly GoldenStep[]) {
  const policy = await builtPolicy("sparq");
  for (const step of steps) {
    const meanValue = step.reallocate_to_mean_value ? "always" : "never";
    const localFraction = step.local_k / step.k;
    const shape = shapeOf({
      kvHeads: step.kv_heads,
      queryHeads: step.kv_heads * step.group,
      headDim: step.dim,
      budget: step.k + 1,
    });
    const queries = { queries: step.q, speculated: [] };
    await t.step(`groups of ${step.group}: reference`, () => {
      const reference = new SparqReference(shape, { rank: step.rank, localFraction, meanValue });
      reference.prefill(step.keys);
      check(step, reference.select(queries));
    });
    await t.step(`groups of ${step.group}: plugin`, async () => {
      const session = await openSession(policy, shape, {
        "rank": step.rank,
        "local-fraction": localFraction,
        "mean-value": meanValue,
      });
      await session.prefill(step.keys);
      check(step, await session.select(queries));
    });
  }
}

// KV head 0 of each step of the authors' code: no head depends on another.
Deno.test("sparq keeps and yields what the authors' code does: recorded heads", async (t) => {
  const file = new URL("testdata/authors_runs.json", import.meta.url);
  await checkAll(t, recordedRuns(file, ["keys", "values", "q"]));
});

sharedTest("sparq keeps the tokens and yields the output of the authors' code", async (t) => {
  await checkAll(t, JSON.parse(readFileSync(sharedPath("golden/sparq_selection.json"), "utf8")));
});
