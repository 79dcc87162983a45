import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { cpus } from "../hardware/cpus.ts";
import { gpus } from "../hardware/gpus.ts";
import type { Layer } from "./layers.ts";
import { chooseTiles, coreOccupancy, tileTraffic } from "./tiles.ts";

const PROCESSORS = [gpus.A100a, gpus.H100, cpus.A100a, cpus.H100];

const layers = fc.record({
  kind: fc.constantFrom("fc" as const, "matmul" as const),
  m: fc.integer({ min: 1, max: 3000 }),
  n: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.nat(3000).map((n) => (n + 1) * 8 / 3)),
  k: fc.integer({ min: 1, max: 200_000 }),
  operations: fc.integer({ min: 1, max: 300 }),
  elementBytes: fc.constantFrom(1, 2),
}).map((sizes): Layer => ({ name: "score", ...sizes }));

/** Every multiple of the L1 tile, one after the other. */
function leastTrafficToMemory(layer: Layer, l1: { m: number; n: number }, l2Bytes: number) {
  const sides = (dimension: number, side: number) => [
    ...Array.from({ length: Math.floor(dimension / side) }, (_, i) => (i + 1) * side),
    dimension,
  ];
  let least = Infinity;
  for (const m of sides(layer.m, l1.m)) {
    for (const n of sides(layer.n, l1.n)) {
      const bytes = ((m + n) * (layer.k / 64) + m * n) * layer.elementBytes;
      if (bytes > l2Bytes && (m !== l1.m || n !== l1.n)) continue;
      least = Math.min(least, tileTraffic(layer, { m, n }));
    }
  }
  return least;
}

Deno.test("the L2 tile has the least traffic of all multiples of the L1 tile that fit", () => {
  fc.assert(fc.property(layers, fc.constantFrom(...PROCESSORS), (layer, processor) => {
    const { l1, l2 } = chooseTiles(layer, processor);
    const least = leastTrafficToMemory(layer, l1, processor.l2Bytes);
    ok(Math.abs(tileTraffic(layer, l2) / least - 1) < 1e-12);
  }));
});

Deno.test("the L1 tile fits its cache and the matrix, and no other candidate costs less", () => {
  fc.assert(fc.property(layers, fc.constantFrom(...PROCESSORS), (layer, processor) => {
    const { l1 } = chooseTiles(layer, processor);
    const cost = (tile: { m: number; n: number }) =>
      tileTraffic(layer, tile) / coreOccupancy(layer, tile, processor.cores) ** 2;
    const sides = [8, 16, 32, 64, 128, 192, 256, 320, 384, 448, 512];
    for (const tm of sides) {
      for (const tn of sides) {
        const tile = { m: Math.min(tm, layer.m), n: Math.min(tn, layer.n) };
        const bytes = ((tile.m + tile.n) * 32 + tile.m * tile.n) * layer.elementBytes;
        if (bytes <= processor.l1BytesPerCore) ok(cost(l1) <= cost(tile) * (1 + 1e-12));
      }
    }
  }));
});

Deno.test("a matrix that one tile covers is read once", () => {
  const layer: Layer = {
    name: "score",
    kind: "matmul",
    m: 1,
    n: 500,
    k: 128,
    operations: 3,
    elementBytes: 2,
  };
  equal(tileTraffic(layer, { m: 1, n: 512 }), (128 + 500 * 128 + 500) * 3 * 2);
  const { l1, l2 } = chooseTiles(layer, gpus.H100);
  deepEqual(l1, { m: 1, n: 500 });
  deepEqual(l2, l1);
});

Deno.test("cores idle in the last round only", () => {
  const layer: Layer = {
    name: "qkv",
    kind: "fc",
    m: 100,
    n: 100,
    k: 1,
    operations: 1,
    elementBytes: 2,
  };
  equal(coreOccupancy(layer, { m: 10, n: 10 }, 100), 1);
  equal(coreOccupancy(layer, { m: 10, n: 10 }, 99), 100 / 198);
  equal(coreOccupancy({ ...layer, kind: "matmul" }, { m: 10, n: 10 }, 100), 1 / 100);
});

Deno.test("tiles of the largest matrices go to memory less often than those of L1 would", () => {
  const size = 2 ** 24;
  const layer: Layer = {
    name: "score",
    kind: "matmul",
    m: size,
    n: size,
    k: 128,
    operations: 1,
    elementBytes: 2,
  };
  const { l1, l2 } = chooseTiles(layer, gpus.H100);
  ok(tileTraffic(layer, l2) < tileTraffic(layer, l1));
});
