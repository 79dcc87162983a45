/**
 * The layers of one transformer block on one GPU of a tensor-parallel group.
 *
 * @module
 */
import { type ModelName, models, type ModelShape } from "../hardware/models.ts";
import type { Switches } from "./switches.ts";

/** What a layer does, as the cost models tell layers apart. */
export type LayerKind =
  | "fc"
  | "matmul"
  | "softmax"
  | "activation"
  | "norm"
  | "all-reduce"
  | "transfer";

/** Layers by name, in the artifact's terms where it has one. */
export type LayerName =
  | "qkv"
  | "transfer"
  | "score"
  | "softmax"
  | "context"
  | "proj"
  | "all-reduce"
  | "norm"
  | "ff1"
  | "ff2"
  | "ff3"
  | "relu"
  | "gelu"
  | "swiglu"
  | Charge;

/**
 * Work beside AttAcc's layers: writing the new token, reading what to decide by, choosing what to
 * read, clustering.
 */
export type Charge = "write" | "select" | "choose" | "cluster";

/** One layer: `operations` times an m by k with a k by n matrix, or m by n elements (k is 1). */
export interface Layer {
  readonly name: LayerName;
  readonly kind: LayerKind;
  readonly m: number;
  /** A fraction where the feed-forward ratio makes it one, as in the reference. */
  readonly n: number;
  readonly k: number;
  readonly operations: number;
  readonly elementBytes: number;
}

/**
 * Floating-point operations of an element, by layer (AttAcc src/model.py). Choosing looks at each
 * score three times (`top_k.ts`).
 */
const FLOPS_PER_ELEMENT: Partial<Record<LayerName, number>> = {
  softmax: 5,
  choose: 3,
  norm: 5,
  relu: 1,
  gelu: 8,
  swiglu: 9,
};

/** Floating-point operations of a layer (AttAcc src/model.py). Communication has none. */
export function layerFlops({ name, kind, m, n, k, operations }: Layer): number {
  if (kind === "fc" || kind === "matmul") return 2 * m * n * k * operations;
  return (FLOPS_PER_ELEMENT[name] ?? 0) * m * n * operations;
}

/** Bytes that a layer other than a matrix product reads and writes (AttAcc src/model.py). */
export function elementwiseBytes({ name, m, n, operations, elementBytes }: Layer): number {
  const operands = name === "norm" || name === "swiglu" || name === "choose" ? 3 : 2;
  return operands * operations * m * n * elementBytes;
}

/** The feed-forward block that a model is given. */
export function feedForwardOf(
  model: ModelName,
  switches: Pick<Switches, "feed-forward">,
): ModelShape["feedForward"] {
  if (switches["feed-forward"] === "as-built") return models[model].feedForward;
  return model.includes("LLAMA") ? "swiglu" : model.includes("OPT") ? "relu" : "gelu";
}

/** Elements of one head as layers have them: hidden / heads. */
export function layerHeadDim({ hidden, heads }: ModelShape): number {
  return Math.floor(hidden / heads);
}

/** What the layers of a block follow from. */
export interface BlockShape {
  readonly model: ModelName;
  readonly feedForward: ModelShape["feedForward"];
  /** GPUs that share the block. */
  readonly gpus: number;
  readonly elementBytes: number;
  readonly batch: number;
  /** Heads whose keys and values one GPU's group stores for a request. */
  readonly keyValueHeads: number;
  /** Queries that read a stored head together; a fraction where a group is cut by the GPUs. */
  readonly queriesARead: number;
  /** Whether attention runs beside the GPU, so that its operands travel. */
  readonly remoteAttention: boolean;
}

/**
 * Heads a GPU's group stores and how many queries read one together.
 *
 * A model with `heads` queries on `keyValueHeads` heads has groups of heads / keyValueHeads. A GPU
 * that has q of the queries needs the heads of all groups they are from, at least
 * ceil(q / group size): a head is stored twice where two GPUs share a group. Reading once, the
 * q queries read these heads q / heads at a time.
 *
 * @example
 * ```ts
 * import { storedHeads } from "./layers.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const stored = (how: "query-heads" | "read-once", gpus: number) =>
 *   storedHeads("Mistral-7B", gpus, { "key-value-heads": how });
 * deepEqual(stored("query-heads", 8), { keyValueHeads: 4, queriesARead: 1 });
 * deepEqual(stored("read-once", 8), { keyValueHeads: 1, queriesARead: 4 });
 * deepEqual(stored("read-once", 16), { keyValueHeads: 1, queriesARead: 2 });
 * ```
 */
export function storedHeads(
  model: ModelName,
  gpus: number,
  { "key-value-heads": how }: Pick<Switches, "key-value-heads">,
): Pick<BlockShape, "keyValueHeads" | "queriesARead"> {
  const { heads, keyValueHeads } = models[model];
  const queries = Math.floor(heads / gpus);
  if (how === "query-heads") return { keyValueHeads: queries, queriesARead: 1 };
  const stored = Math.ceil(queries / (heads / keyValueHeads));
  return { keyValueHeads: stored, queriesARead: how === "read-once" ? queries / stored : 1 };
}

/** What says how often keys are read. */
type ReadShape = Pick<
  BlockShape,
  "model" | "gpus" | "batch" | "keyValueHeads" | "queriesARead"
>;

/** Query heads of one GPU's group, those of all requests together. */
export function attentionOperations(
  { model, gpus, batch }: Pick<BlockShape, "model" | "gpus" | "batch">,
): number {
  return Math.floor(models[model].heads / gpus) * batch;
}

/** Reads of a head's keys, one for the queries that share it, of all requests together. */
export function readOperations(block: ReadShape): number {
  return block.queriesARead > 1 ? block.keyValueHeads * block.batch : attentionOperations(block);
}

/** Bytes of a step's new keys and values, on all GPUs' groups together. */
export function newTokenBytes(block: BlockShape): number {
  return 2 * keyValueWidth(block) * block.gpus * block.elementBytes * block.batch;
}

/**
 * The layers of a block that reads the whole prompt. A processor works on each query head by itself
 * then, whatever its heads share: there are tokens enough that reading is no bound.
 */
export function summarisationLayers(given: BlockShape, promptTokens: number): Layer[] {
  const block = { ...given, queriesARead: 1 };
  const rows = block.batch * promptTokens;
  const { transfer } = builders(block);
  return blockLayers(block, {
    rows,
    queries: promptTokens,
    contextTokens: promptTokens,
    // The keys and values; nothing comes back in this stage.
    before: transfer(rows, 2 * keyValueWidth(block), 1),
    after: [],
  });
}

/** The layers of a block that makes one token a request, with so many tokens in the cache. */
export function generationLayers(block: BlockShape, contextTokens: number): Layer[] {
  const { transfer } = builders(block);
  const operations = attentionOperations(block);
  return blockLayers(block, {
    rows: block.batch,
    queries: 1,
    contextTokens,
    before: transfer(block.batch, projectedWidth(block), 1),
    after: transfer(1, layerHeadDim(models[block.model]), operations),
  });
}

/** The three layers of a generation block that the context's length changes. */
export function attentionLayers(block: BlockShape, contextTokens: number, queries = 1): Layer[] {
  const { layer } = builders(block);
  const headDim = layerHeadDim(models[block.model]);
  // Queries that read a head together are rows of one product.
  const rows = queries * block.queriesARead;
  const operations = readOperations(block);
  return [
    layer("score", "matmul", rows, contextTokens, headDim, operations),
    layer("softmax", "softmax", queries, contextTokens, 1, attentionOperations(block)),
    layer("context", "matmul", rows, headDim, contextTokens, operations),
  ];
}

const hiddenOfGpu = ({ model, gpus }: BlockShape) => Math.floor(models[model].hidden / gpus);

/** Elements of a token's key, or value, of the heads that one GPU's group stores. */
function keyValueWidth(block: BlockShape): number {
  const { heads } = models[block.model];
  const queries = Math.floor(heads / block.gpus);
  // As many heads as queries: the hidden size's share, which need not be whole heads.
  if (block.keyValueHeads === queries) return hiddenOfGpu(block);
  return block.keyValueHeads * layerHeadDim(models[block.model]);
}

/** Elements of a token's query, key and value. */
const projectedWidth = (block: BlockShape) => hiddenOfGpu(block) + 2 * keyValueWidth(block);

function builders({ elementBytes, remoteAttention }: BlockShape) {
  const layer = (
    name: LayerName,
    kind: LayerKind,
    m: number,
    n: number,
    k = 1,
    operations = 1,
  ): Layer => ({ name, kind, m, n, k, operations, elementBytes });
  const transfer = (m: number, n: number, operations: number) =>
    remoteAttention ? [layer("transfer", "transfer", m, n, 1, operations)] : [];
  return { layer, transfer };
}

interface Stage {
  readonly rows: number;
  readonly queries: number;
  readonly contextTokens: number;
  readonly before: Layer[];
  readonly after: Layer[];
}

function blockLayers(block: BlockShape, stage: Stage): Layer[] {
  const { rows, queries, contextTokens, before, after } = stage;
  const { layer } = builders(block);
  const { hidden } = models[block.model];
  const share = hiddenOfGpu(block);
  const reduceAndNorm = [
    layer("all-reduce", "all-reduce", rows, hidden),
    layer("norm", "norm", rows, hidden),
  ];
  return [
    layer("qkv", "fc", rows, projectedWidth(block), hidden),
    ...before,
    ...attentionLayers(block, contextTokens, queries),
    ...after,
    layer("proj", "fc", rows, hidden, share),
    ...reduceAndNorm,
    ...feedForwardLayers(block, rows),
    ...reduceAndNorm,
  ];
}

function feedForwardLayers(block: BlockShape, rows: number): Layer[] {
  const { layer } = builders(block);
  const { hidden, feedForwardRatio } = models[block.model];
  const width = feedForwardRatio * hiddenOfGpu(block);
  const activation = layer(block.feedForward, "activation", rows, width);
  const up = layer("ff1", "fc", rows, width, hidden);
  return block.feedForward === "swiglu"
    ? [up, { ...up, name: "ff2" }, activation, layer("ff3", "fc", rows, hidden, width)]
    : [up, activation, layer("ff2", "fc", rows, hidden, width)];
}
