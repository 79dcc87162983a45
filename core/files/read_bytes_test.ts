import { deepEqual, equal, throws } from "node:assert/strict";
import { readBytes, readTextAtMost } from "./read_bytes.ts";

function withFile(bytes: Uint8Array, use: (path: string) => void) {
  const path = Deno.makeTempFileSync();
  try {
    Deno.writeFileSync(path, bytes);
    use(path);
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("a file is read whole, over several pieces and up to what it may hold", () => {
  const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 251);
  withFile(bytes, (path) => {
    deepEqual(readBytes(path, bytes.length), bytes);
    throws(
      () => readBytes(path, bytes.length - 1),
      /^RangeError: it holds more than 2999999 bytes$/,
    );
  });
  withFile(new Uint8Array(), (path) => equal(readBytes(path, 0).length, 0));
  throws(() => readBytes("none", 1), { code: "ENOENT" });
});

Deno.test("a byte order mark is left to whoever reads the text", () => {
  withFile(new TextEncoder().encode("\uFEFFa"), (path) => {
    equal(readTextAtMost(path, 4), "\uFEFFa");
  });
});

Deno.test({
  name: "a device without an end is not read for ever",
  ignore: Deno.build.os === "windows",
  fn: () => throws(() => readBytes("/dev/zero", 2 ** 21), RangeError),
});
