/**
 * How a processor cuts a matrix product into tiles, and the traffic that follows.
 *
 * @module
 */
import type { Processor } from "../hardware/processor.ts";
import type { Layer } from "./layers.ts";

/** Rows and columns of the result that are computed together. */
interface Tile {
  readonly m: number;
  readonly n: number;
}

/** The tiles of a product, in the L1 and the L2 cache. */
interface Tiles {
  readonly l1: Tile;
  readonly l2: Tile;
}

const SIDES = [8, 16, 32, 64, 128, 192, 256, 320, 384, 448, 512];
/** Elements of the inner dimension that an L1 tile holds. */
const L1_DEPTH = 32;
/** Parts into which L2 tiles cut the inner dimension. */
const L2_CUTS = 64;

/** Bytes that go to the next cache or memory if the result is computed tile by tile. */
export function tileTraffic({ m, n, k, operations, elementBytes }: Layer, tile: Tile): number {
  const left = Math.ceil(n / tile.n) * m * k;
  const right = Math.ceil(m / tile.m) * n * k;
  return (left + right + m * n) * elementBytes * operations;
}

/**
 * Share of a processor's cores that work, the last round included. A tile of a fully connected
 * layer takes a core, of another layer only an operation does (AttAcc src/devices.py).
 */
export function coreOccupancy(layer: Layer, tile: Tile, cores: number): number {
  const tiles = layer.kind === "fc" ? Math.ceil(layer.m / tile.m) * Math.ceil(layer.n / tile.n) : 1;
  const blocks = tiles * layer.operations;
  return blocks / (Math.ceil(blocks / cores) * cores);
}

/**
 * The tiles that AttAcc's search (src/devices.py) settles on: in L1 the first of least traffic over
 * the occupancy squared, in L2 a multiple of that with least traffic to memory.
 */
export function chooseTiles(layer: Layer, processor: Processor): Tiles {
  const l1 = chooseL1Tile(layer, processor);
  return { l1, l2: chooseL2Tile(layer, l1, processor) };
}

function chooseL1Tile(layer: Layer, { cores, l1BytesPerCore }: Processor): Tile {
  let best: Tile = { m: 0, n: 0 };
  let least = Infinity;
  for (const m of clippedSides(layer.m)) {
    for (const n of clippedSides(layer.n)) {
      if (((m + n) * L1_DEPTH + m * n) * layer.elementBytes > l1BytesPerCore) continue;
      const tile = { m, n };
      const cost = tileTraffic(layer, tile) * (1 / coreOccupancy(layer, tile, cores)) ** 2;
      if (cost < least) {
        least = cost;
        best = tile;
      }
    }
  }
  return best;
}

/** Sides that differ once they are cut to a dimension; a repeated one never wins. */
function clippedSides(dimension: number): Iterable<number> {
  return new Set(SIDES.map((side) => Math.min(side, dimension)));
}

/**
 * Least traffic to memory among multiples of the L1 tile that fit the L2 cache. Traffic falls with
 * either side, so of each height only the widest tile that fits is worth a look; and once not even
 * the narrowest fits, no higher one does.
 */
function chooseL2Tile(layer: Layer, l1: Tile, { l2Bytes }: Processor): Tile {
  const depth = layer.k / L2_CUTS;
  const fits = (m: number, n: number) => ((m + n) * depth + m * n) * layer.elementBytes <= l2Bytes;
  let best = l1;
  let least = tileTraffic(layer, l1);
  for (const m of multiplesUpTo(layer.m, l1.m)) {
    const n = widest(layer.n, l1.n, (n) => fits(m, n));
    if (n === undefined) break;
    const tile = { m, n };
    const traffic = tileTraffic(layer, tile);
    if (traffic < least) {
      least = traffic;
      best = tile;
    }
  }
  return best;
}

function* multiplesUpTo(dimension: number, side: number): Generator<number> {
  const count = Math.floor(dimension / side);
  for (let i = 1; i <= count; i++) yield i * side;
  if (count * side < dimension) yield dimension;
}

/** The dimension, or its largest multiple of a side that fits; fitting must fall with size. */
function widest(
  dimension: number,
  side: number,
  fits: (size: number) => boolean,
): number | undefined {
  if (fits(dimension)) return dimension;
  let fitting = 0;
  let tooMany = Math.floor(dimension / side) + 1;
  while (tooMany - fitting > 1) {
    const middle = (fitting + tooMany) >> 1;
    if (fits(middle * side)) fitting = middle;
    else tooMany = middle;
  }
  return fitting === 0 ? undefined : fitting * side;
}
