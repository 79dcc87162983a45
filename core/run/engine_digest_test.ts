import { equal, match, ok } from "node:assert/strict";
import { engineDigest, sources } from "./engine_digest.ts";

Deno.test("the engine's digest covers what makes outputs, and only that", () => {
  const found = sources("simulate");
  for (
    const path of [
      "core/run/kinds/simulate.ts",
      "core/run/kinds/steps_csv.ts",
      "core/system/simulate.ts",
      "core/system/csv.ts",
      "core/hardware/models.ts",
      "core/memory/program_runner.ts",
      "wasm/dram/standards/hbm3_pim.ts",
      "wasm/dram/assembly/controller.ts",
      "wasm/pim/assembly/attention.ts",
    ]
  ) ok(found.has(path), path);
  ok(sources("dram").has("wasm/build.ts"));
  for (const path of found) {
    ok(!path.startsWith("..") && !path.endsWith("_test.ts"), path);
    ok(!path.startsWith("api/") && !path.startsWith("core/run/run_store"), path);
    ok(!path.startsWith("core/llm/") && !path.startsWith("core/eval/"), path);
  }
});

Deno.test("the engine of evaluations covers the decoder, the host and what runs in workers", () => {
  const found = sources("evaluate");
  for (
    const path of [
      "core/run/kinds/evaluation.ts",
      "core/llm/layer_attention.ts",
      "core/eval/perplexity/measure.ts",
      "core/host/plugin_worker.ts",
      "core/host/instrument/instrument_module.ts",
      "core/attention/trace_writer.ts",
      "wasm/attention/assembly/heads.ts",
      "wasm/token_sets/assembly/index.ts",
      "wasm/dram/assembly/controller.ts",
    ]
  ) ok(found.has(path), path);
});

Deno.test("the engine's digest is the same every time", () => {
  match(engineDigest("simulate"), /^[0-9a-f]{64}$/);
  equal(engineDigest("simulate"), engineDigest("simulate"));
});
