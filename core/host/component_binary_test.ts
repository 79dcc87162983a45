// What of a component that no compiler wrote is read, and how much of it is held?
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { MalformedBinaryError } from "../../wasm/binary/byte_reader.ts";
import { unsignedLeb128 } from "../../wasm/binary/leb128.ts";
import { concatBytes, encodeName, MOST_SECTIONS } from "../../wasm/binary/sections.ts";
import { readComponent } from "./component_binary.ts";
import { inspectComponent } from "./inspect_component.ts";

const PREAMBLE = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];
const COMPONENT = 4;
const IMPORT = 10;
const EXPORT = 11;

function component(...sections: [id: number, body: Uint8Array | number[]][]) {
  const pieces = sections.flatMap(([id, body]) => [[id, ...unsignedLeb128(body.length)], body]);
  return concatBytes([PREAMBLE, ...pieces]);
}

/** A component in a component in a component. */
function nested(levels: number): Uint8Array {
  let inner = component();
  for (let level = 0; level < levels; level++) inner = component([COMPONENT, inner]);
  return inner;
}

/** A section of as many entries, each a name, its kind of 0 and what follows. */
function named(count: number, rest: readonly number[], name = "a"): Uint8Array {
  const entry = [0, ...encodeName(name), ...rest];
  return concatBytes([unsignedLeb128(count), ...Array.from({ length: count }, () => entry)]);
}

const FUNCTION = [1, 0];
const FUNCTION_EXPORT = [1, 0, 0];

/** Why a component cannot be read, which is also why it is not run. */
function refusal(bytes: Uint8Array): string {
  let message = "";
  throws(() => readComponent(bytes), (error: Error) => {
    message = error.message;
    return error instanceof MalformedBinaryError;
  });
  equal(inspectComponent(bytes).why, `refused: not a WebAssembly component (${message})`);
  return message;
}

Deno.test("components in each other are read as deep as any compiler puts them", () => {
  deepEqual(readComponent(nested(100)), { imports: [], exports: [], modules: [] });
  equal(refusal(nested(2000)), "Expected at most 100 components in each other");
});

Deno.test("empty sections are read up to a number, those within other components too", () => {
  const empty = (count: number) => new Uint8Array(2 * count);
  const outer = (inner: Uint8Array) => component([COMPONENT, concatBytes([PREAMBLE, inner])]);
  equal(readComponent(outer(empty(MOST_SECTIONS - 1))).modules.length, 0);
  const message = `Expected at most ${MOST_SECTIONS} sections`;
  equal(refusal(outer(empty(MOST_SECTIONS))), message);
  equal(refusal(concatBytes([PREAMBLE, empty(2 ** 20)])), message);
});

Deno.test("imports and exports are read up to a number and a length", () => {
  equal(readComponent(component([IMPORT, named(1000, FUNCTION)])).imports.length, 1000);
  equal(readComponent(component([EXPORT, named(1000, FUNCTION_EXPORT)])).exports.length, 1000);
  const message = "Expected at most 1000 imports and 1000 exports";
  equal(refusal(component([IMPORT, named(300_000, FUNCTION)])), message);
  equal(refusal(component([EXPORT, named(300_000, FUNCTION_EXPORT)])), message);
  const long = named(1, FUNCTION, "a".repeat(2 ** 20));
  equal(refusal(component([IMPORT, long])), "Expected a name of at most 1000 bytes at 5");
});

Deno.test("a refusal names the first imports and says how many others there are", () => {
  const { why } = inspectComponent(component([IMPORT, named(1000, FUNCTION)]));
  match(why!, /^refused: it imports (a, ){19}a and 980 others; a plugin may import nothing$/);
});
