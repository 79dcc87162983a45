import { deepEqual, equal, throws } from "node:assert/strict";
import { join } from "node:path";
import type { MemoryResult } from "./memory_model.ts";
import { ResultStore, ResultStoreError } from "./result_store.ts";

const RESULT: MemoryResult = { cycles: 115, mac: 4, softmax: 1, mvgb: 8, mvsb: 24, wrgb: 8 };

Deno.test("a result is found again by memory and program, and by nothing less", () => {
  using store = ResultStore.inMemory();
  store.put("memory", [["program", RESULT]]);
  deepEqual(store.get("memory", "program"), RESULT);
  equal(store.get("memory", "other program"), undefined);
  equal(store.get("other memory", "program"), undefined);
});

Deno.test("results outlive the store and are seen by others at once", async () => {
  const folder = await Deno.makeTempDir();
  using first = ResultStore.open(join(folder, "deep", "er"));
  using second = ResultStore.open(join(folder, "deep", "er"));
  first.put("memory", [["program", RESULT]]);
  deepEqual(second.get("memory", "program"), RESULT);
  second.put("memory", [["program", { ...RESULT, cycles: 1 }], ["another", RESULT]]);
  deepEqual(first.get("memory", "program"), RESULT, "what is known stays");
  deepEqual(first.get("memory", "another"), RESULT);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("several processes fill one store without losing a result", async () => {
  const folder = await Deno.makeTempDir();
  const module = import.meta.resolve("./result_store.ts");
  const code = `import { ResultStore } from ${JSON.stringify(module)};
    const [folder, who] = Deno.args;
    using store = ResultStore.open(folder);
    for (let i = 0; i < 40; i++) {
      store.put("memory", [[who + i, ${JSON.stringify(RESULT)}], ["shared" + i, ${
    JSON.stringify(RESULT)
  }]]);
    }`;
  const file = join(folder, "writer.ts");
  await Deno.writeTextFile(file, code);
  const runs = await Promise.all(
    ["a", "b", "c"].map((who) =>
      new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--no-lock", file, folder, who] })
        .output()
    ),
  );
  for (const run of runs) equal(run.code, 0, new TextDecoder().decode(run.stderr));
  using store = ResultStore.open(folder);
  for (const who of ["a", "b", "c", "shared"]) {
    for (let i = 0; i < 40; i++) deepEqual(store.get("memory", who + i), RESULT);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a failed batch leaves nothing behind", () => {
  using store = ResultStore.inMemory();
  const broken = { ...RESULT, cycles: "many" as unknown as number };
  throws(() => store.put("memory", [["good", RESULT], ["bad", broken]]), ResultStoreError);
  equal(store.get("memory", "good"), undefined);
});

Deno.test("a file that is no store is named in one line and left as it is", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "results.sqlite");
  await Deno.writeTextFile(file, "this is no database, and long enough to look at".repeat(40));
  throws(() => ResultStore.open(folder), (error) => {
    const { message } = error as Error;
    return error instanceof ResultStoreError && message.includes(file) && !message.includes("\n");
  });
  equal((await Deno.readTextFile(file)).startsWith("this is no database"), true);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a folder that cannot be made is named", async () => {
  const file = await Deno.makeTempFile();
  throws(() => ResultStore.open(join(file, "cache")), ResultStoreError);
  await Deno.remove(file);
});
