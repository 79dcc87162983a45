/**
 * `kvpim run`: runs that have a name.
 *
 * @module
 */
import { Argument, Command } from "commander";
import type { RunState } from "../../../core/run/run_record.ts";
import { isMistake } from "../mistake.ts";
import { checkedOption } from "../option.ts";
import { addStoreOptions, openRuns, type StoreOptions, tellFault } from "../run_store.ts";
import type { Surroundings } from "../surroundings.ts";
import { oneOfWords, wholeNumber } from "../values.ts";
import { addPlugin } from "./add_plugin.ts";
import { compare } from "./compare.ts";
import { exportRun } from "./export.ts";
import { list, type ListOptions } from "./list.ts";
import { show } from "./show.ts";
import { submit } from "./submit.ts";
import { replayFile, verify } from "./verify.ts";

const STATES: readonly RunState[] = ["queued", "running", "done", "failed", "cancelled"];

const EXAMPLES = `
A run's id is the SHA-256 of all that determines its outputs; the first characters of it will do.

Examples:
  kvpim run submit run.json
  kvpim run add-plugin my-policy.wasm
  kvpim run list
  kvpim run verify 3f9a
  kvpim run export 3f9a results
  kvpim run replay results/provenance.json`;

/** The command. */
export function runCommand(surroundings: Surroundings): Command {
  const command = new Command("run").description(
    "Runs with a name: their content's digest. List, verify, replay.",
  );
  const add = (name: string, description: string) => {
    const added = new Command(name).description(description);
    command.addCommand(added);
    return addStoreOptions(added);
  };
  const run = new Argument("<run>", "a run's id, or how it begins");
  const opened = (options: StoreOptions) => openRuns(options, surroundings);
  const reading = (options: StoreOptions) => openRuns(options, surroundings, { isThere: true });
  add("submit", "do the run that a file describes, unless it is done; - reads standard input")
    .argument("<file>", 'JSON as POST /v1/runs takes, e.g. {"kind":"simulate"}')
    .option("--json", "print the run as JSON")
    .action(async (file: string, options: StoreOptions & { json?: true }) => {
      const faults: unknown[] = [];
      await using service = await openRuns(options, surroundings, {
        onFault: (fault) => {
          faults.push(fault);
          if (!isMistake(fault)) tellFault(fault, surroundings);
        },
      });
      await submit(service, file, options, surroundings, faults);
    });
  add("add-plugin", "keep a component, so that runs can name it by its digest")
    .argument("<file>", "a component")
    .action(async (file: string, options: StoreOptions) => {
      await using service = await opened(options);
      await addPlugin(service, file, surroundings);
    });
  add("list", "list runs, the newest first")
    .addOption(checkedOption("--state <name>", `only ${STATES.join(", ")}`, oneOfWords(STATES)))
    .addOption(checkedOption("--limit <runs>", "most runs", wholeNumber(1, 100_000)).default(50))
    .option("--json", "print runs as JSON")
    .action(async (options: ListOptions) => {
      await using service = await reading(options);
      list(service, options, surroundings);
    });
  add("show", "show a run as JSON, with its result once it is done")
    .addArgument(run)
    .action(async (id: string, options: StoreOptions) => {
      await using service = await reading(options);
      show(service, id, surroundings);
    });
  add("verify", "do a run again, taking no result from anywhere, and compare every byte")
    .addArgument(run)
    .action(async (id: string, options: StoreOptions) => {
      await using service = await reading(options);
      await verify(service, id, surroundings);
    });
  add("replay", "do the run of a provenance and compare every byte with what that recorded")
    .argument("<file>", "a run's provenance.json; - reads standard input")
    .action(async (file: string, options: StoreOptions) => {
      await using service = await opened(options);
      await replayFile(service, file, surroundings);
    });
  add("compare", "compare runs of the whole system with the first")
    .argument("<run...>", "ids, or how they begin")
    .option("--json", "print the comparison as JSON")
    .action(async (ids: string[], options: StoreOptions & { json?: true }) => {
      await using service = await reading(options);
      compare(service, ids, options, surroundings);
    });
  add("export", "write what a run made, and its provenance, to a folder")
    .addArgument(run)
    .argument("<folder>", "made if it is not there")
    .action(async (id: string, folder: string, options: StoreOptions) => {
      await using service = await reading(options);
      exportRun(service, id, folder, surroundings);
    });
  return command.addHelpText("after", EXAMPLES);
}
