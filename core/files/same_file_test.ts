import { equal } from "node:assert/strict";
import { isSameFile } from "./same_file.ts";

Deno.test({
  name: "a file is the same by another spelling, a symbolic link and a hard link",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      Deno.writeTextFileSync(`${folder}/a`, "");
      Deno.writeTextFileSync(`${folder}/b`, "");
      Deno.symlinkSync(`${folder}/a`, `${folder}/link`);
      Deno.linkSync(`${folder}/a`, `${folder}/hard`);
      Deno.symlinkSync(folder, `${folder}/here`);
      for (const same of ["a", "./a", "link", "hard", "here/a", "here/here/link"]) {
        equal(isSameFile(`${folder}/a`, `${folder}/${same}`), true, same);
      }
      equal(isSameFile(`${folder}/a`, `${folder}/b`), false);
      equal(isSameFile(`${folder}/a`, `${folder}/none`), false);
      equal(isSameFile(`${folder}/none`, `${folder}/here/none`), true);
      equal(isSameFile(`${folder}/no/a`, `${folder}/no/b`), false);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "a device and a folder are the same as nothing",
  ignore: Deno.build.os === "windows",
  fn() {
    equal(isSameFile("/dev/null", "/dev/null"), false);
    equal(isSameFile("/", "/"), false);
  },
});
