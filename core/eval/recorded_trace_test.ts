import { equal } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import type { TraceHeader } from "../attention/trace_format.ts";
import { isTraceOf } from "./recorded_trace.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

Deno.test("what is no file, or no trace, is not taken for a record's, and a pipe is not read", async () => {
  using folder = temporaryFolder();
  const header = {} as TraceHeader;
  const record = { traceDigest: "0".repeat(64) };
  const isOf = (name: string) => isTraceOf(record, { path: folder.path(name), header });
  mkdirSync(folder.path("folder"));
  writeFileSync(folder.path("text"), "no trace");
  execFileSync("mkfifo", [folder.path("pipe")]);
  for (const name of ["absent", "folder", "text", "pipe"]) equal(await isOf(name), false, name);
});
