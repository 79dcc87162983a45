import { equal, ok } from "node:assert/strict";
import { processorEnergy } from "./energies.ts";
import { gpus } from "./gpus.ts";
import { models, type ModelShape } from "./models.ts";
import { attAcc, pimPlacements } from "./pim.ts";

const near = (found: number, expected: number) => ok(Math.abs(found / expected - 1) < 1e-12);

Deno.test("a GPU's memory is five stacks of HBM, like an accelerator's", () => {
  for (const gpu of Object.values(gpus)) {
    near(gpu.memoryBytesPerSecond, attAcc.stacks * attAcc.bytesPerSecondPerStack);
  }
});

Deno.test("a byte costs 28.72 pJ from a GPU's memory and less the nearer the units are", () => {
  near(processorEnergy.gpu.dramPicojoulesPerByte, 28.72);
  near(pimPlacements.bank.cellPicojoulesPerByte, 4.4);
  near(pimPlacements.bankgroup.cellPicojoulesPerByte, 12.48);
  near(pimPlacements.buffer.cellPicojoulesPerByte, 26.32);
});

Deno.test("query heads divide evenly among the heads of the KV cache", () => {
  for (const [name, model] of Object.entries<ModelShape>(models)) {
    equal(model.heads % model.keyValueHeads, 0, name);
  }
});

Deno.test("heads times head size is the hidden size, except for AttAcc's MT-76B and MT-146B", () => {
  const odd = Object.entries<ModelShape>(models)
    .filter(([, model]) => model.heads * model.headDim !== model.hidden)
    .map(([name]) => name);
  equal(odd.join(), "MT-76B,MT-146B");
});

Deno.test("layers, hidden size and feed-forward give about the parameters in a model's name", () => {
  for (const [name, model] of Object.entries<ModelShape>(models)) {
    const { layers, hidden, keyValueHeads, heads, feedForwardRatio, feedForward } = model;
    const attention = 2 + 2 * keyValueHeads / heads;
    const matrices = feedForward === "swiglu" ? 3 : 2;
    const billions = layers * hidden ** 2 * (attention + matrices * feedForwardRatio) / 1e9;
    const named = Number(/(\d+)B/.exec(name)![1]);
    ok(Math.abs(billions / named - 1) < 0.16, `${name}: ${billions}`);
  }
});
