import { deepEqual, equal, match, throws } from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { CheckpointError } from "./checkpoint_error.ts";
import { RandomAccessFile } from "./random_access_file.ts";
import { listSafetensors } from "./safetensors.ts";
import { readTensor, TensorStore } from "./tensor_store.ts";
import { TemporaryDirectory } from "./testing/random_checkpoint.ts";
import { encodeSafetensors, type NewTensor } from "./testing/encode_safetensors.ts";

const VALUES = Float32Array.of(1, -2, 0.5, 3, 0, -8);

function withFile(content: Uint8Array, use: (file: RandomAccessFile) => void) {
  using directory = new TemporaryDirectory();
  directory.write("model.safetensors", content);
  using file = RandomAccessFile.open(join(directory.path, "model.safetensors"));
  use(file);
}

/** A file with this header and so many bytes of data. */
function raw(header: string, dataBytes: number, headerBytes = header.length): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(new TextEncoder().encode(header), 8);
  return bytes;
}

function refuses(content: Uint8Array, message: RegExp) {
  withFile(content, (file) => {
    throws(() => listSafetensors(file), (error: Error) => {
      equal(error instanceof CheckpointError, true);
      match(error.message, /^.*model\.safetensors: /);
      match(error.message, message);
      return true;
    });
  });
}

for (const type of ["F32", "F16", "BF16"] as const) {
  Deno.test(`${type} tensors are read whole and by rows`, () => {
    const tensors = new Map([
      ["odd", { shape: [1], values: Float32Array.of(1), type }],
      ["m", { shape: [3, 2], values: VALUES, type }],
    ]);
    withFile(encodeSafetensors(tensors), (file) => {
      const store = new TensorStore(file.path, listSafetensors(file), []);
      deepEqual(readTensor(store, "m", [3, 2]), VALUES);
      deepEqual(store.readRows("m", 1, 2), VALUES.slice(2));
    });
  });
}

Deno.test("a tensor of a type that weights do not have is refused only where it is asked for", () => {
  for (const type of ["I64", "BOOL", "F64", "F8_E4M3", "of tomorrow"]) {
    const header = `{"ids":{"dtype":"${type}","shape":[1],"data_offsets":[0,8]}}`;
    withFile(raw(header, 8), (file) => {
      const store = new TensorStore("index", listSafetensors(file), []);
      throws(() => readTensor(store, "ids", [1]), {
        name: "CheckpointError",
        message: `${file.path}: tensor ids: Expected dtype F32 or F16 or BF16 but found ${type}`,
      });
    });
  }
});

Deno.test("a norm or bias that is not finite is refused", () => {
  for (const wrong of [NaN, Infinity, -Infinity]) {
    const values = Float32Array.of(1, wrong);
    const list = { shape: [2], values, type: "BF16" } as const;
    const matrix = { ...list, shape: [1, 2] };
    const content = encodeSafetensors(new Map<string, NewTensor>([["norm", list], ["m", matrix]]));
    withFile(content, (file) => {
      const store = new TensorStore("index", listSafetensors(file), []);
      throws(() => readTensor(store, "norm", [2]), {
        name: "CheckpointError",
        message: `${file.path}: tensor norm: Expected finite numbers but found ${wrong}`,
      });
      equal(readTensor(store, "m", [1, 2]).join(), `1,${wrong}`);
    });
  }
});

Deno.test("a damaged file is refused with what is wrong", () => {
  refuses(new Uint8Array(5), /header: Expected at least 8 bytes but found 5: truncated$/);
  refuses(raw("{}", 0, 1000), /header: Expected 1000 bytes but found 2: truncated$/);
  refuses(raw("{}", 0, 2 ** 40), /header: Expected at most 100000000 bytes/);
  refuses(raw("[1]", 0), /header: Expected a JSON object but found "\[1\]"$/);
  refuses(raw("{nope", 0), /header: Expected a JSON object but found "\{nope"$/);
  refuses(
    raw('{"a":{"dtype":"F32"}}', 0),
    /tensor a: Expected \{"dtype", "shape", "data_offsets"\}/,
  );
  const entry = (shape: string, offsets: string) =>
    `{"a":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}}`;
  refuses(raw(entry("[2]", "[0,8]"), 4), /tensor a: .*within 4 bytes.*0 to 8: truncated$/);
  refuses(raw(entry("[2]", "[8,0]"), 8), /tensor a: .*bytes 8 to 0: reversed$/);
  refuses(raw(entry("[3]", "[0,8]"), 8), /tensor a: Expected 12 bytes for F32 \[3\] but found 8$/);
});

Deno.test("damage anywhere ends in an error of the file or in other tensors, never in a crash", () => {
  const tensor = { shape: [3, 2], values: VALUES, type: "F32" } as const;
  const good = encodeSafetensors(new Map([["a", tensor], ["b", tensor]]));
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
      const bad = good.slice();
      bad[at] = byte;
      withFile(bad, (file) => {
        try {
          const tensors = listSafetensors(file);
          const store = new TensorStore(file.path, tensors, []);
          for (const [name, { shape }] of tensors) readTensor(store, name, shape);
        } catch (error) {
          equal(error instanceof CheckpointError, true, String(error));
        }
      });
    }),
    { numRuns: 300 },
  );
});
