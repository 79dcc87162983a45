// Is a policy's answer the same, and its fuel, wherever and after whatever it runs?
import assert from "node:assert/strict";
import { unwrap } from "./outcome.ts";
import { transpiledPlugins } from "./transpiled_plugins.ts";
import { loadPolicy } from "./policy.ts";
import { hostileComponent, openHostile, STEP, step } from "./testdata/hostile_policy.ts";

Deno.test("bulk memory operations are charged by their size", async () => {
  const fuel = async (deed: string) => {
    const outcome = await step(deed, { isolation: "none" });
    return outcome.kind === "ok" ? outcome.usage.fuel : -1;
  };
  const difference = await fuel("fill") - await fuel("fill-half");
  assert.ok(difference >= 0x2000 / 8 && difference < 0x2000 / 8 + 512, `${difference}`);
});

Deno.test("NaNs have one bit pattern, made by scalars and by vectors", async () => {
  const { accesses } = unwrap(await step("nan-bits", { isolation: "none" }));
  assert.deepEqual(accesses.map(({ bytes }) => bytes), [
    0x7fc00000,
    0x7fc00000,
    0x7fc00000,
    0x7ff80000,
  ]);
});

Deno.test("fuel is the same in a worker, on this thread and in another process", async () => {
  const inWorker = await step("behave");
  const here = await step("behave", { isolation: "none" });
  assert.ok(inWorker.kind === "ok" && here.kind === "ok");
  assert.deepEqual(inWorker.usage, here.usage);
  const script = new URL("./testdata/print_fuel.ts", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", script] })
    .output();
  const printed: number[] = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(printed.length, 2);
  assert.equal(printed[0], printed[1], "two instances of one process");
  assert.ok((printed[0] ?? 0) > 0);
});

Deno.test("an unmetered policy answers the same and uses no fuel", async () => {
  const metered = await step("behave", { isolation: "none" });
  const unmetered = await step("behave", { isolation: "none", metering: false });
  assert.ok(metered.kind === "ok" && unmetered.kind === "ok");
  assert.deepEqual(unmetered.value, metered.value);
  assert.equal(unmetered.usage.fuel, 0);
});

Deno.test("answers are copies, or lie in the plugin's memory until it is called again", async () => {
  for (const answers of ["copied", "in-place"] as const) {
    const selected = unwrap(await step("behave", { isolation: "none", answers })).visible;
    assert.ok(selected.tag === "only");
    const { tokens } = selected.value;
    assert.equal(tokens.buffer.byteLength > tokens.byteLength, answers === "in-place");
    assert.deepEqual(selected, unwrap(await step("behave")).visible);
  }
});

Deno.test("a plugin gets back the memory of each answer, in place or copied", async () => {
  const use = async (answers: "copied" | "in-place") => {
    const policy = unwrap(
      await loadPolicy(await hostileComponent, { isolation: "none", answers }),
    );
    const session = await openHostile(policy, "behave");
    let memoryBytes = 0;
    for (let call = 0; call < 3000; call++) {
      const outcome = await session.select(STEP);
      assert.ok(outcome.kind === "ok");
      memoryBytes = outcome.usage.memoryBytes;
    }
    policy.close();
    return memoryBytes;
  };
  assert.equal(await use("in-place"), await use("copied"));
});

Deno.test("a policy that answers differently each time begins anew in every session", async () => {
  const policy = unwrap(
    await loadPolicy(await hostileComponent, { isolation: "none", cache: transpiledPlugins }),
  );
  const run = async () => {
    const session = await openHostile(policy, "answer-differently");
    const answers = [unwrap(await session.select(STEP)), unwrap(await session.select(STEP))];
    session.close();
    return answers.map(({ visible }) => visible);
  };
  const [first, second] = await run();
  assert.notDeepEqual(second, first);
  assert.deepEqual(await run(), [first, second]);
});
