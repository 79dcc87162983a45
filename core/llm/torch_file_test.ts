/**
 * The files in testdata have the layout of torch.save. They were written with CPython's pickle and
 * zipfile and stand-ins for torch's classes.
 */
import { deepEqual, equal, throws } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { CheckpointError } from "./checkpoint_error.ts";
import { RandomAccessFile } from "./random_access_file.ts";
import { readTensor, TensorStore } from "./tensor_store.ts";
import { TemporaryDirectory } from "./testing/random_checkpoint.ts";
import { listTorchTensors } from "./torch_file.ts";

const STATE = fileURLToPath(new URL("testdata/torch_state.bin", import.meta.url));
const HOSTILE = fileURLToPath(new URL("testdata/hostile_pickle.bin", import.meta.url));

function list(content: Uint8Array) {
  using directory = new TemporaryDirectory();
  directory.write("m.bin", content);
  using file = RandomAccessFile.open(join(directory.path, "m.bin"));
  return listTorchTensors(file);
}

Deno.test("a state dictionary's tensors are read, shared storage and all", () => {
  using file = RandomAccessFile.open(STATE);
  const store = new TensorStore(STATE, listTorchTensors(file), []);
  deepEqual([...store.tensors.keys()], ["a.weight", "a.tail", "h", "b"]);
  deepEqual([...readTensor(store, "a.weight", [2, 3])], [1, 2, 3, 4, 5, 6]);
  deepEqual([...readTensor(store, "a.tail", [2])], [5, 6]);
  deepEqual([...readTensor(store, "h", [2, 2])], [0.5, -1, 2, 0]);
  deepEqual([...readTensor(store, "b", [2])], [1, -2]);
});

Deno.test("a pickle that calls something is read and not obeyed", () => {
  using file = RandomAccessFile.open(HOSTILE);
  throws(
    () => listTorchTensors(file),
    /hostile_pickle\.bin: tensor a: Expected a tensor but found a call of posix\.system/,
  );
});

Deno.test("what is no such file is refused", () => {
  throws(() => list(new Uint8Array(100)), /Expected a zip archive as torch\.save writes it/);
  throws(() => list(Deno.readFileSync(STATE).subarray(0, 700)), CheckpointError);
});

Deno.test("damage anywhere ends in an error of the file or in other tensors, never in a crash", () => {
  const good = Deno.readFileSync(STATE);
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
      const bad = good.slice();
      bad[at] = byte;
      try {
        list(bad);
      } catch (error) {
        equal(error instanceof CheckpointError, true, String(error));
      }
    }),
    { numRuns: 300 },
  );
});
