import { ArkvaleReference, type ArkvaleSettings } from "../reference/arkvale.ts";
import { testAgainstReference } from "../testing/equality.ts";

const DEFAULTS: ArkvaleSettings = {
  pageTokens: 32,
  sinkPages: 2,
  windowPages: 2,
  recallFraction: 0.25,
};
const SMALL: ArkvaleSettings = {
  pageTokens: 4,
  sinkPages: 1,
  windowPages: 1,
  recallFraction: 0.5,
};

testAgainstReference("arkvale", [
  { name: "defaults", reference: (shape) => new ArkvaleReference(shape, DEFAULTS) },
  {
    name: "small pages",
    parameters: {
      "page-tokens": 4,
      "sink-pages": 1,
      "window-pages": 1,
      "recall-fraction": 0.5,
    },
    reference: (shape) => new ArkvaleReference(shape, SMALL),
    adapt: (scenario) => ({ ...scenario, steps: scenario.steps + 10 }),
  },
]);
