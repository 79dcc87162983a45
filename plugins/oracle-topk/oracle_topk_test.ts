import { OracleTopKReference } from "../reference/oracle_topk.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("oracle-topk", [
  { name: "defaults", reference: (shape) => new OracleTopKReference(shape) },
]);
