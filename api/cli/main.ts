/**
 * The command line: `deno task kvpim <command>`.
 *
 * @module
 */
import { run } from "./run.ts";
import { processSurroundings } from "./surroundings.ts";

if (import.meta.main) Deno.exit(await run(Deno.args, processSurroundings()));
