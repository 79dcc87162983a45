/**
 * `kvpim simulate`: the whole system.
 *
 * @module
 */
import { Command, Option } from "commander";
import { addMemoryChoice } from "../memory_access.ts";
import { repeatableOption } from "../option.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";
import { parseMethod } from "./budget_source.ts";
import { runComparison } from "./run_comparison.ts";
import { runSingle } from "./run_single.ts";
import { addExperimentOptions, READING_OPTIONS, type SimulateOptions } from "./options.ts";
import { switchList } from "./switch_list.ts";

const EXAMPLES = `
Units: lengths and budgets in tokens. Results are those of the artifact's 51 columns: times in ms
and energies in nJ for one decode step, which generates one token of each request.

A method is NAME=BUDGET, with full for full attention, a number of tokens, a list (256,512,…), or
the path of a table (.txt or .csv) or of an attention trace. A note in brackets after the name is shown with it. Full
attention is added where no method is full. --clustering last-step is charged to the method named
STARC only.

Examples:
  kvpim simulate --model Mistral-7B --system dgx-attacc --gpu H100 --batch 16 --lout 1000
  kvpim simulate --system dgx-attacc --sparsity --kv_budget_table kv.txt --clustering last-step
  kvpim simulate --model Mistral-7B --system dgx-attacc --batch 16 --compare \\
    --method full=full --method STARC=kv.txt --method "Quest (pages of 16)=1024"`;

/** The command. */
export function simulateCommand(surroundings: Surroundings): Command {
  const command = new Command("simulate")
    .description("Decode on GPUs with attention in memory: latency and energy of a token.");
  addExperimentOptions(command)
    .addOption(
      new Option("--compare", "run several methods and compare them with full attention")
        .conflicts([...READING_OPTIONS]),
    )
    .addOption(repeatableOption("--method <name=budget>", "with --compare: a method", parseMethod))
    .option("--chart <file>", "with --compare: the picture (default: beside the table, .svg)")
    .option("--output <file>", "the table of results, CSV (default: output.csv)")
    .option("--append", "add rows to the table instead of replacing it", false)
    .option(
      "--blocks <trace>",
      "with scattered rows: an attention trace whose first sample says which blocks are " +
        "read; it has to carry them (eval ppl --trace-lists rows16)",
    )
    .option("--json", "print results as JSON; the table is written where --output says so")
    .option("--list-switches", "show every quirk and what it does");
  return addMemoryChoice(command)
    .addHelpText("after", EXAMPLES)
    .action((options: SimulateOptions) => simulate(options, command, surroundings));
}

async function simulate(options: SimulateOptions, command: Command, surroundings: Surroundings) {
  const { compare, method, chart, listSwitches } = options;
  if (listSwitches) return surroundings.out(`${switchList()}\n`);
  if (compare) {
    if (options.blocks !== undefined) {
      throw new UserError("--blocks: expected no --compare beside it: a trace is of one method");
    }
    if (method) return await runComparison({ ...options, method }, command, surroundings);
    throw new UserError("--compare: expected at least one --method beside it but found none");
  }
  for (const [name, value] of Object.entries({ method, chart })) {
    if (value === undefined) continue;
    throw new UserError(`--${name}: expected --compare beside it but found none`);
  }
  await runSingle(options, command, surroundings);
}
