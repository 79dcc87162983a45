import { rejects } from "node:assert/strict";
import { readTraceFile } from "./trace_file.ts";

async function refuses(path: string, found: string) {
  await rejects(readTraceFile(path), {
    name: "TraceFormatError",
    message: `${path}: expected an attention trace but found ${found}`,
  });
}

Deno.test("what cannot be read as a file is named as what it is", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await refuses(folder, "a folder");
    await refuses(`${folder}/none`, "no file");
    Deno.writeTextFileSync(`${folder}/a`, "");
    await refuses(`${folder}/a/b`, "a file on the way to it");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "an error of the device is told as such",
  ignore: Deno.build.os !== "linux",
  // The first page of a process is never mapped.
  fn: () => refuses("/proc/self/mem", "one that fails (input/output error)"),
});

Deno.test({
  name: "a trace that may not be read is told as such",
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  async fn() {
    const path = await Deno.makeTempFile();
    try {
      Deno.chmodSync(path, 0);
      await refuses(path, "one out of reach (permission denied)");
    } finally {
      await Deno.remove(path);
    }
  },
});
