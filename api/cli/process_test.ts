import { deepEqual, equal, match } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { filesIn, inFolder, kvpim, kvpimProcess } from "./testing.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("without a command, help is pointed to; with --help, it is shown", async () => {
  deepEqual(await kvpim([]), {
    code: 2,
    out: "",
    err: "kvpim: expected a command; kvpim --help lists them\n",
  });
  const { err } = await kvpim(["run"]);
  equal(err, "kvpim: expected a command; kvpim run --help lists them\n");
  const { code, out } = await kvpim(["--help"]);
  equal(code, 0);
  match(out, /^ {2}simulate \[options\] /m);
  for (const command of ["simulate", "dram"]) {
    const { out } = await kvpim([command, "--help"]);
    match(out, /\(default: 2048\)/);
    match(out, /^Examples:$/m);
  }
});

Deno.test("an unknown command is refused, the nearest is suggested", async () => {
  const { code, err } = await kvpim(["simulat"]);
  equal(code, 2);
  equal(err, "kvpim: unknown command 'simulat'; did you mean simulate?\n");
});

Deno.test("every command that help lists is called by its name", async () => {
  const { out } = await kvpim(["--help"]);
  const listed = [...out.matchAll(/^ {2}([a-z]+(?:-[a-z]+)*)(?: \[| <| {2,})/gm)].map(([, name]) =>
    name!
  );
  equal(listed[0], "compare");
  equal(listed.at(-1), "help");
  for (const name of listed) {
    const { code, out } = await kvpim([name, "--help"]);
    equal(code, 0, name);
    match(out, new RegExp(`^Usage: kvpim ${name === "help" ? "" : name}`));
  }
});

Deno.test("the version is that of the settings", async () => {
  const { version } = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  );
  deepEqual(await kvpim(["--version"]), { code: 0, out: `${version}\n`, err: "" });
});

Deno.test("a process keeps results and notes apart and says with its code how it went", async () => {
  const args = ["simulate", "--lout", "3", "--json", "--no-cache"];
  const { code, stdout, stderr } = await kvpimProcess(args).output();
  equal(code, 0);
  equal(JSON.parse(text(stdout)).row.model, "GPT-175B");
  match(text(stderr), /^note: /);
  const mistake = await kvpimProcess(["simulate", "--lout", "1"]).output();
  equal(mistake.code, 2);
  equal(
    text(mistake.stderr),
    "kvpim: expected --lout to be at least 2 but found 1: nothing is generated\n",
  );
});

Deno.test({
  name: "results that standard output has no room for are told in a line, notes are done without",
  ignore: Deno.build.os !== "linux",
  fn: inFolder(async (folder) => {
    const shell = async (redirection: string, ...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", `exec "$@" ${redirection}`, "sh", Deno.execPath(), "run", "-q", "-A", MAIN]
          .concat(args),
        env: { NO_COLOR: "1" },
      }).output();
      return { code, out: text(stdout), err: text(stderr) };
    };
    const full = {
      code: 2,
      out: "",
      err: "kvpim: standard output: expected a place that can be written but found one with no " +
        "space left\n",
    };
    const args = ["simulate", "--lout", "3", "--json", "--no-cache"];
    deepEqual(await shell(">/dev/full", "--help"), full);
    const results = await shell(">/dev/full", ...args, "--output", `${folder}/out.csv`);
    match(results.err, /^note: [^]*\nkvpim: standard output: expected a place .* space left\n$/);
    equal(results.code, 2);
    deepEqual(filesIn(folder), ["out.csv"]);
    const notes = await shell("2>/dev/full", ...args);
    equal(notes.code, 0);
    equal(JSON.parse(notes.out).row.model, "GPT-175B");
    equal((await shell("2>/dev/full", "simulate", "--lout", "1")).code, 2);
  }),
});

Deno.test({
  name: "an interrupted run leaves no output and a cache that can be used",
  ignore: Deno.build.os === "windows",
  fn: inFolder(async (folder) => {
    const cache = `${folder}/cache`;
    const options = "--system dgx-attacc --model Mistral-7B --batch 16 --workers 1".split(" ");
    const args = ["simulate", ...options, "--output", `${folder}/out.csv`];
    const long = kvpimProcess([...args, "--pim", "buffer", "--lout", "20000"], {
      KVPIM_CACHE: cache,
    }).spawn();
    while (!(await exists(`${cache}/results.sqlite-wal`))) await pause(20);
    await pause(300);
    long.kill("SIGINT");
    equal((await long.output()).code, 130);
    deepEqual(filesIn(folder), ["cache"]);
    const { code } = await kvpim([...args, "--lout", "3"], { env: { KVPIM_CACHE: cache } });
    equal(code, 0);
  }),
});

Deno.test({
  name: "an interrupted trace leaves no part of its command log",
  ignore: Deno.build.os === "windows",
  fn: inFolder(async (folder) => {
    for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
      const args = ["dram", "--trace", "-", "--cmdlog", `${folder}/log`, "--no-cache"];
      const child = kvpimProcess(args, {}, "piped").spawn();
      // The writer stays open: the trace does not end.
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode("PIM_MAC_AB 0x0\n".repeat(1000)));
      while (filesIn(folder).length === 0) await pause(20);
      child.kill(signal);
      equal((await child.status).code, code);
      await writer.abort().catch(() => {});
      await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
      deepEqual(filesIn(folder), []);
    }
  }),
});

Deno.test({
  name: "a program's text that is interrupted leaves no part of it",
  ignore: Deno.build.os === "windows",
  fn: inFolder(async (folder) => {
    const size = "--seqlen 1000000 --nhead 256".split(" ");
    const args = ["dram", ...size, "--write-trace", `${folder}/a.trace.gz`, "--no-cache"];
    const child = kvpimProcess(args).spawn();
    while (filesIn(folder).length === 0) await pause(20);
    child.kill("SIGINT");
    equal((await child.output()).code, 130);
    deepEqual(filesIn(folder), []);
  }),
});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
