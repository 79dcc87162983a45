import { deepEqual, equal, match, ok } from "node:assert/strict";
import { SeededRandom } from "../../../core/llm/random.ts";
import { type TensorBytes, writeSafetensors } from "../../../core/llm/write_safetensors.ts";
import { filesIn, inFolder, kvpim } from "../testing.ts";

const [LAYERS, HEADS, DIM] = [6, 4, 64];

/** A calibration that knows nothing of the model: channels as they come, or random directions. */
function ignorant(): Uint8Array {
  const random = new SeededRandom(1);
  const tensors = new Map<string, TensorBytes>();
  for (let layer = 0; layer < LAYERS; layer++) {
    const rows = Float32Array.from({ length: HEADS * DIM * DIM }, () => random.uniform() - 0.5);
    const channels = Uint16Array.from({ length: HEADS * DIM }, (_, i) => i % DIM);
    for (const policy of ["loki", "infinigen"]) {
      const bytes = new Uint8Array(rows.buffer);
      tensors.set(`${policy}.layers.${layer}`, { type: "F32", shape: [HEADS, DIM, DIM], bytes });
    }
    const bytes = new Uint8Array(channels.buffer);
    tensors.set(`double-sparsity.layers.${layer}`, { type: "U16", shape: [HEADS, DIM], bytes });
  }
  return writeSafetensors(tensors, {});
}

Deno.test(
  "calibrated policies find more of the relevant tokens than those that know nothing",
  inFolder(async (folder) => {
    const file = `${folder}/calibration.safetensors`;
    const made = await kvpim(["eval", "calibrate", "--tokens", "1000", "--output", file]);
    equal(made.code, 0, made.err);
    equal(made.out, `tiny-llama: 1000 tokens in 2 windows, 6 layers: ${file}\n`);
    Deno.writeFileSync(`${folder}/ignorant`, ignorant());
    const run = async (output: string, calibration: string) => {
      const { code, out, err } = await kvpim([
        ...["eval", "ppl", "--policy", "loki:rank=8,double-sparsity,infinigen", "--budget", "32"],
        ...["--start", "300", "--tokens", "30", "--recall", "--json"],
        ...["--output", output, "--calibration", calibration],
      ]);
      equal(code, 0, err);
      return JSON.parse(out).results.map((result: { record: unknown }) => result.record);
    };
    const informed = await run(`${folder}/out`, file);
    const other = await run(`${folder}/other`, `${folder}/ignorant`);
    for (const [i, { policy, recall }] of informed.entries()) {
      ok(recall > 1.2 * other[i].recall, `${policy.name}: ${recall} and ${other[i].recall}`);
      // What a policy was calibrated to is part of what makes the run what it is.
      match(policy.calibration, /^[0-9a-f]{64}$/);
      ok(policy.calibration !== other[i].policy.calibration);
      ok(!("seed" in policy.parameters) && policy.seed === 0);
    }
  }),
);

Deno.test(
  "what cannot be calibrated or used is refused in one line, and nothing is left",
  inFolder(async (folder) => {
    const refuses = async (args: string[], message: RegExp) => {
      const { code, out, err } = await kvpim(["eval", ...args]);
      deepEqual([code, out], [2, ""], err);
      match(err, message);
      equal(err.split("\n").length, 2, `one line: ${err}`);
    };
    const file = `${folder}/c.safetensors`;
    const to = ["calibrate", "--output", file];
    await refuses([...to, "--window", "1025"], /--window: expected at most 1024 tokens .* 1025$/m);
    await refuses([...to, "--tokens", "9000000"], /excerpt\.txt: expected at least 9004096 tokens/);
    Deno.writeTextFileSync(file, "Call me Ishmael.");
    await refuses([...to, "--text", file], /--output: expected another file than --text names/);
    Deno.removeSync(file);
    await refuses([...to, "--text", `${folder}/none`], /none: expected a file but found none$/m);
    await refuses(["calibrate", "--output", `${folder}/no/file`], /--output: expected a file that/);
    Deno.writeFileSync(file, writeSafetensors(new Map(), {}));
    const ppl = ["ppl", "--policy", "loki", "--output", `${folder}/out`, "--calibration"];
    await refuses(
      [...ppl, file],
      /c\.safetensors: Expected a tensor loki\.layers\.0 but found none/,
    );
    await refuses([...ppl, `${folder}/none`], /none: Expected a file but found none$/m);
    deepEqual(filesIn(folder), ["c.safetensors"]);
  }),
);
