import { SparqReference } from "../reference/sparq.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("sparq", [
  {
    name: "defaults",
    reference: (shape) =>
      new SparqReference(shape, { rank: 32, localFraction: 0.25, meanValue: "without-groups" }),
  },
  {
    name: "few channels, mean value for groups too",
    parameters: { "rank": 3, "local-fraction": 0, "mean-value": "always" },
    reference: (shape) =>
      new SparqReference(shape, { rank: 3, localFraction: 0, meanValue: "always" }),
  },
]);
