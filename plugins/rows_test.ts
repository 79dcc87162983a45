/**
 * Rows of 16 tokens that policies touch, on keys that follow an autoregressive process: each is 0.9
 * times the one before, plus noise.
 */
import { ok, strictEqual } from "node:assert/strict";
import type { Shape } from "./reference/policy.ts";
import { builtPolicy } from "./testing/built_plugin.ts";
import { openSession } from "./testing/plugin_session.ts";
import { ROW_TOKENS, rowsTouched } from "./testing/rows.ts";
import { shapeOf, Source } from "./testing/scenario.ts";

const BUDGET = 512;
const CONTEXT = 4095;
const SHAPE: Shape = shapeOf({ queryHeads: 4, kvHeads: 1, headDim: 32, budget: BUDGET });

/** Mean rows of a query head, where the policy says that tokens lie. */
async function meanRows(name: string): Promise<number> {
  const source = new Source({
    shape: SHAPE,
    promptBlocks: [],
    steps: 0,
    texture: "smooth",
    seed: 11,
  });
  const session = await openSession(await builtPolicy(name), SHAPE);
  await session.prefill(source.keys(CONTEXT));
  await session.endPrefill({ tokens: [], weights: [] });
  const { placement } = await session.append(source.keys(1));
  const slotOf = (token: number) =>
    placement?.slots[0]?.[token - (placement?.firstToken ?? 0)] ?? token;
  const { visible } = await session.select({ queries: source.queries(), speculated: [] });
  ok(visible !== "everything");
  const counts = visible.sets.map((set) => rowsTouched(set, slotOf));
  return counts.reduce((all, one) => all + one, 0) / counts.length;
}

Deno.test("quest touches exactly the rows of its budget", async () => {
  strictEqual(await meanRows("quest"), BUDGET / ROW_TOKENS);
});

Deno.test("starc touches 1.2 to 2 times the rows of its budget, as in the artifact's tables", async () => {
  const rows = await meanRows("starc") * ROW_TOKENS / BUDGET;
  ok(rows > 1.2 && rows < 2, `Expected 1.2 to 2 times the rows but found ${rows}`);
});

Deno.test("sparq touches 1.5 to 8 times the rows of its budget, as in the artifact's tables", async () => {
  const rows = await meanRows("sparq") * ROW_TOKENS / BUDGET;
  ok(rows > 1.5 && rows < 8, `Expected 1.5 to 8 times the rows but found ${rows}`);
});
