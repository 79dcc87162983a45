import { deepEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { overlap } from "./pipelining.ts";

const times = { qkv: 6, proj: 2, transfer: 4 };

Deno.test("attention longer than all else leaves one head's share of it", () => {
  deepEqual(overlap(times, 10, { headShare: 0.25, withProjections: true }), {
    qkv: 1.5,
    proj: 0.5,
    transfer: 1,
  });
});

Deno.test("projections that outlast attention lose its length, three quarters from qkv", () => {
  deepEqual(overlap(times, 4, { headShare: 0.5, withProjections: true }), {
    qkv: 6 - 1.5,
    proj: 2 - 0.5,
    transfer: 2,
  });
});

Deno.test("transfers that outlast projections and attention lose its length", () => {
  deepEqual(overlap({ ...times, transfer: 20 }, 4, { headShare: 0.5, withProjections: true }), {
    qkv: 3,
    proj: 1,
    transfer: 18,
  });
  deepEqual(overlap({ ...times, transfer: 20 }, 9, { headShare: 0.5, withProjections: true }), {
    qkv: 3,
    proj: 1,
    transfer: 15.5,
  });
});

Deno.test("without pipelining only transfers overlap", () => {
  deepEqual(overlap(times, 5, { headShare: 0.25, withProjections: false }), {
    qkv: 6,
    proj: 2,
    transfer: 1,
  });
  deepEqual(overlap(times, 2, { headShare: 0.25, withProjections: false }), {
    qkv: 6,
    proj: 2,
    transfer: 2.5,
  });
});

Deno.test("nothing guards the output projection, which can fall below zero", () => {
  ok(
    overlap({ qkv: 8, proj: 1, transfer: 1 }, 8, { headShare: 0.125, withProjections: true }).proj <
      0,
  );
});

Deno.test("a single head hides nothing", () => {
  const time = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(time, time, time, time, fc.boolean(), (qkv, proj, transfer, attention, on) => {
      deepEqual(
        overlap({ qkv, proj, transfer }, attention, { headShare: 1, withProjections: on }),
        { qkv, proj, transfer },
      );
    }),
  );
});

Deno.test("in proportion nothing falls below one head's share, and all take as long as their slowest", () => {
  const time = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(time, time, time, time, fc.integer({ min: 1, max: 40 }), (q, p, t, a, heads) => {
      const headShare = 1 / heads;
      const options = { headShare, withProjections: true, inProportion: true };
      const left = overlap({ qkv: q, proj: p, transfer: t }, a, options);
      const least = -1e-12;
      ok(left.qkv - q * headShare >= least && left.proj - p * headShare >= least);
      ok(left.transfer - t * headShare >= least);
      const slowest = Math.max(q + p, t, a);
      const expected = headShare * (q + p + t + a) + (1 - headShare) * slowest;
      ok(Math.abs(a + left.qkv + left.proj + left.transfer - expected) < 1e-9);
    }),
  );
});
