import { deepEqual, rejects } from "node:assert/strict";
import { buildModule } from "./build.ts";

const SOURCES = ["dram/assembly", "pim/assembly"];

Deno.test("the same sources give the same module, from the compiler and from where it is kept", async () => {
  const first = await buildModule("pim/assembly/index.ts", SOURCES);
  const second = await buildModule("pim/assembly/index.ts", SOURCES);
  deepEqual(first, second);
  deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(first.bytes)), []);
});

Deno.test("sources that are not there are named", async () => {
  await rejects(buildModule("pim/assembly/no_such_file.ts", SOURCES), /no_such_file/);
});
