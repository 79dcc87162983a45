import { equal, throws } from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { accessFile } from "./access_file.ts";
import { readCalibration } from "./calibration/calibration_file.ts";
import { readModelConfig } from "./model_config.ts";
import { readGenerationConfig } from "./generation_config.ts";
import { RandomAccessFile } from "./random_access_file.ts";
import { smallConfig, TemporaryDirectory } from "./testing/random_checkpoint.ts";
import { TextTokenizer } from "./tokenizer.ts";
import { openWeights } from "./weights.ts";

function refuses(action: () => unknown, message: string) {
  throws(action, { name: "CheckpointError", message });
}

Deno.test("a folder where a file is expected is refused, whatever the file is for", () => {
  using directory = new TemporaryDirectory();
  const { path } = directory;
  const isFolder = (name: string) => `${path}/${name}: Expected a file but found a folder`;
  const folder = (name: string) => mkdirSync(`${path}/${name}`);
  refuses(() => readCalibration(path, "loki", 1), `${path}: Expected a file but found a folder`);
  for (const name of ["model.safetensors", "model.safetensors.index.json"]) {
    folder(name);
    refuses(() => openWeights(path), isFolder(name));
  }
  directory.write("config.json", smallConfig);
  const config = readModelConfig(path);
  folder("generation_config.json");
  refuses(() => readGenerationConfig(path, config), isFolder("generation_config.json"));
  for (const name of ["tokenizer.model", "tokenizer.json", "tokenizer_config.json"]) {
    folder(name);
    refuses(() => TextTokenizer.open(path, config), isFolder(name));
  }
});

Deno.test("a file that cannot be opened is refused with what is in its way", () => {
  using directory = new TemporaryDirectory();
  const { path } = directory;
  directory.write("file", "");
  symlinkSync(`${path}/loop`, `${path}/loop`);
  const open = (name: string) => () => RandomAccessFile.open(`${path}/${name}`);
  refuses(open("none"), `${path}/none: Expected a file but found none`);
  refuses(open("file/x"), `${path}/file: Expected a folder but found a file`);
  refuses(open("loop"), `${path}/loop: Expected a file but found a loop of symbolic links`);
  refuses(
    () =>
      accessFile("secret", () => {
        throw Object.assign(new Error("open 'secret'"), { code: "EACCES" });
      }),
    "secret: Expected a file but found one out of reach (permission denied)",
  );
});

Deno.test("errors that are not of a file are left as they are", () => {
  throws(() => accessFile("a", () => JSON.parse("{")), SyntaxError);
  equal(accessFile("a", () => 1), 1);
});
