// Which answers break the contract?
import assert from "node:assert/strict";
import { unwrap } from "./outcome.ts";
import { transpiledPlugins } from "./transpiled_plugins.ts";
import { loadPolicy } from "./policy.ts";
import { hostileComponent, openHostile, step, tokens } from "./testdata/hostile_policy.ts";

const BREACHES = {
  "index-out-of-range": "Expected visible tokens below 4 but found 1000000, head 1",
  "repeat-token": "Expected each of the visible tokens once but found 0 again, head 1",
  "over-budget": "Expected at most 2 tokens (budget hard) but found 3, head 0",
  "too-few-offsets": "Expected 3 visible offsets but found 2",
  "evict-without-offsets": "Expected 3 evicted offsets but found 0",
  "show-nothing": "Expected at least one visible token but found none, head 1",
  "evict-all": "Expected at least one visible token but found none, head 0",
  "nan-bias": "Expected finite numbers as bias but found NaN",
  "share-a-slot": "Expected one token a slot but found 0 and 1 in slot 0, head 0",
  "take-a-slot": "Expected one token a slot but found 0 and 2 in slot 2, head 0",
} as const;
for (const [deed, breach] of Object.entries(BREACHES)) {
  Deno.test(`${deed} breaks the contract`, async () => {
    const outcome = await step(deed, { isolation: "none" });
    assert.deepEqual(outcome, { kind: "broke-contract", breach });
  });
}

Deno.test("evicting a token twice breaks the contract", async () => {
  const policy = unwrap(
    await loadPolicy(await hostileComponent, { isolation: "none", cache: transpiledPlugins }),
  );
  const session = await openHostile(policy, "evict-twice");
  unwrap(await session.append(tokens(1)));
  assert.deepEqual(await session.append(tokens(1)), {
    kind: "broke-contract",
    breach: "Expected evicted tokens that are present but found 0, evicted, head 0",
  });
});

Deno.test("a token that enters may not come to lie in a slot that was given away", async () => {
  const policy = unwrap(
    await loadPolicy(await hostileComponent, { isolation: "none", cache: transpiledPlugins }),
  );
  const session = await openHostile(policy, "move");
  for (let token = 3; token < 9; token++) unwrap(await session.append(tokens(1)));
  assert.deepEqual(await session.append(tokens(1)), {
    kind: "broke-contract",
    breach: "Expected one token a slot but found 0 and 9 in slot 9, head 0",
  });
});
