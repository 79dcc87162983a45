import assert from "node:assert/strict";
import fc from "fast-check";
import { loadCompiler } from "../../compiler.ts";

const SOURCE = `
import { dot, dots, addTo, scaleInto } from "kvpim/vectors";
import { upperBound, upperBounds } from "kvpim/bounds";
import { pushFrom, pushRange } from "kvpim/lists";
import { topK } from "kvpim/top_k";
import { exponentials } from "kvpim/exponential";
import { Random } from "kvpim/random";
const floats = memory.data(65536, 16);
const numbers = memory.data(65536, 16);
export function floatsAt(): usize { return floats; }
export function numbersAt(): usize { return numbers; }
export function dotOf(length: i32): f32 { return dot(floats, floats + (<usize>length << 2), length); }
function vector(index: i32, length: i32): usize { return floats + (<usize> (index * length) << 2); }
export function dotsOf(count: i32, length: i32): void {
  dots(floats, count, vector(count, length), length, numbers);
}
export function dotsOneByOne(count: i32, length: i32): void {
  for (let i = 0; i < count; i++) {
    const product = dot(vector(i, length), vector(count, length), length);
    store<f32>(numbers + (<usize> i << 2), product);
  }
}
export function boundsOf(count: i32, length: i32): void {
  const query = vector(2 * count, length);
  upperBounds(floats, vector(count, length), count, query, length, numbers);
}
export function boundsOneByOne(count: i32, length: i32): void {
  const query = vector(2 * count, length);
  for (let i = 0; i < count; i++) {
    const bound = upperBound(vector(i, length), vector(count + i, length), query, length);
    store<f32>(numbers + (<usize> i << 2), bound);
  }
}
export function addAndScale(length: i32, factor: f32): void {
  addTo(floats, floats + (<usize>length << 2), length);
  scaleInto(floats, floats, factor, length);
}
export function top(length: i32, k: i32, base: u32): i32 {
  const scores = new StaticArray<f32>(length);
  memory.copy(changetype<usize>(scores), floats, <usize>length << 2);
  const found: Array<u32> = [];
  topK(scores, length, k, found, base);
  for (let i = 0; i < found.length; i++) store<u32>(numbers + (<usize>i << 2), found[i]);
  return found.length;
}
export function exponentialsOf(length: i32, largest: f32): f64 {
  const values = new StaticArray<f32>((length + 3) & ~3);
  memory.copy(changetype<usize>(values), floats, <usize>values.length << 2);
  const sum = exponentials(values, length, largest);
  memory.copy(floats, changetype<usize>(values), <usize>length << 2);
  return sum;
}
const list: Array<u32> = [];
export function listLength(): i32 { return list.length; }
export function listAt(): usize { return list.dataStart; }
export function pushNumbers(first: i32, end: i32): void { pushRange(list, first, end); }
export function pushOwn(first: i32, count: i32): void { pushFrom(list, list, first, count); }
let random = new Random(0);
export function seed(value: u64): void { random = new Random(value); }
export function next(): u64 { return random.next(); }
export function uniform(): f64 { return random.uniform(); }
export function below(bound: u32): u32 { return random.below(bound); }
export function normal(): f64 { return random.normal(); }
`;

interface Sdk {
  readonly memory: WebAssembly.Memory;
  floatsAt(): number;
  numbersAt(): number;
  listLength(): number;
  listAt(): number;
  pushNumbers(first: number, end: number): void;
  pushOwn(first: number, count: number): void;
  dotOf(length: number): number;
  dotsOf(count: number, length: number): void;
  dotsOneByOne(count: number, length: number): void;
  boundsOf(count: number, length: number): void;
  boundsOneByOne(count: number, length: number): void;
  addAndScale(length: number, factor: number): void;
  top(length: number, k: number, base: number): number;
  exponentialsOf(length: number, largest: number): number;
  seed(value: bigint): void;
  next(): bigint;
  uniform(): number;
  below(bound: number): number;
  normal(): number;
}

async function compileSdk(): Promise<Sdk> {
  let binary: Uint8Array | undefined;
  const asc = await loadCompiler();
  const { error, stderr } = await asc.main(
    ["entry.ts", "--outFile", "o.wasm", "-O3", "--noAssert", "--enable", "simd", "--use", "abort="],
    {
      readFile: (name: string) => {
        if (name === "entry.ts") return SOURCE;
        const file = /^node_modules\/kvpim\/(\w+\.ts)$/.exec(name)?.[1];
        return file === undefined ? null : Deno.readTextFileSync(new URL(file, import.meta.url));
      },
      writeFile: (name: string, contents: string | Uint8Array) => {
        if (name === "o.wasm" && typeof contents !== "string") binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) throw new Error(stderr.toString());
  const module = await WebAssembly.compile(new Uint8Array(binary));
  return (await WebAssembly.instantiate(module)).exports as unknown as Sdk;
}

const sdk = await compileSdk();
const floats = (length: number) => new Float32Array(sdk.memory.buffer, sdk.floatsAt(), length);

Deno.test("a list grows by ranges and by copies of what another holds, and by nothing else", () => {
  const list: number[] = [];
  const check = () => {
    const found = new Uint32Array(sdk.memory.buffer, sdk.listAt(), sdk.listLength());
    assert.deepEqual([...found], list);
  };
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.nat(40), fc.nat(40)), { maxLength: 20 }),
      (pushes) => {
        for (const [isRange, first, second] of pushes) {
          if (isRange) {
            sdk.pushNumbers(first, second);
            for (let number = first; number < second; number++) list.push(number);
          } else if (list.length > 0) {
            const from = first % list.length;
            const count = Math.min(second, list.length - from);
            sdk.pushOwn(from, count);
            list.push(...list.slice(from, from + count));
          }
          check();
        }
      },
    ),
    { numRuns: 30 },
  );
  assert.throws(() => sdk.pushOwn(1, list.length), /unreachable/);
  check();
});

Deno.test("topK keeps the largest, the lower index among equals, ascending; NaN comes last", () => {
  const score = fc.oneof(
    fc.constantFrom(0, -0, 1, -1, NaN, Infinity, -Infinity),
    fc.float(),
    // So near each other that only the last bits tell them apart.
    fc.float({ min: 1, max: Math.fround(1 + 2 ** -18) }),
    fc.float({ min: Math.fround(-1 - 2 ** -10), max: -1 }),
  );
  fc.assert(fc.property(
    fc.array(score, { maxLength: 300, size: "max" }),
    fc.integer({ min: 0, max: 310 }),
    fc.nat(1000),
    (scores, k, base) => {
      floats(scores.length).set(scores);
      const count = sdk.top(scores.length, k, base);
      const found = [...new Uint32Array(sdk.memory.buffer, sdk.numbersAt(), count)];
      const rank = (index: number) => {
        const value = Math.fround(scores[index] ?? 0);
        return Number.isNaN(value) ? -Infinity : value;
      };
      const expected = scores.map((_, index) => index)
        .sort((a, b) => rank(a) === rank(b) ? a - b : rank(b) > rank(a) ? 1 : -1)
        .slice(0, k)
        .sort((a, b) => a - b)
        .map((index) => index + base);
      assert.deepEqual(found, expected);
    },
  ));
});

Deno.test("exponentials are within two units in the last place, and their sum is theirs alone", () => {
  const difference = fc.oneof(
    { weight: 9, arbitrary: fc.float({ min: -87, max: 0, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(-87, Math.fround(-87.00001), -1e30, -Infinity, NaN) },
  );
  fc.assert(fc.property(
    fc.array(difference, { maxLength: 41 }),
    fc.constantFrom(0, 1, -64),
    (differences, largest) => {
      const values = floats(44).fill(largest);
      values.set(differences.map((one) => one + largest));
      const inputs = [...values].map((value) => Math.fround(value - largest));
      const sum = sdk.exponentialsOf(differences.length, largest);
      const found = [...floats(differences.length)];
      found.forEach((value, i) => {
        const exact = inputs[i]! >= -87 ? Math.exp(inputs[i]!) : 0;
        assert.ok(Math.abs(value - exact) <= exact * 2 ** -22, `${inputs[i]}: ${value}, ${exact}`);
      });
      const total = found.reduce((all, one) => all + one, 0);
      assert.ok(Math.abs(sum - total) <= total * 1e-12, `${sum}, ${total}`);
    },
  ));
});

Deno.test("dot adds four lanes, in two halves where there are eight", () => {
  const f = Math.fround;
  for (const length of [4, 8, 12, 64, 128]) {
    const all = floats(2 * length);
    all.forEach((_, i) => all[i] = Math.sin(i) * 3);
    const lanes = [new Float32Array(4), new Float32Array(4)];
    for (let i = 0; i < length; i++) {
      const isOdd = i < (length & ~7) && (i & 4) !== 0;
      const half = lanes[isOdd ? 1 : 0] ?? new Float32Array(4);
      half[i % 4] = f((half[i % 4] ?? 0) + f((all[i] ?? 0) * (all[length + i] ?? 0)));
    }
    const sums = [0, 1, 2, 3].map((lane) => f((lanes[0]?.[lane] ?? 0) + (lanes[1]?.[lane] ?? 0)));
    assert.equal(sdk.dotOf(length), sums.reduce((sum, lane) => f(sum + lane)));
  }
});

Deno.test("several vectors at once give what one by one gives, to the bit, and nothing beyond", () => {
  const value = fc.oneof(
    { weight: 20, arbitrary: fc.float({ noNaN: true, min: -1000, max: 1000 }) },
    { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, -0, 3e38, -3e38) },
  );
  const ways = [[sdk.dotsOf, sdk.dotsOneByOne, 1], [sdk.boundsOf, sdk.boundsOneByOne, 2]] as const;
  fc.assert(fc.property(
    fc.array(value, { minLength: 8, maxLength: 40 }),
    fc.integer({ min: 0, max: 11 }),
    fc.constantFrom(4, 8, 12, 16, 20, 32),
    (values, count, length) => {
      for (const [together, oneByOne, sides] of ways) {
        const all = floats((sides * count + 1) * length);
        all.forEach((_, i) => all[i] = values[(7 * i + (i >> 3)) % values.length]!);
        const found = [together, oneByOne].map((run) => {
          const numbers = new Float32Array(sdk.memory.buffer, sdk.numbersAt(), count + 4).fill(0.5);
          run(count, length);
          return numbers.slice();
        });
        assert.deepEqual(found[0], found[1]);
        assert.deepEqual([...found[0]!.subarray(count)], [0.5, 0.5, 0.5, 0.5]);
      }
    },
  ));
});

Deno.test("addTo and scaleInto work in place", () => {
  floats(8).set([1, 2, 3, 4, 10, 20, 30, 40]);
  sdk.addAndScale(4, 0.5);
  assert.deepEqual([...floats(4)], [5.5, 11, 16.5, 22]);
});

Deno.test("Random is SplitMix64", () => {
  sdk.seed(1234567n);
  const published = [
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
    4593380528125082431n,
    16408922859458223821n,
  ];
  assert.deepEqual(published.map(() => BigInt.asUintN(64, sdk.next())), published);
});

Deno.test("uniform, below and normal have the mean and spread they should", () => {
  sdk.seed(9n);
  const n = 20000;
  const mean = (draw: () => number) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += draw();
    return sum / n;
  };
  assert.ok(Math.abs(mean(() => sdk.uniform()) - 0.5) < 0.01);
  assert.ok(Math.abs(mean(() => sdk.below(7)) - 3) < 0.06);
  assert.ok(Math.abs(mean(() => sdk.normal())) < 0.03);
  assert.ok(Math.abs(mean(() => sdk.normal() ** 2) - 1) < 0.05);
  for (let i = 0; i < 100; i++) assert.ok(sdk.below(3) < 3 && sdk.uniform() < 1);
});
