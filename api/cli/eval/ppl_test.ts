import { deepEqual, equal, match, notDeepEqual, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { budgetTable } from "../../../core/attention/budget_table.ts";
import { readTraceFile } from "../../../core/attention/trace_file.ts";
import { builtInPlugin, DEFAULT_LIMITS } from "../../../core/host/mod.ts";
import { holdFolder } from "../../../core/files/hold_folder.ts";
import { filesIn, inFolder, kvpim, kvpimProcess } from "../testing.ts";
import { EXCERPT } from "./ppl.ts";

const SHORT = ["eval", "ppl", "--tokens", "6", "--start", "40", "--budget", "16"];

async function refuses(args: string[], message: RegExp) {
  const { code, out, err } = await kvpim(["eval", "ppl", ...args]);
  deepEqual([code, out], [2, ""], err);
  match(err, message);
  equal(err.split("\n").length, 2, `one line: ${err}`);
}

Deno.test(
  "policies are evaluated on the excerpt, with recall, rows and a trace each",
  inFolder(async (folder) => {
    const output = `${folder}/out`;
    const { code, out, err } = await kvpim([
      ...SHORT,
      ...["--policy", "full,oracle-topk", "--policy", "random", "--recall"],
      ...["--output", output, "--trace", `${folder}/run.trace`],
    ]);
    equal(code, 0, err);
    match(out, /^tiny-llama: 6 tokens predicted after 41, protocol artifact, budget 16 tokens$/m);
    match(out, /^full +[\d.]+ +0\.00 % +1\.0000 +44\.5 +3\.0 +3\.0 +[\d.]+$/m);
    match(out, /^oracle-topk +[\d.]+ +[+-][\d.]+ % +1\.0000 +16\.0 /m);
    match(out, /^random +[\d.]+ +[+-][\d.]+ % +0\.\d+ +16\.0 /m);
    match(out, /^The tiny model's accuracy is no claim about 7B models/m);
    deepEqual(filesIn(output), ["full", "oracle-topk", "random"]);
    deepEqual(filesIn(`${output}/full`), ["log_PG19.txt", "ppl_PG19.json", "ppl_PG19.txt"]);
    const traces = ["run-full.trace", "run-oracle-topk.trace", "run-random.trace"];
    deepEqual(filesIn(folder), ["out", ...traces]);
    deepEqual(
      await budgetTable(await readTraceFile(`${folder}/run-full.trace`)),
      Array(6).fill(48),
    );
  }),
);

Deno.test(
  "a policy that is finished is not run again, and results of other settings are not replaced",
  inFolder(async (folder) => {
    const args = [...SHORT, "--policy", "full", "--output", folder, "--json"];
    const run = async () => {
      const { code, out, err } = await kvpim(args);
      equal(code, 0, err);
      return JSON.parse(out).results[0];
    };
    const first = await run();
    equal(first.policy, "full");
    equal(first.record.config.start, 40);
    equal(first.record.scores.predictedTokens, 6);
    deepEqual(await run(), first);
    await refuses(
      [...args.slice(2), "--protocol", "once"],
      /ppl_PG19\.json: results of another run: expected protocol "once" but found "artifact"; --output names another folder$/m,
    );
    deepEqual(await run(), first);
  }),
);

Deno.test(
  "a record is shown with its own trace only: another text's, and a damaged one, are recorded again",
  inFolder(async (folder) => {
    const excerpt = Deno.readTextFileSync(EXCERPT);
    const texts = [0, 20_000].map((from, i) => {
      const path = `${folder}/text${i}.txt`;
      Deno.writeTextFileSync(path, excerpt.slice(from, from + 5000));
      return path;
    });
    const trace = `${folder}/run.trace`;
    const run = async (text: number) => {
      const { code, err } = await kvpim([
        ...[...SHORT, "--policy", "oracle-topk", "--trace-lists", "tokens"],
        ...["--text", texts[text]!],
        ...["--output", `${folder}/out${text}`, "--trace", trace],
      ]);
      equal(code, 0, err);
      return Deno.readFileSync(trace);
    };
    const [first, other] = [await run(0), await run(1)];
    notDeepEqual(other, first);
    deepEqual(await run(0), first);
    Deno.writeFileSync(trace, first.subarray(0, -10));
    deepEqual(await run(0), first);
    deepEqual(filesIn(folder), ["out0", "out1", "run.trace", "text0.txt", "text1.txt"]);
  }),
);

Deno.test(
  "what the last policy lacks is told before the first one decodes",
  inFolder(async (folder) => {
    const output = `${folder}/out`;
    await refuses(["--policy", "full,loki", "--output", output], /^kvpim: loki: .*calibration/);
    deepEqual(filesIn(folder), []);
    Deno.mkdirSync(output);
    Deno.writeTextFileSync(`${output}/quest`, "a file");
    await refuses(
      ["--policy", "full,quest", "--output", output],
      /--output: expected a folder .*quest but found a file$/m,
    );
    deepEqual(filesIn(output), ["quest"]);
    await refuses(
      ["--policy", "full", "--output", `${output}/quest/out`],
      /--output: .*quest\/out: expected a folder that can be made but found a file on the way to it$/m,
    );
  }),
);

Deno.test(
  "the running perplexity ends at the final one",
  inFolder(async (folder) => {
    await kvpim([...SHORT, "--policy", "full", "--output", folder]);
    const running = Deno.readTextFileSync(`${folder}/full/log_PG19.txt`).trimEnd().split("\n");
    equal(running.length, 6);
    equal(Deno.readTextFileSync(`${folder}/full/ppl_PG19.txt`), `${running.at(-1)}\n`);
  }),
);

Deno.test(
  "what cannot be evaluated is refused in one line",
  inFolder(async (folder) => {
    const to = ["--output", `${folder}/out`];
    await refuses(
      [...to, "--policy", "strac"],
      /strac: expected one of .*; did you mean starc\?$/m,
    );
    await refuses(
      [...to, "--policy", "full,full"],
      /--policy: expected each policy once but found/,
    );
    Deno.writeTextFileSync(`${folder}/own.txt`, "Call me Ishmael.");
    await refuses(
      [...to, "--policy", "full", "--text", `${folder}/own.txt`, "--trace", `${folder}/./own.txt`],
      /--trace: expected another file than --text names but found .*own\.txt$/m,
    );
    await refuses([...to, "--policy", "quest:pages=2"], /quest:pages=2: expected one of .*"pages"/);
    await refuses([...to, "--policy", "loki"], /loki: expected --calibration, which it asks for/);
    await refuses(
      [...to, "--policy", ""],
      /--policy: expected a policy's name or path but found ""/,
    );
    await refuses([...to, "--trace-lists", "rows16"], /--trace-lists: expected --trace beside it/);
    await refuses(
      [...to, "--trace", `${folder}/a`, "--trace-lists", "rows"],
      /--trace-lists: expected one of tokens, rows16 but found "rows"; did you/,
    );
    await refuses([...to, "--budget", "0"], /--budget: expected a whole number from 1 to/);
    await refuses(
      [...to, "--start", "1023"],
      /excerpt\.txt: expected a prompt of at most 1024 tokens, .*; --tokens and --start say how many/,
    );
    await refuses([...to, "--dense-layers", "7"], /--dense-layers: expected layers below 6 but/);
    await refuses([...to, "--text", `${folder}/none.txt`], /none\.txt: expected a file but found/);
    Deno.writeFileSync(`${folder}/latin1.txt`, Uint8Array.of(0x63, 0x61, 0x66, 0xe9));
    await refuses(
      [...to, "--text", `${folder}/latin1.txt`],
      /latin1\.txt: expected text in UTF-8 but found the byte 0xe9 at offset 3$/m,
    );
    await refuses([...to, "--model", folder], /config\.json: Expected a file but found none/);
    await refuses(
      [...to, "--model", `${folder}/latin1.txt`],
      /latin1\.txt: Expected the folder of a checkpoint but found a file$/m,
    );
    const compared = await kvpim(["compare", "--model", `${folder}/latin1.txt`]);
    deepEqual([compared.code, compared.err.split("\n").length], [2, 2], compared.err);
    match(compared.err, /latin1\.txt: Expected the folder of a checkpoint but found a file$/m);
    await refuses(
      [...to, "--trace", `${folder}/no/run.trace`, "--policy", "full"],
      /--trace: expec/,
    );
    Deno.writeTextFileSync(`${folder}/text.wasm`, "no component");
    await refuses([...to, "--policy", `${folder}/text.wasm`], /text\.wasm: refused: not a WebAss/);
  }),
);

Deno.test(
  "a policy of others is metered, one of this repository where a limit is given",
  inFolder(async (folder) => {
    Deno.writeFileSync(`${folder}/mine.wasm`, await builtInPlugin("quest"));
    const run = async (policy: string, ...more: string[]) => {
      const args = [...SHORT, "--output", `${folder}/out`, "--json", "--policy", policy];
      const { code, out, err } = await kvpim([...args, ...more]);
      equal(code, 0, err);
      return JSON.parse(out).results[0].record;
    };
    const free = await run("quest");
    deepEqual([free.policy.limits, free.cost.usage], [undefined, undefined]);

    const mine = await run(`${folder}/mine.wasm`);
    const { memoryBytes, fuelPerCall } = DEFAULT_LIMITS;
    deepEqual(mine.policy.limits, { memoryBytes, fuelPerCall });
    const { fuel, mostFuelPerCall, mostMemoryBytes } = mine.cost.usage;
    ok(fuel > mostFuelPerCall && mostFuelPerCall > 0 && mostMemoryBytes >= 65536);
    equal(mine.scores.perplexity, free.scores.perplexity);

    // The same policy, which other limits make another evaluation.
    const limits = [
      ...["--fuel", String(mostFuelPerCall), "--memory-limit", String(mostMemoryBytes)],
      ...["--output", `${folder}/limited`],
    ];
    const limited = await run("quest", ...limits, "--wall", "59000");
    deepEqual(limited.policy.limits, {
      memoryBytes: mostMemoryBytes,
      fuelPerCall: mostFuelPerCall,
    });
    deepEqual(limited.cost.usage, mine.cost.usage);
    deepEqual(await run("quest", ...limits), limited);
    const to = ["--output", `${folder}/less`, ...SHORT.slice(2), "--policy"];
    const less = String(mostFuelPerCall - 1);
    await refuses(
      [...to, `${folder}/mine.wasm`, "--fuel", less],
      new RegExp(`mine\\.wasm: ran out of fuel: more than ${less} in one call$`, "m"),
    );
    await refuses([...to, "quest", "--fuel", less], /^kvpim: quest: ran out of fuel: more than/);
    await refuses([...to, "quest", "--memory-limit", "65536"], /^kvpim: quest: /);
    await refuses([...to, "quest", "--fuel", "0"], /--fuel: expected a whole number from 1 to/);
    await refuses([...to, "quest", "--wall", "x"], /--wall: expected a whole number from 1 to/);
  }),
);

const hasNvidiaGpu = existsSync("/proc/driver/nvidia");
Deno.test({
  name: "a provider that ONNX Runtime has not is told in one line" +
    (hasNvidiaGpu ? " (skipped: this machine may have it)" : ""),
  ignore: hasNvidiaGpu,
  fn: inFolder(async (folder) => {
    const to = ["--output", folder, "--policy", "full"];
    const line =
      /^kvpim: --provider: expected an execution provider that .* here \(cpu\) but found cuda/;
    await refuses([...to, "--provider", "cuda"], line);
    deepEqual(filesIn(folder), []);
    const calibrated = ["calibrate", "--output", `${folder}/c.safetensors`, "--provider", "cuda"];
    // As a process of its own: ONNX Runtime would write past this program.
    const { code, stderr } = await kvpimProcess(["eval", ...calibrated]).output();
    const err = new TextDecoder().decode(stderr);
    deepEqual([code, err.split("\n").length], [2, 2], err);
    match(err, line);
  }),
});

Deno.test({
  name: "an evaluation writes to no folder that a comparison writes to",
  ignore: Deno.build.os === "windows",
  fn: inFolder(async (folder) => {
    {
      using held = holdFolder(folder, "alone");
      ok(held);
      await refuses(
        ["--policy", "full", "--output", folder],
        /^kvpim: --output: expected a folder that no comparison is writing to but found /,
      );
    }
    using shared = holdFolder(folder, "shared");
    ok(shared);
    const other = await kvpim([...SHORT, "--policy", "full", "--output", folder]);
    equal(other.code, 0, other.err);
  }),
});
