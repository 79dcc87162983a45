import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { crc32, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { RowCounter, rows16Touched } from "./rows.ts";
import type { SelectionRow, TraceHeader } from "./trace_format.ts";
import { readTrace, type TraceEvent } from "./trace_reader.ts";
import { TraceWriter } from "./trace_writer.ts";
import { VarintReader, VarintWriter } from "./varint.ts";

const HEADER: TraceHeader = {
  version: 1,
  model: { name: "tiny", digest: "ab", layers: 4, queryHeads: 4, kvHeads: 2, headDim: 64 },
  policy: {
    name: "quest",
    version: "0.1.0",
    digest: "cd",
    budget: 8,
    parameters: { "page-tokens": 16 },
    denseLayers: [0, 1],
  },
  headUnit: "query-head",
  lists: ["tokens", "rows16"],
};
const FORMAT_ERROR = { name: "TraceFormatError" };

const counter = new RowCounter();
/** A row that attends to some tokens, and its lists. */
function selection(step: number, layer: number, headGroup: number, tokens: number[]) {
  const contextTokens = 500 + step;
  const row: SelectionRow = {
    step,
    layer,
    headGroup,
    contextTokens,
    ...counter.count(tokens, contextTokens),
  };
  return { row, lists: { tokens, rows16: rows16Touched(tokens) } };
}

function writeSample(writer: TraceWriter, name: string, steps = 3) {
  writer.beginSample(name);
  writer.clustering({ step: 0, layer: 2, windows: 2, tokens: 64, clusters: 4, iterations: 9 });
  for (let step = 1; step <= steps; step++) {
    for (const layer of [2, 3]) {
      for (let headGroup = 0; headGroup < 4; headGroup++) {
        const tokens = [400 + step, 7 * step, 90 + headGroup, 200 + layer];
        const { row, lists } = selection(step, layer, headGroup, tokens);
        writer.selection(row, lists);
      }
      writer.access({ step, layer, kind: 2, direction: 0, bytes: 2 ** 40 + step, pieces: 1 });
    }
  }
  writer.endSample();
}

function bytesOf(write: (writer: TraceWriter) => void, header = HEADER): Uint8Array {
  const pieces: Uint8Array[] = [];
  write(new TraceWriter(header, (bytes) => pieces.push(bytes)));
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

async function eventsOf(bytes: Uint8Array, options = {}): Promise<TraceEvent[]> {
  const trace = await readTrace([bytes], "a.trace", options);
  return await Array.fromAsync(trace.events);
}

const TWO_SAMPLES = bytesOf((writer) => {
  writeSample(writer, "first");
  writeSample(writer, "second");
  writer.end();
});

Deno.test("a trace is read as it was written, in whatever pieces its bytes arrive", async () => {
  for (const size of [1, 7, 100, TWO_SAMPLES.length]) {
    const pieces = [];
    for (let at = 0; at < TWO_SAMPLES.length; at += size) {
      pieces.push(TWO_SAMPLES.subarray(at, at + size));
    }
    const trace = await readTrace(pieces, "a.trace");
    deepEqual(trace.header, HEADER);
    const events = await Array.fromAsync(trace.events);
    const sample = ["sample", "accesses", "clusterings", "selections", "sampleEnd"];
    deepEqual(events.map((event) => event.kind), [...sample, ...sample]);
    const selections = events[3]!;
    if (selections.kind !== "selections") throw new Error(selections.kind);
    equal(selections.rows, 24);
    deepEqual([...selections.columns.step.slice(0, 9)], [1, 1, 1, 1, 1, 1, 1, 1, 2]);
    deepEqual([...selections.columns.keptTokens], Array(24).fill(4));
    deepEqual([...selections.tokens!.values.slice(0, 8)], [7, 90, 202, 401, 7, 91, 202, 401]);
    deepEqual([...selections.rows16!.values.slice(0, 4)], [0, 5, 12, 25]);
    const accesses = events[1]!;
    if (accesses.kind !== "accesses") throw new Error(accesses.kind);
    deepEqual([...accesses.columns.bytes.slice(0, 3)], [2 ** 40 + 1, 2 ** 40 + 1, 2 ** 40 + 2]);
  }
});

Deno.test("any selections survive writing and reading", async () => {
  const rows = fc.array(fc.tuple(
    fc.integer({ min: 1, max: 2 ** 31 }),
    fc.nat(3),
    fc.nat(3),
    fc.uniqueArray(fc.nat(499), { maxLength: 30 }),
  ));
  await fc.assert(
    fc.asyncProperty(rows, async (drawn) => {
      const steps = drawn.map(([step]) => step).sort((a, b) => a - b);
      const written = drawn.map(([, layer, group, tokens], i) =>
        selection(steps[i]!, layer, group, tokens)
      );
      const events = await eventsOf(bytesOf((writer) => {
        writer.beginSample("");
        for (const { row, lists } of written) writer.selection(row, lists);
        writer.endSample();
        writer.end();
      }));
      const read = events.flatMap((event) => {
        if (event.kind !== "selections") return [];
        const { columns, tokens, rows16 } = event;
        return Array.from({ length: event.rows }, (_, i) => ({
          row: Object.fromEntries(Object.entries(columns).map(([name, of]) => [name, of[i]])),
          lists: {
            tokens: [...tokens!.values.slice(tokens!.offsets[i], tokens!.offsets[i + 1])],
            rows16: [...rows16!.values.slice(rows16!.offsets[i], rows16!.offsets[i + 1])],
          },
        }));
      });
      deepEqual(
        read,
        written.map(({ row, lists }) => ({
          row: { ...row },
          lists: {
            tokens: lists.tokens.toSorted((a, b) => a - b),
            rows16: [...lists.rows16],
          },
        })),
      );
    }),
    { numRuns: 50 },
  );
});

Deno.test("a long sample is written in several frames and never held whole", async () => {
  const events = await eventsOf(bytesOf((writer) => {
    writer.beginSample("long");
    for (let step = 1; step <= 20_000; step++) {
      writer.selection(selection(step, 2, 0, [step % 9]).row);
    }
    writer.endSample();
    writer.end();
  }, { ...HEADER, lists: [] }));
  const rows = events.map((event) => event.kind === "selections" ? event.rows : 0);
  deepEqual(rows.filter((count) => count > 0), [8192, 8192, 3616]);
});

Deno.test("a frame made by hand from the documentation is understood", async () => {
  const frame = (kind: number, body: Uint8Array) => {
    const stored = deflateRawSync(body);
    const bytes = new Uint8Array(13 + stored.length);
    const view = new DataView(bytes.buffer);
    bytes[0] = kind;
    view.setUint32(1, stored.length, true);
    view.setUint32(5, body.length, true);
    bytes.set(stored, 13);
    const sum = crc32(new Uint8Array([...bytes.subarray(0, 9), ...stored]));
    view.setUint32(9, sum, true);
    return [...bytes];
  };
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const bytes = Uint8Array.from([
    ...new TextEncoder().encode("kvpim-at"),
    ...frame(1, text({ ...HEADER, lists: ["tokens"] })),
    ...frame(2, text({ index: 0, name: "by hand" })),
    // Two rows; steps 4, 5; layers 2, 3; groups 0, 0; context 400, 401; 2 and 1 tokens; rows.
    ...frame(
      3,
      Uint8Array.of(
        ...[2, 8, 2, 4, 2, 0, 0, 0xa0, 6, 2, 4, 1, 4, 1, 4, 1, 4, 1, 4, 1],
        ...[3, 0xff, 1, 9],
      ),
    ),
    ...frame(6, text({ index: 0, selections: 2, accesses: 0, clusterings: 0 })),
    ...frame(7, text({ samples: 1 })),
  ]);
  const [, selections] = await eventsOf(bytes);
  if (selections?.kind !== "selections") throw new Error(selections?.kind);
  deepEqual([...selections.columns.step], [4, 5]);
  deepEqual([...selections.columns.layer], [2, 3]);
  deepEqual([...selections.columns.contextTokens], [400, 401]);
  deepEqual([...selections.columns.keptTokens], [2, 1]);
  deepEqual([...selections.tokens!.values], [3, 259, 9]);
});

Deno.test("a change of any byte is noticed", async () => {
  for (let at = 0; at < TWO_SAMPLES.length; at++) {
    const damaged = TWO_SAMPLES.slice();
    damaged[at]! ^= 1 << (at % 8);
    await rejects(eventsOf(damaged), FORMAT_ERROR, `byte ${at}`);
  }
});

Deno.test("a cut anywhere is noticed, unless an interrupted run is asked for", async () => {
  for (let length = 0; length < TWO_SAMPLES.length; length += 3) {
    await rejects(eventsOf(TWO_SAMPLES.subarray(0, length)), FORMAT_ERROR);
  }
  const cut = TWO_SAMPLES.subarray(0, TWO_SAMPLES.length - 60);
  const kinds = (await eventsOf(cut, { interrupted: true })).map((event) => event.kind);
  deepEqual(kinds.slice(0, 6), [
    "sample",
    "accesses",
    "clusterings",
    "selections",
    "sampleEnd",
    "sample",
  ]);
  equal(kinds.filter((kind) => kind === "sampleEnd").length, 1);
});

Deno.test("messages name the file, the place, what was expected and what was found", async () => {
  await rejects(eventsOf(new TextEncoder().encode("PK\x03\x04 a zip")), {
    message:
      'a.trace byte 0: expected an attention trace ("kvpim-at") but found "PK\\u0003\\u0004 a z"',
  });
  const future = bytesOf((writer) => writer.end(), { ...HEADER, version: 2 as 1 });
  await rejects(eventsOf(future), {
    message: "a.trace byte 8: expected version 1 but found version 2",
  });
  const open = bytesOf((writer) => writeSample(writer, "only"));
  await rejects(eventsOf(open), {
    message: `a.trace byte ${open.length}: expected an end frame but found the end of the file`,
  });
  const longer = Uint8Array.from([...TWO_SAMPLES, 0]);
  await rejects(eventsOf(longer), /expected the end of the file but found more bytes/);
});

Deno.test("a frame that claims to be huge is refused before anything is allocated", async () => {
  const bytes = bytesOf((writer) => writer.end());
  new DataView(bytes.buffer).setUint32(8 + 5, 0xffffffff, true);
  await rejects(eventsOf(bytes), /expected a body of at most 67108864 bytes but found 4294967295/);
});

Deno.test("a malformed table in a sound frame is an error, not a crash", async () => {
  const start = bytesOf((writer) => writer.beginSample(""));
  await fc.assert(fc.asyncProperty(
    fc.constantFrom(3, 4, 5),
    fc.uint8Array({ maxLength: 60 }),
    async (kind, body) => {
      const stored = deflateRawSync(body);
      const prefix = new Uint8Array(13);
      const view = new DataView(prefix.buffer);
      view.setUint8(0, kind);
      view.setUint32(1, stored.length, true);
      view.setUint32(5, body.length, true);
      view.setUint32(9, crc32(stored, crc32(prefix.subarray(0, 9))), true);
      const bytes = Uint8Array.from([...start, ...prefix, ...stored]);
      await rejects(eventsOf(bytes), FORMAT_ERROR);
    },
  ));
});

Deno.test("the writer refuses rows that do not fit, and calls out of order", () => {
  const writer = new TraceWriter(HEADER, () => {});
  const { row, lists } = selection(1, 2, 0, [1, 2]);
  throws(() => writer.selection(row, lists), {
    message: "Expected the trace to be in a sample but found it between samples",
  });
  writer.beginSample("");
  throws(() => writer.selection({ ...row, layer: 4 }, lists), /layer below 4 .* found 4 and 0/);
  throws(() => writer.selection({ ...row, headGroup: 4 }, lists), /found 2 and 4/);
  throws(() => writer.selection({ ...row, step: 0 }, lists), /a step from 1 but found 0/);
  throws(() => writer.selection({ ...row, step: 1.5 }, lists), /selections.step .* found 1.5/);
  throws(() => writer.selection(row, { tokens: [1, 2] }), /Expected 1 rows16 but found 0/);
  throws(() => writer.selection(row, { tokens: [1, 1], rows16: [0] }), /found 1 twice/);
  writer.selection({ ...row, step: 7 }, lists);
  throws(() => writer.access({ step: 6, layer: 2, kind: 0, direction: 0, bytes: 1, pieces: 1 }), {
    message: "Expected a step from 7 on but found 6",
  });
  throws(() => writer.end(), /between samples but found it in a sample/);
});

Deno.test("numbers up to 2^53 survive as varints", () => {
  fc.assert(fc.property(
    fc.array(fc.maxSafeNat()),
    fc.array(fc.integer({ min: -(2 ** 51), max: 2 ** 51 })),
    (plain, signed) => {
      const writer = new VarintWriter();
      for (const value of plain) writer.write(value);
      for (const value of signed) writer.writeSigned(value);
      const reader = new VarintReader(writer.bytes());
      deepEqual(plain.map(() => reader.read()), plain);
      deepEqual(signed.map(() => reader.readSigned()), signed);
      equal(reader.atEnd, true);
    },
  ));
  throws(() => new VarintReader(Uint8Array.of(128)).read(), /found the end/);
  throws(() => new VarintReader(new Uint8Array(12).fill(255)).read(), /below 2\^53/);
});
