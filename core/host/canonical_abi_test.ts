import assert from "node:assert/strict";
import fc from "fast-check";
import { componentFromCore } from "../../wasm/sdk/build.ts";
import { compileAssemblyScript } from "../../wasm/sdk/compile_assemblyscript.ts";
import { contractOf } from "../../wasm/sdk/generate/exports.ts";
import { parseWit } from "../../wasm/wit/parse_wit.ts";
import { ComponentInstance } from "./component_instance.ts";
import { contractCodecs } from "./contract_codecs.ts";
import { importLinker } from "./instance_table.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { unwrap } from "./outcome.ts";
import { transpile } from "./transpile.ts";

const directory = new URL("../../wasm/sdk/testdata/echo/", import.meta.url);

async function echoInstance(): Promise<ComponentInstance> {
  const source = await Deno.readTextFile(new URL("echo.wit", directory));
  const contract = { ...contractOf(parseWit(source)), source };
  const core = await compileAssemblyScript(contract, new URL("echo.ts", directory));
  const component = await componentFromCore(core, contract);
  const { linker, modules } = await transpile(
    component,
    { exports: contract.qualifiedName, limits: DEFAULT_LIMITS },
    { fuel: true, canonicalNaN: true },
  );
  const compiled = new Map(
    [...modules].map(([name, module]) => [name, new WebAssembly.Module(module)]),
  );
  const link = await importLinker(linker);
  return unwrap(
    ComponentInstance.instantiate(
      { link, modules: compiled },
      contractCodecs(contract),
      DEFAULT_LIMITS,
    ),
  );
}

const echo = echoInstance();

const inner = fc.record({
  small: fc.nat(255),
  wide: fc.maxSafeInteger(),
  name: fc.string({ unit: "grapheme" }),
  shade: fc.constantFrom("red", "green", "blue"),
  marked: fc.subarray(["a", "b", "c", "d", "e", "f", "g", "h", "i"]),
  many: fc.nat(65535),
});
const real = fc.double({ noNaN: true });
const shape = fc.oneof(
  fc.constant({ tag: "nothing" }),
  fc.record({ tag: fc.constant("number"), value: real }),
  fc.record({ tag: fc.constant("words"), value: fc.array(fc.string()) }),
  fc.record({ tag: fc.constant("nested"), value: inner }),
  fc.record({ tag: fc.constant("narrow"), value: fc.float({ noNaN: true }) }),
);

Deno.test("records, lists, variants, options, enums, flags and strings survive the way there and back", async () => {
  const instance = await echo;
  fc.assert(fc.property(
    fc.record({
      flag: fc.boolean(),
      inner,
      bytes: fc.uint8Array(),
      reals: fc.float64Array({ noNaN: true }),
      inners: fc.array(inner, { maxLength: 5 }),
      shapes: fc.array(shape, { maxLength: 5 }),
      maybe: fc.option(fc.nat(0xffffffff)),
      perhaps: fc.option(fc.string()),
    }),
    (value) => {
      const { inner: first, ...rest } = value;
      const answer = unwrap(instance.call("reflect", [value]));
      assert.deepEqual(
        JSON.stringify(answer),
        JSON.stringify({
          flag: rest.flag,
          bytes: rest.bytes,
          reals: rest.reals,
          inners: [first, ...rest.inners],
          shapes: rest.shapes,
          maybe: rest.maybe,
          perhaps: rest.perhaps,
        }),
      );
    },
  ));
});

Deno.test("variants, options, enums and flags pass as core values", async () => {
  const instance = await echo;
  const flat = (one: unknown, maybe: number | null) =>
    unwrap(instance.call("flat", [one, "blue", ["a", "i"], maybe, -3]));
  assert.deepEqual(flat({ tag: "nothing" }, 1.5), { tag: "narrow", value: 1.5 });
  assert.deepEqual(flat({ tag: "nothing" }, null), { tag: "narrow", value: -1 });
  const sum = 0.5 + 2 + 257 * 10 - 30000;
  assert.deepEqual(flat({ tag: "number", value: 0.5 }, null), { tag: "number", value: sum });
  assert.deepEqual(flat({ tag: "words", value: ["a", "", "bc"] }, null), {
    tag: "words",
    value: ["a", "", "bc"],
  });
  assert.deepEqual(flat({ tag: "narrow", value: 2.5 }, null), { tag: "narrow", value: 2.5 });
});

Deno.test("numbers and truth values come back as results of their own", async () => {
  const instance = await echo;
  assert.equal(unwrap(instance.call("add", [0.1, 0.2])), 0.1 + 0.2);
  assert.equal(unwrap(instance.call("negate", [true])), false);
  assert.equal(unwrap(instance.call("nothing", [])), undefined);
});

Deno.test("an error of the contract is a declined call, with its payload", async () => {
  const instance = await echo;
  const outcome = instance.call("fail-with", ["höher"]);
  assert.deepEqual(outcome.kind === "declined" && outcome.error, { tag: "text", value: "höher!" });
  assert.equal(instance.call("fail-with", [""]).kind, "ok");
});

Deno.test("resources keep their state apart and can be dropped", async () => {
  const instance = await echo;
  const first = unwrap(instance.call("make", [5])) as number;
  const second = unwrap(instance.call("make", [100])) as number;
  assert.equal(unwrap(instance.call("next", [], first)), 5);
  assert.equal(unwrap(instance.call("next", [], second)), 100);
  assert.equal(unwrap(instance.call("next", [], first)), 6);
  assert.equal(instance.drop(first).kind, "ok");
  assert.equal(unwrap(instance.call("next", [], second)), 101);
  const declined = instance.call("make", [13]);
  assert.deepEqual(declined.kind === "declined" && declined.error, { tag: "code", value: 13 });
});

Deno.test("a million values pass without the guest growing for ever", async () => {
  const instance = await echo;
  const bytes = new Uint8Array(100_000);
  const call = () =>
    instance.call("reflect", [{
      flag: true,
      inner: { small: 1, wide: 2, name: "n", shade: "red", marked: [], many: 3 },
      bytes,
      reals: new Float64Array(0),
      inners: [],
      shapes: [],
      maybe: null,
      perhaps: null,
    }]);
  let after = 0;
  for (let i = 0; i < 300; i++) {
    const outcome = call();
    if (outcome.kind === "ok") after = outcome.usage.memoryBytes;
  }
  assert.ok(after < 8 * 2 ** 20, `${after} bytes`);
});
