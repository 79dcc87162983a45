// Which files are refused, and with what reason?
import assert from "node:assert/strict";
import { componentFromCore } from "../../wasm/sdk/build.ts";
import { readContract } from "../../wasm/sdk/contracts.ts";
import type { LoadOptions } from "./load_plugin.ts";
import { describeOutcome, type Outcome } from "./outcome.ts";
import { loadPolicy } from "./policy.ts";
import { hostileComponent } from "./testdata/hostile_policy.ts";

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
  const component = await hostileComponent;
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

Deno.test("imports of WASI, and any others, are refused by name", async () => {
  const imports = {
    "wasi:cli/environment@0.2.3": `package wasi:cli@0.2.3 {
      interface environment { get-environment: func() -> list<tuple<string, string>>; }
    }`,
    "wasi:random/random@0.2.3": `package wasi:random@0.2.3 {
      interface random { get-random-u64: func() -> u64; }
    }`,
    "somebody:else/env": "package somebody:else { interface env { get: func() -> u32; } }",
  };
  for (const [name, wit] of Object.entries(imports)) {
    const component = await componentImporting(
      `package a:b; ${wit} world w { import ${name}; }`,
    );
    assert.equal(
      await refusal(component),
      `refused: it imports ${name}; a plugin may import nothing`,
    );
  }
});

async function dummyComponent(kind: "policy" | "memory", world: string): Promise<Uint8Array> {
  const { componentEmbed, componentNew } = await import(
    "@bytecodealliance/jco"
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
    "@bytecodealliance/jco"
  );
  const embedded = await componentEmbed({ witSource, world: "w", dummy: true });
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

Deno.test("componentFromCore refuses a core module without the contract's functions", async () => {
  const { compileText } = await import("./testdata/compile_text.ts");
  const module = await compileText("export function f(): i32 { return 1; }", []);
  await assert.rejects(componentFromCore(module, readContract("policy")));
});
