import type { Command } from "commander";
import type { PowerBudget } from "../../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { checkedOption } from "../option.ts";
import { UserError } from "../user_error.ts";
import { oneOfWords, wholeNumber } from "../values.ts";

/** Values of the options {@linkcode addLayerOptions} adds. */
export interface LayerOptions {
  readonly context: number;
  readonly budget: number;
  readonly steps: number;
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly power: PowerBudget;
}

/** Adds what says which layer plugins are measured on; that of Llama-3.1-8B unless stated. */
export function addLayerOptions(
  command: Command,
  standard: Pick<LayerOptions, "context" | "budget" | "steps">,
): Command {
  const number = (flags: string, description: string, least: number, value: number) =>
    command.addOption(
      checkedOption(flags, description, wholeNumber(least, 2 ** 20)).default(value),
    );
  number("--context <tokens>", "tokens of the prompt, or in the cache", 1, standard.context);
  number("--budget <tokens>", "tokens a head may attend to in a step", 1, standard.budget);
  number("--steps <count>", "decode steps of a policy", 1, standard.steps);
  number("--query-heads <count>", "query heads of the layer", 1, 32);
  number("--kv-heads <count>", "KV heads of the layer", 1, 8);
  number("--head-dim <elements>", "elements of a head, a multiple of 4", 4, 128);
  return command.addOption(
    checkedOption(
      "--power <budget>",
      "power budget of a memory: limited, unlimited",
      oneOfWords(["limited", "unlimited"]),
    ).default("limited"),
  );
}

/**
 * Makes sure that there is such a layer.
 *
 * @throws {UserError} naming the option that says otherwise
 */
export function checkLayer({ queryHeads, kvHeads, headDim }: LayerOptions): void {
  if (queryHeads % kvHeads !== 0) {
    throw new UserError(
      `--query-heads: expected a multiple of ${kvHeads} KV heads but found ${queryHeads}`,
    );
  }
  if (headDim % 4 !== 0) {
    throw new UserError(`--head-dim: expected a multiple of 4 but found ${headDim}`);
  }
}
