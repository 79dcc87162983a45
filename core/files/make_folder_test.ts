import { equal, throws } from "node:assert/strict";
import { makeFolder } from "./make_folder.ts";

Deno.test("a folder is made with those on the way, and a file in the way is named", async () => {
  const folder = await Deno.makeTempDir();
  try {
    makeFolder(`${folder}/a/b`, RangeError);
    equal(Deno.statSync(`${folder}/a/b`).isDirectory, true);
    Deno.writeTextFileSync(`${folder}/c`, "");
    throws(() => makeFolder(`${folder}/c`, RangeError), {
      name: "RangeError",
      message: `${folder}/c: expected a folder that can be made but found a file`,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
