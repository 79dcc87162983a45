import { FullReference } from "../reference/full.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("full", [
  { name: "defaults", reference: (shape) => new FullReference(shape) },
]);
