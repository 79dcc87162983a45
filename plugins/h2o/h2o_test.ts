import { H2oReference } from "../reference/h2o.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("h2o", [
  { name: "defaults", reference: (shape) => new H2oReference(shape, 0.5) },
  {
    name: "heavy hitters only",
    parameters: { "heavy-fraction": 1 },
    reference: (shape) => new H2oReference(shape, 1),
  },
]);
