import assert from "node:assert/strict";
import { readContract } from "../../wasm/sdk/contracts.ts";
import { componentFromCore } from "../../wasm/sdk/build.ts";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import type {
  Config,
  ParameterValue,
  Step,
  TokenBlock,
} from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import type { LoadOptions } from "./load_plugin.ts";
import { describeOutcome, type Outcome, unwrap } from "./outcome.ts";
import { loadPolicy, type PolicyOutcome } from "./policy.ts";
import type { Selection } from "../../wasm/wit/policy/since-v0.1.0/policy.ts";

const DEEDS = [
  "behave",
  "loop",
  "grow",
  "recurse",
  "trap",
  "read-outside",
  "divide",
  "index-out-of-range",
  "repeat-token",
  "over-budget",
  "too-few-offsets",
  "nan-bias",
  "decline",
  "evict-twice",
  "fill",
  "nan-bits",
  "share-a-slot",
  "grow-and-recover",
  "take-a-slot",
  "move",
] as const;

type Deed = typeof DEEDS[number];

const hostile = builtComponent(new URL("../../wasm/sdk/testdata/hostile/", import.meta.url));

const NONE = new Float32Array(0);
const STEP: Step = {
  position: 3,
  queries: new Float32Array(16),
  speculatedQueries: NONE,
  previousHidden: NONE,
};
const tokens = (count: number): TokenBlock => ({
  count,
  keys: NONE,
  values: NONE,
  unrotatedKeys: NONE,
});

function config(parameters: readonly ParameterValue[]): Config {
  return {
    layer: 2,
    layers: 4,
    queryHeads: 4,
    kvHeads: 2,
    headDim: 4,
    elementBytes: 2,
    budget: 2,
    maxTokens: 16,
    seed: 7,
    parameters,
    calibration: new Uint8Array(0),
    queryProjection: NONE,
    keyProjection: NONE,
  };
}

const LIMITS = { memoryBytes: 64 * 2 ** 20, fuelPerCall: 2e8 };

/** Runs one decode step of the hostile policy. */
async function step(deed: Deed, options: LoadOptions = {}): Promise<PolicyOutcome<Selection>> {
  const component = await hostile;
  const policy = unwrap(await loadPolicy(component, { limits: LIMITS, ...options }));
  try {
    const parameters = [{ tag: "choice", value: DEEDS.indexOf(deed) }] as const;
    const session = unwrap(await policy.open(config(parameters)));
    unwrap(await session.prefill(tokens(3)));
    unwrap(await session.endPrefill());
    const appended = await session.append(tokens(1));
    if (appended.kind !== "ok") return appended;
    const selected = await session.select(STEP);
    if (selected.kind !== "ok" && selected.kind !== "declined") {
      assert.deepEqual(await session.select(STEP), selected, "a failed session stays failed");
    }
    return selected;
  } finally {
    policy.close();
  }
}

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
    const outcome = await step(deed as Deed, { isolation: "none" });
    assert.equal(outcome.kind === "trapped" && outcome.reason, reason);
  });
}

const BREACHES = {
  "index-out-of-range": "Expected visible tokens below 4 but found 1000000, head 1",
  "repeat-token": "Expected each of the visible tokens once but found 0 again, head 1",
  "over-budget": "Expected at most 2 tokens (budget hard) but found 3, head 0",
  "too-few-offsets": "Expected 3 visible offsets but found 2",
  "nan-bias": "Expected finite numbers as bias but found NaN",
  "share-a-slot": "Expected one token a slot but found 0 and 1 in slot 0, head 0",
  "take-a-slot": "Expected one token a slot but found 0 and 2 in slot 2, head 0",
} as const;
for (const [deed, breach] of Object.entries(BREACHES)) {
  Deno.test(`${deed} breaks the contract`, async () => {
    const outcome = await step(deed as Deed, { isolation: "none" });
    assert.deepEqual(outcome, { kind: "broke-contract", breach });
  });
}

Deno.test("evicting a token twice breaks the contract", async () => {
  const component = await hostile;
  const policy = unwrap(await loadPolicy(component, { isolation: "none" }));
  const parameters = [{ tag: "choice", value: DEEDS.indexOf("evict-twice") }] as const;
  const session = unwrap(await policy.open(config(parameters)));
  unwrap(await session.prefill(tokens(3)));
  unwrap(await session.append(tokens(1)));
  assert.deepEqual(await session.append(tokens(1)), {
    kind: "broke-contract",
    breach: "Expected evicted tokens that are present but found 0, evicted, head 0",
  });
});

Deno.test("a token that enters may not come to lie in a slot that was given away", async () => {
  const component = await hostile;
  const policy = unwrap(await loadPolicy(component, { isolation: "none" }));
  const parameters = [{ tag: "choice", value: DEEDS.indexOf("move") }] as const;
  const session = unwrap(await policy.open(config(parameters)));
  unwrap(await session.prefill(tokens(3)));
  for (let token = 3; token < 9; token++) unwrap(await session.append(tokens(1)));
  assert.deepEqual(await session.append(tokens(1)), {
    kind: "broke-contract",
    breach: "Expected one token a slot but found 0 and 9 in slot 9, head 0",
  });
});

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

Deno.test("growing that fails and is handled is no failure", async () => {
  assert.equal((await step("grow-and-recover", { isolation: "none" })).kind, "ok");
});

Deno.test("bulk memory operations are charged by their size", async () => {
  const fuel = async (deed: Deed) => {
    const outcome = await step(deed, { isolation: "none" });
    return outcome.kind === "ok" ? outcome.usage.fuel : -1;
  };
  const difference = await fuel("fill") - await fuel("behave");
  assert.ok(difference >= 0x4000 / 8 && difference < 0x4000 / 8 + 100, `${difference}`);
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

async function refusal(bytes: Uint8Array, options: LoadOptions = {}): Promise<string> {
  const outcome: Outcome<unknown> = await loadPolicy(bytes, options);
  assert.equal(outcome.kind, "refused");
  return describeOutcome(outcome);
}

Deno.test("random bytes are refused", async () => {
  const bytes = Uint8Array.from({ length: 4096 }, (_, i) => (i * 2654435761) >>> 24);
  assert.match(await refusal(bytes), /not a WebAssembly component/);
  assert.match(await refusal(new Uint8Array(0)), /not a WebAssembly component/);
});

Deno.test("a component cut short or with flipped bytes never gets past loading unharmed", async () => {
  const component = await hostile;
  assert.match(await refusal(component.subarray(0, 1000)), /not a WebAssembly component/);
  for (let at = 8; at < component.length; at += Math.ceil(component.length / 40)) {
    const damaged = component.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    const outcome = await loadPolicy(damaged, { isolation: "none" });
    assert.ok(["ok", "refused", "broke-contract", "trapped"].includes(outcome.kind));
  }
});

Deno.test("a file above the size limit is refused before it is read", async () => {
  const bytes = new Uint8Array(200 * 2 ** 20);
  assert.match(await refusal(bytes), /209715200 bytes, at most 33554432 are allowed/);
});

Deno.test("a core module is refused", async () => {
  const module = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  assert.equal(await refusal(module), "refused: a core module, not a component");
});

Deno.test("a memory model is no policy", async () => {
  const component = await dummyComponent("memory", "memory-plugin");
  assert.match(await refusal(component), /does not export kvpim:policy\/policy@0\.1\.0/);
});

Deno.test("an import of WASI is refused by name", async () => {
  const wit = `package a:b; interface env { get: func() -> u32; }
    world w { import env; export kvpim:policy/policy@0.1.0; }`;
  const component = await componentImporting(wit);
  assert.equal(
    await refusal(component),
    "refused: it imports a:b/env; a plugin may import nothing",
  );
});

async function dummyComponent(kind: "policy" | "memory", world: string): Promise<Uint8Array> {
  const { componentEmbed, componentNew } = await import(
    "@bytecodealliance/jco-transpile/wasm-tools"
  );
  const embedded = await componentEmbed({
    witSource: readContract(kind).source,
    world,
    dummy: true,
  });
  return componentNew(embedded, []);
}

/** A component of a world that imports something. */
async function componentImporting(witSource: string): Promise<Uint8Array> {
  const { componentEmbed, componentNew } = await import(
    "@bytecodealliance/jco-transpile/wasm-tools"
  );
  const source = witSource.replace("export kvpim:policy/policy@0.1.0;", "");
  const embedded = await componentEmbed({ witSource: source, world: "w", dummy: true });
  return componentNew(embedded, []);
}

Deno.test("shared memory, threads, relaxed SIMD and oversize memories are refused by name", async () => {
  const { compileText } = await import("./testdata/compile_text.ts");
  const cases: [string, string[], RegExp][] = [
    [
      "export function f(): void { v128.store(0, i32x4.relaxed_trunc_f32x4_s(f32x4.splat(1.5))); }",
      ["--enable", "simd,relaxed-simd"],
      /it uses relaxed SIMD/,
    ],
    [
      "export function f(): i32 { return atomic.add<i32>(0, 1); }",
      ["--enable", "threads", "--sharedMemory", "--maximumMemory", "4"],
      /it uses (shared memory|threads and atomics)/,
    ],
    [
      "export function f(): i32 { return memory.size(); }",
      ["--initialMemory", "2000"],
      /at most 1024 pages of memory at the start but found 2000/,
    ],
  ];
  const { instrumentModule } = await import("./instrument/instrument_module.ts");
  const { refusalOf } = await import("./admit.ts");
  for (const [source, flags, message] of cases) {
    const module = await compileText(source, flags);
    try {
      instrumentModule(module, { memoryPages: 1024, tableEntries: 100 }, {
        fuel: true,
        canonicalNaN: true,
      });
      assert.fail("Expected a refusal but found none");
    } catch (error) {
      assert.match(describeOutcome({ kind: "refused", refusal: refusalOf(error) }), message);
    }
  }
});

Deno.test("a policy's answer does not depend on what ran before: every session is fresh", async () => {
  const component = await hostile;
  const policy = unwrap(await loadPolicy(component, { isolation: "none" }));
  const run = async () => {
    const session = unwrap(await policy.open(config([])));
    unwrap(await session.prefill(tokens(3)));
    const outcome = await session.select(STEP);
    session.close();
    return outcome;
  };
  const first = await run();
  const second = await run();
  assert.deepEqual(second, first);
});

Deno.test("1000 fresh instances leave nothing behind", async () => {
  // Other tests take memory of this process at the same time.
  const script = new URL("testdata/print_growth.ts", import.meta.url).href;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const growth = Number(new TextDecoder().decode(stdout));
  assert.ok(growth < 150 * 2 ** 20, `grew by ${growth} bytes`);
});

Deno.test("componentFromCore refuses a core module without the contract's functions", async () => {
  const { compileText } = await import("./testdata/compile_text.ts");
  const module = await compileText("export function f(): i32 { return 1; }", []);
  await assert.rejects(componentFromCore(module, readContract("policy")));
});
