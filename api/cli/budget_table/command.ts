/**
 * `kvpim budget-table`: from an attention trace to the artifact's table.
 *
 * @module
 */
import { Command } from "commander";
import { budgetTable, formatBudgetTable, tile } from "../../../core/attention/budget_table.ts";
import { fromTraceFile } from "../attention_trace.ts";
import { checkedOption } from "../option.ts";
import { writeFile } from "../output_file.ts";
import { requireOwnFile } from "../own_file.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";
import { oneOfWords, wholeNumber } from "../values.ts";

interface BudgetTableOptions {
  readonly placement: "placed" | "sequential";
  readonly concatenate: boolean;
  readonly tile?: number;
  readonly output?: string;
}

const DETAILS = `
A line is one decode step: 16 times the mean rows of 16 tokens over the query heads of the layers
under the policy, rounded to a whole number of tokens. simulate --kv_budget_table takes it.

Examples:
  kvpim budget-table starc.trace --output kv_budget_starc.txt
  kvpim budget-table ruler.trace --concatenate --tile 32000 --output kv.txt`;

/** The command. */
export function budgetTableCommand(surroundings: Surroundings): Command {
  return new Command("budget-table")
    .description("Make the artifact's table of budgets, a number a line, from an attention trace.")
    .argument("<trace>", "an attention trace, as eval --trace records")
    .addOption(
      checkedOption(
        "--placement <order>",
        "rows as the policy placed tokens, or in the order of the text: placed, sequential",
        oneOfWords(["placed", "sequential"]),
      ).default("placed"),
    )
    .option("--concatenate", "put the steps of several samples one behind the other", false)
    .addOption(
      checkedOption(
        "--tile <entries>",
        "repeat the series until the table has so many entries",
        wholeNumber(1, 2 ** 24),
      ),
    )
    .option("--output <file>", "where the table goes (default: standard output)")
    .addHelpText("after", DETAILS)
    .action((trace: string, options: BudgetTableOptions) => write(trace, options, surroundings));
}

async function write(path: string, options: BudgetTableOptions, { out }: Surroundings) {
  const { output } = options;
  requireOwnFile("--output", output, { "<trace>": path });
  const text = formatBudgetTable(await tableOf(path, options));
  if (output === undefined) out(text);
  else writeFile("--output", output, text);
}

async function tableOf(
  path: string,
  { placement, concatenate, tile: entries }: BudgetTableOptions,
): Promise<number[]> {
  const series = await fromTraceFile(
    undefined,
    path,
    (trace) => budgetTable(trace, { placement, concatenate }),
  );
  if (entries === undefined) return series;
  if (entries >= series.length) return tile(series, entries);
  throw new UserError(
    `--tile: expected at least ${series.length} entries, the steps of ${path}, but found ${entries}`,
  );
}
