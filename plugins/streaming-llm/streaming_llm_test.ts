import { StreamingLlmReference } from "../reference/streaming_llm.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("streaming-llm", [
  { name: "defaults", reference: (shape) => new StreamingLlmReference(shape, 4) },
  {
    name: "no sinks",
    parameters: { "sink-tokens": 0 },
    reference: (shape) => new StreamingLlmReference(shape, 0),
  },
]);
