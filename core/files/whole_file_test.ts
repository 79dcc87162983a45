import { deepEqual, equal, throws } from "node:assert/strict";
import { placeOf, WholeFile } from "./whole_file.ts";

async function inFolder(action: (folder: string) => void) {
  const folder = await Deno.makeTempDir();
  try {
    action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a file is in its place when it is committed and as it was until then", () =>
  inFolder((folder) => {
    const path = `${folder}/a`;
    Deno.writeTextFileSync(path, "earlier");
    {
      using file = new WholeFile(path);
      file.write("dropped");
    }
    equal(Deno.readTextFileSync(path), "earlier");
    {
      using file = new WholeFile(path, { writer: "me", durable: true });
      file.write("la");
      file.write(new TextEncoder().encode("ter"));
      deepEqual(namesIn(folder), ["a", "a.me.partial"]);
      file.commit();
    }
    equal(Deno.readTextFileSync(path), "later");
    deepEqual(namesIn(folder), ["a"]);
  }));

Deno.test("two who write the same file do not write into one another", () =>
  inFolder((folder) => {
    using one = new WholeFile(`${folder}/a`);
    using other = new WholeFile(`${folder}/a`);
    one.write("one");
    other.write("other");
    one.commit();
    equal(Deno.readTextFileSync(`${folder}/a`), "one");
    other.commit();
    equal(Deno.readTextFileSync(`${folder}/a`), "other");
  }));

Deno.test("a folder is refused before anything is written", () =>
  inFolder((folder) => {
    Deno.mkdirSync(`${folder}/a`);
    throws(() => new WholeFile(`${folder}/a`), { code: "EISDIR" });
    throws(() => new WholeFile(`${folder}/none/a`), { code: "ENOENT" });
    deepEqual(namesIn(folder), ["a"]);
  }));

Deno.test({
  name: "a link is followed, and a device is written directly",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/target`, "");
      Deno.symlinkSync(`${folder}/target`, `${folder}/link`);
      const target = Deno.realPathSync(`${folder}/target`);
      deepEqual(placeOf(`${folder}/link`, ""), { whole: target, partial: `${target}.partial` });
      deepEqual(placeOf("/dev/null", "me"), { whole: "/dev/null", partial: "/dev/null" });
    }),
});
