import { deepEqual, throws } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { inFolder } from "../testing.ts";
import { distinctPolicies, fileNameOf, parsePolicies } from "./policy_choice.ts";

const QUEST = fileURLToPath(new URL("../../../plugins/quest", import.meta.url));

const names = (text: string) => distinctPolicies(parsePolicies(text)).map(fileNameOf);

Deno.test("plugins of one name get file names with their paths, and no others do", () => {
  deepEqual(names("quest,/a/quest.wasm,/b/quest,/b/starc.wasm"), [
    "quest",
    "a_quest.wasm",
    "b_quest",
    "starc",
  ]);
  deepEqual(names("quest:page-tokens=8,/a/quest.wasm:page-tokens=8,/a/quest.wasm"), [
    "quest-page-tokens-8",
    "a_quest.wasm-page-tokens-8",
    "quest",
  ]);
});

Deno.test(
  "the same policy twice is a mistake, whatever its path and the order of its parameters",
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/mine.wasm`, "");
    const same = [
      ["quest", "quest"],
      ["quest", QUEST],
      [`${folder}/mine.wasm`, `${folder}/./mine.wasm`],
      ["starc:iterations=2:flush=after-attention", "starc:flush=after-attention:iterations=2"],
    ] as const;
    for (const [first, second] of same) {
      const found = first === second ? `${first} twice` : `${first} again as ${second}`;
      const message = `--policy: expected each policy once but found ${found}`;
      throws(() => names(`${first},starc,${second}`), { name: "UserError", message });
    }
    return Promise.resolve();
  }),
);

Deno.test("paths whose file names would be one are refused", () => {
  const message = "--policy: expected paths that differ in letters or digits but found " +
    "/a/b/mine.wasm again as /a_b/mine.wasm";
  throws(() => names("/a/b/mine.wasm,/a_b/mine.wasm"), { name: "UserError", message });
});
