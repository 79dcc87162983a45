import { hasClang } from "../../wasm/sdk/compile_c.ts";
import { TovaReference } from "../reference/tova.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("tova", [
  { name: "defaults", reference: (shape) => new TovaReference(shape) },
], { skipped: await hasClang() ? undefined : "clang and wasm-ld are absent" });
