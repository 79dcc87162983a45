/**
 * The files in testdata have the layout of torch.save. They were written with CPython's pickle and
 * zipfile and stand-ins for torch's classes.
 */
import { deepEqual, equal, throws } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { CheckpointError } from "./checkpoint_error.ts";
import { isElementType } from "./element_type.ts";
import { RandomAccessFile } from "./random_access_file.ts";
import { readTensor, TensorStore } from "./tensor_store.ts";
import { encodeTorch, zip } from "./testing/encode_torch.ts";
import { TemporaryDirectory } from "./testing/random_checkpoint.ts";
import { listTorchTensors } from "./torch_file.ts";
import { listZip, type StoredEntry } from "./zip_reader.ts";

const STATE = fileURLToPath(new URL("testdata/torch_state.bin", import.meta.url));
const HOSTILE = fileURLToPath(new URL("testdata/hostile_pickle.bin", import.meta.url));

/** Lists the tensors of a file with such bytes, and reads every one that can be. */
function readAll(content: Uint8Array): Map<string, Float32Array> {
  using directory = new TemporaryDirectory();
  directory.write("m.bin", content);
  using file = RandomAccessFile.open(join(directory.path, "m.bin"));
  const store = new TensorStore(file.path, listTorchTensors(file), []);
  return new Map(
    [...store.tensors].filter(([, { type }]) => isElementType(type))
      .map(([name, { shape }]) => [name, store.readRows(name, 0, shape[0] ?? 1)]),
  );
}

/** Where the pickle lies in the file of a state dictionary. */
function pickleIn(path: string): StoredEntry {
  using file = RandomAccessFile.open(path);
  return [...listZip(file)].find(([name]) => name.endsWith("/data.pkl"))![1];
}

Deno.test("a state dictionary's tensors are read, shared storage and all", () => {
  using file = RandomAccessFile.open(STATE);
  const store = new TensorStore(STATE, listTorchTensors(file), []);
  deepEqual([...store.tensors.keys()], ["a.weight", "a.tail", "h", "b", "ids"]);
  deepEqual([...readTensor(store, "a.weight", [2, 3])], [1, 2, 3, 4, 5, 6]);
  deepEqual([...readTensor(store, "a.tail", [2])], [5, 6]);
  deepEqual([...readTensor(store, "h", [2, 2])], [0.5, -1, 2, 0]);
  deepEqual([...readTensor(store, "b", [2])], [1, -2]);
});

Deno.test("a tensor of a type that weights do not have is refused only where it is asked for", () => {
  using file = RandomAccessFile.open(STATE);
  const store = new TensorStore("index", listTorchTensors(file), []);
  throws(
    () => readTensor(store, "ids", [3]),
    /torch_state\.bin: tensor ids: Expected dtype F32 or F16 or BF16 but found torch\.LongStorage$/,
  );
});

Deno.test("a pickle that calls something is read and not obeyed", () => {
  using file = RandomAccessFile.open(HOSTILE);
  throws(
    () => listTorchTensors(file),
    /hostile_pickle\.bin: tensor a: Expected a tensor but found a call of posix\.system/,
  );
});

Deno.test("what is no such file is refused", () => {
  throws(() => readAll(new Uint8Array(100)), /Expected a zip archive as torch\.save writes it/);
  throws(() => readAll(Deno.readFileSync(STATE).subarray(0, 700)), CheckpointError);
});

Deno.test("a tensor that begins before its storage is refused", () => {
  const values = Float32Array.of(1, 2, 3, 4);
  const content = encodeTorch(new Map([["a", { type: "F32", shape: [4], values }]]));
  deepEqual([...readAll(content).get("a")!], [...values]);
  // BINPERSID of the storage, then BININT of the offset.
  const at = content.findIndex((code, i) => code === 0x51 && content[i + 1] === 0x4a) + 2;
  new DataView(content.buffer).setInt32(at, -2, true);
  throws(
    () => readAll(content),
    /m\.bin: tensor a: Expected an offset, a shape and strides of whole numbers from 0 but found -2, \[4\], \[1\]$/,
  );
});

Deno.test("a parameter that is a parameter of itself is refused", () => {
  const global = (name: string) => `c${name.replace(/\.(?=[^.]*$)/, "\n")}\n`;
  // {"a": call} with a call of _rebuild_parameter whose arguments are a list with that call.
  const rebuild = `${global("torch._utils._rebuild_parameter")}]q\0Rq\x01h\0h\x01ab`;
  const pickle = new TextEncoder().encode(`}X\x01\0\0\0a${rebuild}s.`);
  throws(() => readAll(zip([["archive/data.pkl", pickle]])), CheckpointError);
});

const GOOD = Deno.readFileSync(STATE);
const PICKLE = pickleIn(STATE);
const PLACES = {
  "anywhere": { from: 0, bytes: GOOD.length },
  "in the pickle": { from: PICKLE.byteOffset, bytes: PICKLE.bytes },
};
for (const [where, { from, bytes }] of Object.entries(PLACES)) {
  Deno.test(`damage ${where} ends in an error of the file or in other tensors, never in a crash`, () => {
    const change = fc.tuple(fc.nat(bytes - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const bad = GOOD.slice();
        for (const [at, byte] of changes) bad[from + at] = byte;
        try {
          readAll(bad);
        } catch (error) {
          equal(error instanceof CheckpointError, true, String(error));
        }
      }),
      { numRuns: 400 },
    );
  });
}
