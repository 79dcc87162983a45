import { missingToolchain } from "../../wasm/sdk/missing_toolchain.ts";
import { StreamingLlmReference } from "../reference/streaming_llm.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("streaming-llm-ts", [
  {
    name: "defaults",
    reference: (shape) => new StreamingLlmReference(shape, 4),
    // A JavaScript engine in a component takes its time.
    adapt: (scenario) => ({
      ...scenario,
      promptBlocks: scenario.promptBlocks.map((count) => Math.min(count, 300)),
      steps: Math.min(scenario.steps, 5),
    }),
  },
], { skipped: await missingToolchain("ts") });
