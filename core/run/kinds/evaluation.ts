/**
 * Doing an evaluation.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { stringify } from "csv/sync";
import { CompileError } from "../../../wasm/sdk/compile_error.ts";
import { budgetTable, formatBudgetTable } from "../../attention/budget_table.ts";
import { ROW16_TOKENS } from "../../attention/rows.ts";
import { readTrace } from "../../attention/trace_reader.ts";
import { TraceWriter } from "../../attention/trace_writer.ts";
import { type Checkpoint, openCheckpoint } from "../../eval/checkpoint.ts";
import { checkpointModel, traceHeaderOf } from "../../eval/checkpoint_model.ts";
import { meanRows } from "../../eval/mean_rows.ts";
import { measurePerplexity } from "../../eval/perplexity/measure.ts";
import type { PolicyUsage } from "../../eval/policy_usage.ts";
import { decodeText } from "../../eval/read_text.ts";
import { meanRecall } from "../../eval/recall.ts";
import { checkUnderPolicy, settlePolicy } from "../../eval/settle_policy.ts";
import { builtInPlugin, reproduciblePolicies } from "../../host/built_in_policies.ts";
import { DEFAULT_LIMITS } from "../../host/limits.ts";
import { PluginFailure, unwrap } from "../../host/outcome.ts";
import { parameterValues } from "../../host/parameter_values.ts";
import { loadPolicy, type Policy } from "../../host/policy.ts";
import { TranspileCache } from "../../host/transpile_cache.ts";
import { transpiledPlugins } from "../../host/transpiled_plugins.ts";
import { columns } from "../../system/columns.ts";
import { simulateSystem } from "../../system/simulate.ts";
import { parseSystemSpec } from "../../system/spec.ts";
import { THREADS } from "../arithmetic.ts";
import { withModelFiles } from "../model_folder.ts";
import { BUDGETS_FILE } from "./budget_input.ts";
import { decodeStepsOf, type EvaluateSpec, stepsOf } from "./evaluate_spec.ts";
import { evaluatedSteps, evaluatedStepsCsv } from "./evaluated_steps.ts";
import { type Output, textOutput, type Work } from "./kind.ts";

/** Name of the output that holds the attention trace. */
const TRACE_FILE = "attention.trace";

/** What decoding under the policy gave. */
interface Decoded {
  readonly scores: Readonly<Record<string, number | null>>;
  readonly nlls: readonly number[];
  readonly trace: readonly Uint8Array[];
  readonly policyVersion: string;
  readonly usage: PolicyUsage;
}

/**
 * Decodes a text under a policy, in the sandbox and metered whoever wrote it, and simulates the
 * steps where a system is named.
 *
 * @throws {EvaluationInputError} when the text is too short
 * @throws {PluginFailure} when the policy fails
 * @throws {RangeError} when the model is not the spec's, or every layer is dense
 */
export async function evaluateUnderPolicy(
  spec: EvaluateSpec,
  work: Work,
): Promise<readonly Output[]> {
  const decoded = await decode(spec, work);
  const steps = await evaluatedSteps(await readTrace(decoded.trace, TRACE_FILE));
  const table = await budgetTable(await readTrace(decoded.trace, TRACE_FILE));
  const system = spec.system && await simulate(spec, table, work);
  const row = {
    policy: spec.policy.name,
    budget: spec.budget,
    ...decoded.scores,
    ...system?.row,
  };
  const json = {
    kind: "evaluate",
    row,
    policy: { ...spec.policy, version: decoded.policyVersion },
    usage: decoded.usage,
    notes: system?.notes ?? [],
  };
  return [
    { name: TRACE_FILE, content: joined(decoded.trace) },
    textOutput(BUDGETS_FILE, formatBudgetTable(table)),
    textOutput("output.csv", stringify([Object.keys(row), Object.values(row)])),
    textOutput("output.json", `${JSON.stringify(json, null, 2)}\n`),
    textOutput("steps.csv", evaluatedStepsCsv(spec, decoded.nlls, steps)),
  ];
}

async function decode(spec: EvaluateSpec, { inputs, models, stop, onProgress }: Work) {
  const component = inputs.get(spec.policy.component)!;
  const limits = { ...DEFAULT_LIMITS, ...spec.limits };
  const cache = await cacheOf(spec.policy, component);
  const label = `the policy ${spec.policy.name}`;
  // Loaded while the policy's thread starts, which takes a second.
  const opening = openModel(spec, models.directoryOf(spec.model.name));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => opening.then((checkpoint) => checkpoint[Symbol.asyncDispose](), () => {}));
  opening.catch(() => {});
  try {
    const policy = unwrap(await loadPolicy(component, { limits, cache, stop }), label);
    opened.defer(() => policy.close());
    return await decodeUnder(policy, await opening, spec, inputs, onProgress);
  } catch (error) {
    throw error instanceof PluginFailure ? new PluginFailure(error.outcome, label) : error;
  }
}

/** A component of others is not kept beyond the run: there may be any number. */
async function cacheOf(
  { name }: EvaluateSpec["policy"],
  component: Uint8Array,
): Promise<TranspileCache> {
  return await isBuiltIn(name, component) ? transpiledPlugins : new TranspileCache();
}

async function isBuiltIn(name: string, component: Uint8Array): Promise<boolean> {
  if (!reproduciblePolicies().includes(name)) return false;
  try {
    return Buffer.compare(await builtInPlugin(name), component) === 0;
  } catch (error) {
    if (error instanceof CompileError) return false;
    throw error;
  }
}

async function openModel(
  { model, weights }: EvaluateSpec,
  directory: string | undefined,
): Promise<Checkpoint> {
  if (directory === undefined) {
    throw new RangeError(`Expected the model ${model.name} where the run is done but found none`);
  }
  const checkpoint = await withModelFiles(
    directory,
    () => openCheckpoint(directory, { format: weights, threads: THREADS }),
  );
  if (checkpoint.digest === model.digest) return checkpoint;
  await checkpoint[Symbol.asyncDispose]();
  throw new RangeError(
    `Expected the model ${model.name} of digest ${model.digest} but found ${checkpoint.digest}`,
  );
}

async function decodeUnder(
  policy: Policy,
  checkpoint: Checkpoint,
  spec: EvaluateSpec,
  inputs: Work["inputs"],
  onProgress: Work["onProgress"],
): Promise<Decoded> {
  const settled = await settledPolicy(policy, checkpoint, spec);
  const trace: Uint8Array[] = [];
  const writer = new TraceWriter(traceHeaderOf(checkpoint, settled), (bytes) => trace.push(bytes));
  const nlls: number[] = [];
  const measured = await measurePerplexity({
    model: checkpointModel(checkpoint, settled, writer),
    text: {
      name: spec.text.name,
      content: decodeText(inputs.get(spec.text.content)!, spec.text.name),
    },
    protocol: spec.protocol,
    start: spec.promptTokens - 1,
    maxTokens: spec.tokens,
    exactly: true,
    recallBudget: spec.recall ? spec.budget : undefined,
    onToken: (nll, _mean, predicted) => {
      nlls.push(nll);
      onProgress(predicted, spec.tokens);
    },
  });
  writer.end();
  const { perplexity, nll, predictedTokens, rows, recall } = measured;
  const mean = meanRows(rows!);
  const scores = {
    perplexity,
    nll,
    predicted_tokens: predictedTokens,
    recall: recall && meanRecall(recall),
    kept_tokens: mean.keptTokens,
    sequential_rows16: mean.sequentialRows16,
    placed_rows16: mean.placedRows16,
  };
  return { scores, nlls, trace, policyVersion: settled.identity.version, usage: measured.usage! };
}

async function settledPolicy(
  policy: Policy,
  checkpoint: Checkpoint,
  { policy: { parameters: given }, budget, seed, denseLayers }: EvaluateSpec,
) {
  const declared = unwrap(await policy.describe()).parameters;
  const texts = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, String(value)]),
  );
  const parameters = parameterValues(declared, texts);
  const description = unwrap(await policy.describe(parameters));
  const { layers } = checkpoint.model.config;
  const settled = await settlePolicy({ policy, description, parameters, metered: true }, {
    budget,
    seed,
    ...denseLayers && { denseLayers },
  }, layers);
  checkUnderPolicy(settled, layers);
  return settled;
}

async function simulate(
  spec: EvaluateSpec,
  table: readonly number[],
  { inputs, memory, onProgress }: Work,
) {
  const { name, component } = spec.policy;
  // What another policy calls itself does not make it full attention.
  const isFull = name === "full" && await isBuiltIn(name, inputs.get(component)!);
  const system = parseSystemSpec({
    ...spec.system,
    ...stepsOf(spec),
    sparsity: isFull
      ? null
      : { kvBudgets: table.slice(0, decodeStepsOf(spec)), rowSize: ROW16_TOKENS },
  });
  const { row, notes } = await simulateSystem(system, memory, { onProgress });
  return { row: Object.fromEntries(columns.map(({ name }) => [name, row[name]])), notes };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
