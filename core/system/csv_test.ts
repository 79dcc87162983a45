import { equal } from "node:assert/strict";
import { columns } from "./columns.ts";
import { csvHeader, csvRow } from "./csv.ts";
import { simulateSystem } from "./simulate.ts";
import { parseSystemSpec } from "./spec.ts";

Deno.test("there are 51 columns, two of them named with a space and two with a unit", () => {
  equal(columns.length, 51);
  equal(new Set(csvHeader.split(",")).size, 51);
  equal(
    csvHeader.split(",").filter((name) => name.includes(" ")).join(),
    "is parallel,power constraint,g_time (ms),g_energy (nJ)",
  );
});

Deno.test("a capacity is printed as an int, or as a float where feed-forward ratios are fractions", async () => {
  const capacityOf = async (model: "GPT-13B" | "LLAMA-7B") => {
    const { row } = await simulateSystem(parseSystemSpec({ model, lin: 64, lout: 3 }));
    return csvRow(row).split(",")[csvHeader.split(",").indexOf("required_cap")];
  };
  equal(await capacityOf("GPT-13B"), "25219945040");
  // 32 x 4096 x 12 x 4096 x 2 of weights, 32 x 2 x 66 x 4096 x 2 of cache, 11/3 x 4096 x 2 and
  // 66 x 32 of temporaries.
  equal(await capacityOf("LLAMA-7B"), "12919537045.333334");
});

Deno.test("a row has its names, ints, floats and bools in the reference's formats", async () => {
  const { row } = await simulateSystem(
    parseSystemSpec({ model: "GPT-13B", gpu: "H100", ngpu: 1, lin: 64, lout: 3, ffopt: true }),
  );
  equal(
    csvRow(row).split(",").slice(0, 17).join(),
    "GPT-13B,W16A16,GPU,80,1.0,295.1670644391408,NONE,1,False,True,False,0,64,3,1,25219945040," +
      "807275724800.0",
  );
});
