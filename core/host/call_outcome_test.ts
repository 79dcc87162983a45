// How does a call end, whatever a plugin does in it?
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { unwrap } from "./outcome.ts";
import { StopSignal } from "./stop_signal.ts";
import { LIMITS, step } from "./testdata/hostile_policy.ts";

for (const isolation of ["worker", "none"] as const) {
  Deno.test(`(${isolation}) a well-behaved policy answers`, async () => {
    const outcome = await step("behave", { isolation });
    assert.equal(outcome.kind, "ok");
    const { visible } = unwrap(outcome);
    assert.deepEqual(visible, {
      tag: "only",
      value: {
        per: "kv-head",
        offsets: Uint32Array.of(0, 2, 4),
        tokens: Uint32Array.of(0, 1, 0, 1),
      },
    });
  });

  Deno.test(`(${isolation}) an endless loop runs out of fuel`, async () => {
    const outcome = await step("loop", { isolation });
    assert.deepEqual(outcome, { kind: "out-of-fuel", limit: 2e8 });
  });

  Deno.test(`(${isolation}) a memory hog runs out of memory`, async () => {
    const outcome = await step("grow", { isolation });
    assert.deepEqual(outcome, { kind: "out-of-memory", limitBytes: LIMITS.memoryBytes });
  });

  Deno.test(`(${isolation}) deep recursion is a stack overflow, not a host error`, async () => {
    const outcome = await step("recurse", { isolation, limits: { ...LIMITS, fuelPerCall: 1e11 } });
    assert.equal(outcome.kind, "trapped");
    assert.equal(outcome.kind === "trapped" && outcome.reason, "stack-overflow");
  });

  Deno.test(`(${isolation}) a trap names the functions it happened in`, async () => {
    const outcome = await step("trap", { isolation });
    assert.equal(outcome.kind, "trapped");
    if (outcome.kind !== "trapped") return;
    assert.equal(outcome.reason, "unreachable");
    assert.match(outcome.stack.join(" "), /hostile\/Policy#select/);
  });
}

const TRAPS = { "read-outside": "memory-access", "divide": "integer-arithmetic" } as const;
for (const [deed, reason] of Object.entries(TRAPS)) {
  Deno.test(`${deed} traps with reason ${reason}`, async () => {
    const outcome = await step(deed, { isolation: "none" });
    assert.equal(outcome.kind === "trapped" && outcome.reason, reason);
  });
}

Deno.test("a policy may decline with an error of the contract", async () => {
  const outcome = await step("decline");
  assert.equal(outcome.kind, "declined");
  assert.deepEqual(outcome.kind === "declined" && outcome.error, {
    tag: "wrong-length",
    value: { expected: 7, found: 16 },
  });
});

Deno.test("a call that takes too long ends by wall time, and the next ones too", async () => {
  const limits = { fuelPerCall: 1e15, wallMsPerCall: 300 };
  assert.deepEqual(await step("loop", { limits }), { kind: "out-of-time", limitMs: 300 });
});

for (const isolation of ["worker", "none"] as const) {
  Deno.test(`(${isolation}) a call ends when another thread says so`, async () => {
    const stop = new StopSignal(Infinity);
    stop.set();
    // Without the signal it would run out of fuel.
    const limits = { fuelPerCall: 1e10, wallMsPerCall: 1e9 };
    assert.deepEqual(await step("loop", { isolation, limits, stop: stop.buffer }), {
      kind: "out-of-time",
      limitMs: 1e9,
    });
  });
}

Deno.test("a call that is given up leaves no thread that computes", async () => {
  const script = fileURLToPath(new URL("testdata/leave_endless_call.ts", import.meta.url));
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script],
    // Without an end of the thread the process has none either.
    signal: AbortSignal.timeout(120_000),
  }).output();
  assert.ok(success, "the process ends by itself");
  assert.equal(new TextDecoder().decode(stdout), "out-of-time");
});

Deno.test("growing that fails and is handled is no failure", async () => {
  assert.equal((await step("grow-and-recover", { isolation: "none" })).kind, "ok");
});
