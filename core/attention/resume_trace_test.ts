import { deepEqual, equal, rejects } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { checkResumable, type ResumeOptions, resumeTraceFile } from "./resume_trace.ts";
import { readTraceFile, TraceFile } from "./trace_file.ts";
import type { TraceHeader } from "./trace_format.ts";
import type { TraceWriter } from "./trace_writer.ts";

const HEADER: TraceHeader = {
  version: 1,
  model: { name: "tiny", digest: "ab", layers: 4, queryHeads: 4, kvHeads: 2, headDim: 64 },
  policy: { name: "p", version: "1", digest: "cd", budget: 8, parameters: {}, denseLayers: [] },
  headUnit: "query-head",
  lists: [],
};

async function inFolder(action: (folder: string, path: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await action(folder, `${folder}/a.trace`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function writeSamples(writer: TraceWriter, ...names: string[]) {
  for (const name of names) {
    writer.beginSample(name);
    writer.clustering({ step: 0, layer: 2, windows: 2, tokens: 64, clusters: 4, iterations: 9 });
    writer.endSample();
  }
}

const resume = (path: string, options: Omit<ResumeOptions, "writer">, writer = "me") =>
  resumeTraceFile(path, HEADER, { writer, ...options });

/** A trace of samples, in its place; its digest. */
function ended(path: string, ...names: string[]): string {
  using file = new TraceFile(path, HEADER);
  writeSamples(file.writer, ...names);
  return file.end();
}

async function namesOf(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const event of (await readTraceFile(path)).events) {
    if (event.kind === "sample") names.push(event.name);
  }
  return names;
}

const bytesOf = (path: string) => new Uint8Array(Deno.readFileSync(path));
const digestOf = (path: string) => createHash("sha256").update(bytesOf(path)).digest("hex");
const filesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("an interrupted trace goes on to the bytes and the digest it would have had", () =>
  inFolder(async (folder, path) => {
    const partial = `${path}.me.partial`;
    {
      using file = await resume(path, { finishedSamples: 0 });
      writeSamples(file.writer, "first", "to be repeated");
    }
    Deno.truncateSync(partial, Deno.statSync(partial).size - 5);
    {
      using file = await resume(path, { finishedSamples: 1 });
      equal(file.writer.finishedSamples, 1);
      writeSamples(file.writer, "second");
      equal(file.end(), digestOf(path));
    }
    deepEqual(filesIn(folder), ["a.trace"]);
    equal(ended(`${folder}/b.trace`, "first", "second"), digestOf(path));
  }));

Deno.test("what another writer left is not gone on from", () =>
  inFolder(async (_folder, path) => {
    {
      using file = await resume(path, { finishedSamples: 0 }, "another");
      writeSamples(file.writer, "of another");
    }
    await rejects(resume(path, { finishedSamples: 1 }), {
      name: "TraceResumeError",
      message: /a\.trace: expected the trace of the 1 finished samples but found none/,
    });
    using file = await resume(path, { finishedSamples: 1 }, "another");
    file.end();
    deepEqual(await namesOf(path), ["of another"]);
  }));

Deno.test("a trace that has ended goes on where it is the run's own, and is replaced at the end", () =>
  inFolder(async (folder, path) => {
    const digest = ended(path, "first", "second");
    const before = bytesOf(path);
    {
      using file = await resume(path, { finishedSamples: 2, digest });
      writeSamples(file.writer, "third");
    }
    deepEqual(bytesOf(path), before);
    {
      // What was interrupted last goes before what has ended.
      using file = await resume(path, { finishedSamples: 3, digest });
      equal(file.end(), digestOf(path));
    }
    deepEqual(await namesOf(path), ["first", "second", "third"]);
    deepEqual(filesIn(folder), ["a.trace"]);
    // The results of the last two were lost.
    using file = await resume(path, { finishedSamples: 1, digest: digestOf(path) });
    file.end();
    deepEqual(await namesOf(path), ["first"]);
  }));

Deno.test("a trace that ended without taking its place is gone on from as it was", () =>
  inFolder(async (folder, path) => {
    let digest: string;
    {
      using file = await resume(path, { finishedSamples: 0 });
      writeSamples(file.writer, "first", "second");
      digest = file.finish();
    }
    deepEqual(filesIn(folder), ["a.trace.me.partial"]);
    using file = await resume(path, { finishedSamples: 2, digest });
    equal(file.end(), digest);
    equal(digestOf(path), digest);
    deepEqual(filesIn(folder), ["a.trace"]);
  }));

Deno.test("a trace that nothing is added to is not copied", () =>
  inFolder(async (folder, path) => {
    const digest = ended(path, "first", "second");
    Deno.utimeSync(path, 1, 1);
    using file = await resume(path, { finishedSamples: 2, digest });
    deepEqual(filesIn(folder), ["a.trace"]);
    equal(file.end(), digest);
    equal(Deno.statSync(path).mtime!.getTime(), 1000);
  }));

Deno.test("a trace of something else is told", () =>
  inFolder(async (folder, path) => {
    const digest = ended(path, "first", "second");
    const refuses = async (options: Omit<ResumeOptions, "writer">, message: string, at = path) => {
      for (const action of [resumeTraceFile, checkResumable]) {
        await rejects(action(at, HEADER, { writer: "me", ...options }), {
          name: "TraceResumeError",
          message: `${at}: expected ${message}`,
        });
      }
    };
    await refuses({ finishedSamples: 3, digest }, "3 finished samples but found 2");
    const another = "the trace of the 1 finished samples but found another";
    await refuses({ finishedSamples: 1 }, another);
    await refuses({ finishedSamples: 1, digest: "0".repeat(64) }, another);
    await refuses({ finishedSamples: 1, digest }, another, folder);
    execFileSync("mkfifo", [`${folder}/pipe`]);
    await refuses({ finishedSamples: 1, digest }, another, `${folder}/pipe`);
    const none = "the trace of the 1 finished samples but found none: one is recorded from the " +
      "first sample on";
    await refuses({ finishedSamples: 1, digest }, none, `${folder}/none`);
    const header: TraceHeader = { ...HEADER, lists: ["tokens"] };
    const options = { writer: "me", finishedSamples: 1, digest };
    await rejects(resumeTraceFile(path, header, options), {
      message: `${path}: a trace of another run: expected lists ["tokens"] but found []`,
    });
    Deno.writeTextFileSync(path, "nothing of the kind");
    await rejects(resume(path, { finishedSamples: 1, digest }), { name: "TraceFormatError" });
    deepEqual(filesIn(folder), ["a.trace", "pipe"]);
  }));
