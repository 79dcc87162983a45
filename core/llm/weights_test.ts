import { deepEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { readTensor } from "./tensor_store.ts";
import { TemporaryDirectory } from "./testing/random_checkpoint.ts";
import { encodeSafetensors } from "./testing/encode_safetensors.ts";
import { openWeights } from "./weights.ts";

function shard(name: string, value: number): Uint8Array {
  const tensor = { shape: [2], values: Float32Array.of(value, value), type: "F32" } as const;
  return encodeSafetensors(new Map([[name, tensor]]));
}

const INDEX = { metadata: {}, weight_map: { a: "model-1.safetensors", b: "model-2.safetensors" } };

Deno.test("tensors are found in their shards", () => {
  using directory = new TemporaryDirectory();
  directory.write("model-1.safetensors", shard("a", 1));
  directory.write("model-2.safetensors", shard("b", 2));
  directory.write("model.safetensors.index.json", INDEX);
  using weights = openWeights(directory.path);
  deepEqual([...readTensor(weights, "a", [2]), ...readTensor(weights, "b", [2])], [1, 1, 2, 2]);
  throws(() => readTensor(weights, "c", [2]), /index\.json: Expected a tensor c but found none/);
});

Deno.test("a missing shard is named", () => {
  using directory = new TemporaryDirectory();
  directory.write("model-1.safetensors", shard("a", 1));
  directory.write("model.safetensors.index.json", INDEX);
  throws(
    () => openWeights(directory.path),
    /index\.json: weight_map: Expected a shard model-2\.safetensors beside it but found no such file/,
  );
});

Deno.test("of a tensor that is not where the index says, the shard is named", () => {
  using directory = new TemporaryDirectory();
  directory.write("model-1.safetensors", shard("b", 2));
  directory.write("model-2.safetensors", shard("b", 2));
  directory.write("model.safetensors.index.json", INDEX);
  using weights = openWeights(directory.path);
  deepEqual([...readTensor(weights, "b", [2])], [2, 2]);
  throws(
    () => readTensor(weights, "a", [2]),
    /model-1\.safetensors: Expected a tensor a but found none, though model\.safetensors\.index\.json says so$/,
  );
});

Deno.test("an index of a list is refused", () => {
  using directory = new TemporaryDirectory();
  directory.write("model.safetensors.index.json", { weight_map: [] });
  throws(
    () => openWeights(directory.path),
    /index\.json: weight_map: Expected an object but found a list$/,
  );
});

Deno.test("an index does not lead out of its directory", () => {
  using directory = new TemporaryDirectory();
  directory.write("model.safetensors.index.json", { weight_map: { a: "../x.safetensors" } });
  throws(() => openWeights(directory.path), /names of files beside it but found \.\.\/x/);
});

Deno.test("a directory without weights says what it could have", () => {
  using directory = new TemporaryDirectory();
  throws(
    () => openWeights(directory.path),
    /Expected one of model\.safetensors, .*pytorch_model\.bin\.index\.json but found none/,
  );
});

Deno.test("PyTorch files serve where there are no safetensors", () => {
  using directory = new TemporaryDirectory();
  const file = new URL("testdata/torch_state.bin", import.meta.url);
  directory.write("pytorch_model.bin", Deno.readFileSync(file));
  using weights = openWeights(directory.path);
  deepEqual([...readTensor(weights, "a.weight", [2, 3])], [1, 2, 3, 4, 5, 6]);
  throws(
    () => readTensor(weights, "a.weight", [3, 2]),
    new RegExp(
      `${join(directory.path, "pytorch_model.bin")}: tensor a\\.weight: ` +
        "Expected shape \\[3, 2\\] but found \\[2, 3\\]",
    ),
  );
});
