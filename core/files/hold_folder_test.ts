import { equal, ok, throws } from "node:assert/strict";
import { holdFolder } from "./hold_folder.ts";

Deno.test({
  name: "a folder is held by one alone or by any number who share it",
  ignore: Deno.build.os === "windows",
  fn() {
    const folder = Deno.makeTempDirSync();
    const alone = holdFolder(folder, "alone");
    ok(alone);
    equal(holdFolder(folder, "alone"), undefined);
    equal(holdFolder(folder, "shared"), undefined);
    alone[Symbol.dispose]();
    const shared = [holdFolder(folder, "shared"), holdFolder(folder, "shared")];
    ok(shared[0] && shared[1]);
    equal(holdFolder(folder, "alone"), undefined);
    shared[0][Symbol.dispose]();
    equal(holdFolder(folder, "alone"), undefined);
    shared[1][Symbol.dispose]();
    const again = holdFolder(folder, "alone");
    ok(again);
    again[Symbol.dispose]();
    Deno.removeSync(folder);
    throws(() => holdFolder(folder, "alone"), Deno.errors.NotFound);
  },
});
