import { deepEqual, ok } from "node:assert/strict";
import { inverseFrequencies, rotaryTable } from "./rope.ts";

const THETA = 10_000;

Deno.test("frequencies fall from 1 by even factors", () => {
  deepEqual(
    [...inverseFrequencies({ type: "default", theta: 16 }, 8, 1)].map((f) => f.toFixed(6)),
    ["1.000000", "0.500000", "0.250000", "0.125000"],
  );
});

Deno.test("linear scaling is the default at divided positions", () => {
  const scaled = rotaryTable({ type: "linear", theta: THETA, factor: 4 }, 8, [8, 12], 13);
  deepEqual(scaled, rotaryTable({ type: "default", theta: THETA }, 8, [2, 3], 4));
});

Deno.test("dynamic scaling raises the base once the context is longer than the first", () => {
  const rope = { type: "dynamic", theta: THETA, factor: 2, originalPositions: 1024 } as const;
  const plain = (theta: number) => inverseFrequencies({ type: "default", theta }, 64, 1);
  deepEqual(inverseFrequencies(rope, 64, 1024), plain(THETA));
  // 2 * 2048 / 1024 - 1 = 3
  deepEqual(inverseFrequencies(rope, 64, 2048), plain(THETA * 3 ** (64 / 62)));
});

Deno.test("llama3 scaling keeps short waves, divides long ones and blends between", () => {
  const rope = {
    type: "llama3",
    theta: 500_000,
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalPositions: 8192,
  } as const;
  const scaled = inverseFrequencies(rope, 128, 1);
  const plain = inverseFrequencies({ type: "default", theta: 500_000 }, 128, 1);
  plain.forEach((frequency, i) => {
    const wave = 2 * Math.PI / frequency;
    const ratio = scaled[i]! / frequency;
    if (wave < 2048) ok(ratio === 1);
    else if (wave > 8192) ok(Math.abs(ratio - 1 / 8) < 1e-15);
    else {
      const smooth = (8192 / wave - 1) / 3;
      ok(Math.abs(ratio - ((1 - smooth) / 8 + smooth)) < 1e-12);
    }
  });
  // All three kinds occur.
  ok(scaled[0] === plain[0] && scaled[63]! < plain[63]!);
  ok(scaled.some((f, i) => f / plain[i]! > 0.126 && f / plain[i]! < 0.999));
});

Deno.test("YaRN keeps fast pairs, divides slow ones and blends between", () => {
  const rope = {
    type: "yarn",
    theta: 1_000_000,
    factor: 4,
    fastTurns: 32,
    slowTurns: 1,
    wholePairs: true,
    magnitude: 1.25,
    originalPositions: 32_768,
  } as const;
  const scaled = inverseFrequencies(rope, 128, 1);
  const plain = inverseFrequencies({ type: "default", theta: 1_000_000 }, 128, 1);
  const turns = plain.map((frequency) => 32_768 * frequency / (2 * Math.PI));
  // Qwen2.5's: the last pair of more than 32 turns, and the first of fewer than one.
  const low = turns.findLastIndex((count) => count > 32);
  const high = turns.findIndex((count) => count < 1);
  deepEqual([low, high], [23, 40]);
  plain.forEach((frequency, pair) => {
    const divided = Math.min(1, Math.max(0, (pair - low) / (high - low)));
    const expected = frequency * (1 - divided * 3 / 4);
    ok(Math.abs(scaled[pair]! / expected - 1) < 1e-12);
  });
  // Between whole pairs the blend begins later and ends earlier.
  const exact = inverseFrequencies({ ...rope, wholePairs: false }, 128, 1);
  ok(exact[24]! > scaled[24]! && exact[39]! < scaled[39]!);
  const { cos, sin } = rotaryTable(rope, 128, [5], 6);
  ok(Math.abs(Math.hypot(cos[0]!, sin[0]!) - 1.25) < 1e-6);
});

Deno.test("far positions are turned as exactly as near ones", () => {
  const { cos, sin } = rotaryTable({ type: "default", theta: THETA }, 2, [131_071], 131_072);
  deepEqual([cos[0], sin[0]], [Math.fround(Math.cos(131_071)), Math.fround(Math.sin(131_071))]);
});
