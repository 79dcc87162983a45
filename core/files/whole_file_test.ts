import { deepEqual, equal, throws } from "node:assert/strict";
import { execFileSync } from "node:child_process";
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

Deno.test("what a writer left is kept as far as asked, and gone on behind", () =>
  inFolder((folder) => {
    const path = `${folder}/a`;
    const own = { writer: "me", outlastsDisposal: true };
    const add = (piece: string, keptBytes: number) => {
      using file = new WholeFile(path, { ...own, keptBytes });
      file.write(piece);
      return file;
    };
    add("begun, broken", 0);
    deepEqual(namesIn(folder), ["a.me.partial"]);
    WholeFile.check(path, own);
    add(" again", "begun,".length);
    equal(Deno.readTextFileSync(`${path}.me.partial`), "begun, again");
    using other = new WholeFile(path, { writer: "you" });
    other.write("other");
    other.commit();
    {
      using file = new WholeFile(path, { ...own, keptBytes: "begun".length });
      file.write(".");
      file.commit();
    }
    equal(Deno.readTextFileSync(path), "begun.");
    deepEqual(namesIn(folder), ["a"]);
    {
      using file = new WholeFile(path, { ...own, keptBytes: "begun".length, keptOfWhole: true });
      file.write("!");
    }
    equal(Deno.readTextFileSync(`${path}.me.partial`), "begun!");
    equal(Deno.readTextFileSync(path), "begun.");
  }));

Deno.test("the very name that is written is checked, and left as it was", () =>
  inFolder((folder) => {
    const path = `${folder}/a`;
    WholeFile.check(path, { writer: "me" });
    deepEqual(namesIn(folder), []);
    Deno.mkdirSync(`${path}.me.partial`);
    throws(() => WholeFile.check(path, { writer: "me" }), { code: "EISDIR" });
    WholeFile.check(path, { writer: "you" });
    throws(() => WholeFile.check(folder), { code: "EISDIR" });
    throws(() => WholeFile.check(`${folder}/none/a`), { code: "ENOENT" });
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
      execFileSync("mkfifo", [`${folder}/pipe`]);
      // Opening it would wait for a reader.
      WholeFile.check(`${folder}/pipe`);
    }),
});
