import type { ModelParts, Projected } from "./model_parts.ts";
import type { RotaryTable } from "./rope.ts";

/** What takes part in a step: a sequence, as the pass through the layers sees it. */
export interface Stepping {
  /** Tokens fed so far. */
  readonly length: number;
  /** Checks that there is room for a token. */
  checkStep(): void;
  /** Ends the prompt, if it has not ended. */
  endPrompt(): Promise<void>;
  /** Whether a layer's policy asks for speculated queries. */
  speculates(layer: number): boolean;
  /** Attention of one layer, of row `row` of the batch. */
  attend(
    layer: number,
    row: number,
    projected: Projected,
    speculatedQueries: Float32Array | undefined,
    previousHidden: Float32Array,
  ): Promise<Float32Array>;
  /** Counts the token. */
  endStep(): void;
  /** Layers may differ in length now, so nothing can follow. */
  fail(): void;
}

/** Feeds one token to each of some sequences in one pass; see {@linkcode LanguageModel.step}. */
export async function stepTogether(
  model: ModelParts,
  sequences: readonly Stepping[],
  tokens: readonly number[],
): Promise<Float32Array[]> {
  if (sequences.length !== tokens.length || new Set(sequences).size !== sequences.length) {
    throw new RangeError(
      `Expected one token for each of ${sequences.length} different sequences but found ` +
        `${tokens.length}`,
    );
  }
  model.checkTokens(tokens);
  for (const sequence of sequences) sequence.checkStep();
  try {
    for (const sequence of sequences) await sequence.endPrompt();
    const hidden = await stepThroughLayers(model, sequences, tokens);
    const logits = await model.logits(hidden, sequences.map(({ length }) => length + 1));
    for (const sequence of sequences) sequence.endStep();
    const { vocabulary } = model.config;
    return sequences.map((_, row) => logits.subarray(row * vocabulary, (row + 1) * vocabulary));
  } catch (error) {
    for (const sequence of sequences) sequence.fail();
    throw error;
  }
}

/** The residual stream after the last layer, a row for each sequence. */
async function stepThroughLayers(
  model: ModelParts,
  sequences: readonly Stepping[],
  tokens: readonly number[],
): Promise<Float32Array> {
  const rotary = stepRotary(model, sequences);
  let hidden = model.embed(tokens);
  let previous = hidden;
  let projected: Projected | undefined = await model.beforeAttention(0, hidden, rotary);
  for (let layer = 0; projected; layer++) {
    const speculating = sequences.some((sequence) => sequence.speculates(layer));
    const speculated = speculating
      ? (await model.beforeAttention(layer, previous, rotary)).queries
      : undefined;
    const attended = new Float32Array(projected.queries.length);
    const width = attended.length / sequences.length;
    for (const [row, sequence] of sequences.entries()) {
      const output = await sequence.attend(layer, row, projected, speculated, previous);
      attended.set(output, row * width);
    }
    previous = hidden;
    ({ hidden, projected } = await model.afterAttention(layer, hidden, attended, rotary));
  }
  return hidden;
}

/** Each sequence stands at a position of its own and, with `dynamic` scaling, turns by its own. */
function stepRotary(model: ModelParts, sequences: readonly Stepping[]): RotaryTable {
  const pairs = model.config.headDim / 2;
  const cos = new Float32Array(sequences.length * pairs);
  const sin = new Float32Array(sequences.length * pairs);
  sequences.forEach(({ length }, row) => {
    const one = model.rotary([length], length + 1);
    cos.set(one.cos, row * pairs);
    sin.set(one.sin, row * pairs);
  });
  return { cos, sin };
}
