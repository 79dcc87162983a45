import { basename, join } from "node:path";
import { existsSync } from "node:fs";
import * as v from "valibot";
import { CheckpointError } from "./checkpoint_error.ts";
import { RandomAccessFile } from "./random_access_file.ts";
import { jsonObject, readJson } from "./read_json.ts";
import { listSafetensors } from "./safetensors.ts";
import { type StoredTensor, TensorStore } from "./tensor_store.ts";
import { listTorchTensors } from "./torch_file.ts";

/** One way checkpoints store their weights: a single file, or shards and an index. */
interface Layout {
  readonly single: string;
  readonly index: string;
  list(file: RandomAccessFile): Map<string, StoredTensor>;
}

/** In order of preference. */
const LAYOUTS: readonly Layout[] = [
  {
    single: "model.safetensors",
    index: "model.safetensors.index.json",
    list: listSafetensors,
  },
  {
    single: "pytorch_model.bin",
    index: "pytorch_model.bin.index.json",
    list: listTorchTensors,
  },
];

const Index = v.object({ weight_map: jsonObject(v.record(v.string(), v.string())) });

/**
 * Opens the weights of a checkpoint directory: safetensors before PyTorch files, an index before a
 * single file.
 *
 * @throws {CheckpointError} when there are none, a shard is missing or a file is damaged
 */
export function openWeights(directory: string): TensorStore {
  for (const { single, index, list } of LAYOUTS) {
    if (existsSync(join(directory, index))) return openShards(join(directory, index), list);
    if (existsSync(join(directory, single))) return openSingle(join(directory, single), list);
  }
  const names = LAYOUTS.flatMap(({ single, index }) => [single, index]).join(", ");
  throw new CheckpointError(directory, "", `one of ${names}`, "none of them");
}

function openSingle(path: string, list: Layout["list"]): TensorStore {
  const file = RandomAccessFile.open(path);
  try {
    return new TensorStore(path, list(file), [file]);
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

function openShards(index: string, list: Layout["list"]): TensorStore {
  const { weight_map } = readJson(index, Index);
  const files = new Map<string, RandomAccessFile>();
  try {
    const shards = new Map<string, Map<string, StoredTensor>>();
    for (const name of new Set(Object.values(weight_map))) {
      files.set(name, openShard(index, name));
      shards.set(name, list(files.get(name)!));
    }
    const listed = new Map<string, string>();
    const tensors = new Map<string, StoredTensor>();
    for (const [tensor, shard] of Object.entries(weight_map)) {
      listed.set(tensor, files.get(shard)!.path);
      const stored = shards.get(shard)!.get(tensor);
      // Whether one that its shard lacks matters is for who needs it to say.
      if (stored) tensors.set(tensor, stored);
    }
    return new TensorStore(index, tensors, [...files.values()], listed);
  } catch (error) {
    for (const file of files.values()) file[Symbol.dispose]();
    throw error;
  }
}

function openShard(index: string, name: string): RandomAccessFile {
  if (name !== basename(name) || name === "..") {
    throw new CheckpointError(index, "weight_map", "names of files beside it", name);
  }
  const path = join(index, "..", name);
  if (existsSync(path)) return RandomAccessFile.open(path);
  throw new CheckpointError(index, "weight_map", `a shard ${name} beside it`, "no such file");
}
