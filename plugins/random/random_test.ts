import { RandomReference } from "../reference/random.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("random", [
  { name: "defaults", reference: (shape) => new RandomReference(shape) },
]);
