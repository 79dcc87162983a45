import { deepEqual, equal, match, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { MEMORY_CHECKS } from "../../../core/conformance/memory_checks.ts";
import { QUICK_POLICY_CHECKS } from "../../../core/conformance/policy_checks.ts";
import { filesIn, inFolder, kvpim, kvpimProcess } from "../testing.ts";

const LAYER = ["--context", "64", "--budget", "16", "--steps", "1", "--head-dim", "8"];

/** Text of a stream so far, and a way to wait until it says something. */
class Transcript {
  text = "";
  readonly done: Promise<void>;
  #wake = () => {};

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.done = stream.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({
        write: (piece) => {
          this.text += piece;
          this.#wake();
        },
        close: () => this.#wake(),
      }),
    );
  }

  async until(pattern: RegExp): Promise<void> {
    const limit = AbortSignal.timeout(120_000);
    limit.addEventListener("abort", () => this.#wake());
    while (!pattern.test(this.text)) {
      ok(!limit.aborted, `expected ${pattern} but found ${this.text}`);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

Deno.test(
  "a watched policy is run again when its source changes, mistakes included, until Ctrl-C",
  inFolder(async (folder) => {
    await kvpim(["plugin", "new", "my-idea", "--into", folder]);
    const mine = `${folder}/my-idea`;
    const source = `${mine}/my_idea.ts`;
    const text = Deno.readTextFileSync(source);
    const child = kvpimProcess(["plugin", "run", mine, "--watch", ...LAYER]).spawn();
    const [out, err] = [new Transcript(child.stdout), new Transcript(child.stderr)];
    await err.until(/watching .*my-idea; Ctrl-C ends\n$/);
    match(out.text, new RegExp(`^ok: ${QUICK_POLICY_CHECKS.length} tests`, "m"));
    match(out.text, /my-idea +[\d.]+ +[\d.]+ +0\.\d+ +16\.0 /);

    Deno.writeTextFileSync(source, text.replace("const kept = ", "const kept = ;"));
    await err.until(/my_idea\.ts changed\nkvpim: .*ERROR.*my_idea\.ts.*\nwatching .*\n$/);

    Deno.writeTextFileSync(
      source,
      text.replace("<i32> this.config.budget)", "<i32> (this.config.budget + 1) / 2)"),
    );
    await out.until(/my-idea +[\d.]+ +[\d.]+ +0\.\d+ +8\.0 [^]*oracle-topk .*\n$/);
    await err.until(/changed\nwatching [^\n]*\n$/);

    child.kill("SIGINT");
    const { code, signal } = await child.status;
    await Promise.all([out.done, err.done]);
    deepEqual([code, signal], [0, null]);
    deepEqual(filesIn(mine), ["README.md", "my_idea.ts", "plugin.json"]);
  }),
);

Deno.test("Ctrl-C in the middle of a round ends it without an error", async () => {
  const folder = fileURLToPath(new URL("../../../plugins/full", import.meta.url));
  const before = filesIn(folder);
  // Long enough for the signal to find it at work.
  const layer = ["--context", "16384", "--steps", "64"];
  const child = kvpimProcess(["plugin", "run", "full", "--watch", ...layer]).spawn();
  const [out, err] = [new Transcript(child.stdout), new Transcript(child.stderr)];
  await out.until(/full: ready in \d+ ms\n/);
  child.kill("SIGINT");
  equal((await child.status).code, 0);
  await Promise.all([out.done, err.done]);
  equal(err.text, "");
  deepEqual(filesIn(folder), before);
});

Deno.test(
  "a memory is shown beside the built-in one of its level",
  inFolder(async (folder) => {
    await kvpim(["plugin", "new", "my-idea", "--kind", "memory", "--into", folder]);
    const { code, out, err } = await kvpim(["plugin", "run", `${folder}/my-idea`, ...LAYER]);
    equal(code, 0, err);
    match(out, new RegExp(`^ok: ${MEMORY_CHECKS.length} tests`, "m"));
    match(out, /^all 64 +\S*my-idea \(bank\) +\d+ +[\d.]+ +\d+ +[\d.]+/m);
    match(out, /^ +hbm3-pim-bank \(bank\) +\d+ /m);
    match(out, /^16 here and there +\S*my-idea \(bank\)/m);

    const source = `${folder}/my-idea/my_idea.ts`;
    const text = Deno.readTextFileSync(source);
    Deno.writeTextFileSync(source, text.replace("uncounted - begin", "1 + uncounted - begin"));
    const failed = await kvpim(["plugin", "run", `${folder}/my-idea`, ...LAYER]);
    equal(failed.code, 1);
    match(
      failed.out,
      /^FAILED +reads the first blocks, listed.*expected the same cost with a list/m,
    );
    match(failed.err, /^kvpim: .*my-idea: expected all tests to pass but 1 failed\n$/);
  }),
);

Deno.test("a policy can be run on the tiny model instead", async () => {
  const options = ["--perplexity", "4", "--context", "64", "--budget", "8"];
  const { code, out, err } = await kvpim(["plugin", "run", "streaming-llm", ...options]);
  equal(code, 0, err);
  match(out, /^policy +perplexity +change +tokens/m);
  match(out, /^streaming-llm +\d+\.\d{3} +[+-][\d.]+ % +8\.0 /m);
  match(out, /^full +\d+\.\d{3} +0\.00 % +6[5-8]\.\d /m);
  const beyond = await kvpim(["plugin", "run", "full", ...options, "--context", "4096"]);
  equal(beyond.code, 2);
  equal(beyond.err.split("\n").length, 2, beyond.err);
  const memory = await kvpim(["plugin", "run", "hbm3-pim-bank", ...options]);
  equal(memory.code, 2);
  match(memory.err, /^kvpim: --perplexity: expected a policy but found a memory, hbm3-pim-bank\n$/);
});

Deno.test("only a folder is watched", async () => {
  const file = new URL("../../../README.md", import.meta.url).pathname;
  const { code, err } = await kvpim(["plugin", "run", file, "--watch"]);
  equal(code, 2);
  match(err, /^kvpim: --watch: expected a plugin's folder but found .*README\.md\n$/);
});
