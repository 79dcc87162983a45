// Which checkpoints of a folder can be named, and what is said of those that cannot?
import { deepEqual, equal, rejects } from "node:assert/strict";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tinyLlama } from "../llm/tiny_llama.ts";
import { ModelFolder, UnusableModelError } from "./model_folder.ts";
import { resolveRunSpec } from "./run_spec.ts";
import { NO_SOURCES } from "./kinds/kind.ts";
import { inFolder } from "./testing.ts";

function addConfig(folder: string, name: string, config: string) {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, "config.json"), config);
}

Deno.test(
  "models are those that can be read now, as the folder changes and once it is gone",
  inFolder((folder) => {
    const models = join(folder, "models");
    mkdirSync(models);
    const found = new ModelFolder(models);
    addConfig(models, "bad", "{bad");
    deepEqual(found.names(), ["tiny-llama"]);
    cpSync(tinyLlama, join(models, "other"), { recursive: true });
    deepEqual(found.names(), ["tiny-llama", "other"]);
    rmSync(models, { recursive: true });
    deepEqual(found.names(), ["tiny-llama"]);
  }),
);

Deno.test(
  "a model that cannot be used is a mistake at its name, told without where its folder lies",
  inFolder(async (folder) => {
    addConfig(folder, "bad", "{bad");
    const config = Deno.readTextFileSync(join(tinyLlama, "config.json"));
    addConfig(folder, "empty", config);
    addConfig(folder, "dangling", config);
    Deno.symlinkSync("nowhere", join(folder, "dangling", "tokenizer.json"));
    const models = new ModelFolder(folder);
    const message = async (name: string) => {
      const error: Error = await models.find(name, "fp32").then(() => new Error(), (e) => e);
      equal(error instanceof UnusableModelError, true);
      return error.message;
    };
    equal((await message("bad")).startsWith("bad/config.json: Expected JSON but found "), true);
    equal(
      await message("empty"),
      "empty: Expected one of model.safetensors, model.safetensors.index.json, " +
        "pytorch_model.bin, pytorch_model.bin.index.json but found none of them",
    );
    equal(await message("dangling"), "dangling/tokenizer.json: Expected a file but found none");
    const sources = {
      ...NO_SOURCES,
      model: (name: string, format: "fp32" | "int8" | "int4") => models.find(name, format),
    };
    await rejects(resolveRunSpec({ kind: "evaluate", model: { name: "empty" } }, sources), {
      name: "SpecError",
      pointer: "/model/name",
    });
  }),
);
