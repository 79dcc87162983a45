import { equal, notEqual, rejects } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { checkpointDigest } from "./checkpoint_digest.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

Deno.test("a checkpoint is its files, how weights are held and what multiplies them", async () => {
  using folder = temporaryFolder();
  writeFileSync(folder.path("config.json"), "{}");
  writeFileSync(folder.path("README.md"), "one");
  const digest = (options = {}) => checkpointDigest(folder.path(), options);
  const first = await digest();
  writeFileSync(folder.path("README.md"), "two");
  equal(await digest({ format: "fp32", provider: "cpu" }), first);
  notEqual(await digest({ provider: "cuda" }), first);
  notEqual(await digest({ format: "int8" }), first);
  writeFileSync(folder.path("config.json"), "{} ");
  notEqual(await digest(), first);
});

Deno.test("a folder that is not there is named", async () => {
  await rejects(checkpointDigest("none"), /^CheckpointError: none: Expected a folder but found/);
});
