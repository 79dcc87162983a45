import { missingToolchain } from "../../wasm/sdk/missing_toolchain.ts";
import { TovaReference } from "../reference/tova.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("tova", [
  { name: "defaults", reference: (shape) => new TovaReference(shape) },
], { skipped: await missingToolchain("c") });
