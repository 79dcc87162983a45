import { rejects } from "node:assert/strict";
import { OracleTopKReference } from "../reference/oracle_topk.ts";
import type { Shape } from "../reference/policy.ts";
import { RandomReference } from "../reference/random.ts";
import { builtPolicy } from "./built_plugin.ts";
import { compare } from "./equality.ts";
import { type Scenario, shapeOf } from "./scenario.ts";

const SCENARIO: Scenario = {
  shape: shapeOf({ budget: 4 }),
  promptBlocks: [20],
  steps: 1,
  texture: "smooth",
  seed: 1,
};

Deno.test("compare() fails where a plugin does something else than its reference", async () => {
  const policy = await builtPolicy("oracle-topk");
  const reference = (shape: Shape) => new OracleTopKReference(shape);
  await compare(policy, { name: "itself", reference }, SCENARIO);
  const smaller = (shape: Shape) => new OracleTopKReference({ ...shape, budget: 3 });
  await rejects(compare(policy, { name: "a smaller budget", reference: smaller }, SCENARIO));
  const random = (shape: Shape) => new RandomReference(shape);
  await rejects(compare(policy, { name: "another policy", reference: random }, SCENARIO));
});
