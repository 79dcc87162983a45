/**
 * `kvpim serve`: the HTTP service and its page.
 *
 * @module
 */
import { Command } from "commander";
import { DEFAULT_LIMITS } from "../../../core/host/limits.ts";
import { checkToken } from "../../http/middleware/guard.ts";
import { pageScripts } from "../../http/page/bundle.ts";
import { isLoopback, serve } from "../../http/serve.ts";
import { checkedOption } from "../option.ts";
import { addStoreOptions, openRuns, type StoreOptions } from "../run_store.ts";
import type { Surroundings } from "../surroundings.ts";
import { locating, UserError } from "../user_error.ts";
import { wholeNumber } from "../values.ts";
import { openQueue, queueOption } from "../queue.ts";
import { interrupted } from "./interrupted.ts";
import { checkHost, listenMistake } from "./listen_mistake.ts";

interface ServeOptions extends StoreOptions {
  readonly host: string;
  readonly port: number;
  readonly token?: string;
  readonly queueLimit: number;
  readonly bodyLimit: number;
  readonly uploadLimit: number;
  readonly queue?: string;
}

/** Runs that are given to workers at a time. */
const QUEUED_RUNS = 64;

const EXAMPLES = `
Without --token only this machine is answered. With it, callers send it as "Authorization: Bearer
TOKEN", a browser as the password it asks for. The token may also come from $KVPIM_TOKEN.

Example:
  kvpim serve
  curl -s localhost:8787/v1/runs?wait=60 -H content-type:application/json \\
    -d '{"kind":"simulate","experiment":{"system":"dgx-attacc","model":"Mistral-7B"}}'`;

/** The command. */
export function serveCommand(surroundings: Surroundings): Command {
  const command = new Command("serve")
    .description("Offer runs over HTTP, with a page for a browser.")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .addOption(
      checkedOption(
        "--port <number>",
        "port to listen on; 0 takes a free one",
        wholeNumber(0, 65535),
      )
        .default(8787),
    )
    .option("--token <text>", "what callers must send; needed to listen on other addresses")
    .addOption(
      checkedOption("--queue-limit <runs>", "most runs that may wait", wholeNumber(1, 1_000_000))
        .default(1000),
    )
    .addOption(
      checkedOption("--body-limit <bytes>", "largest body of a request", wholeNumber(1024, 2 ** 30))
        .default(4 * 2 ** 20),
    )
    .addOption(
      checkedOption(
        "--upload-limit <bytes>",
        "largest component that is uploaded",
        wholeNumber(1024, DEFAULT_LIMITS.fileBytes),
      ).default(DEFAULT_LIMITS.fileBytes),
    );
  command.addOption(queueOption("have `kvpim worker` processes do the runs"));
  return addStoreOptions(command)
    .addHelpText("after", EXAMPLES)
    .action((options: ServeOptions) => serveRuns(options, surroundings));
}

async function serveRuns(options: ServeOptions, surroundings: Surroundings) {
  const { host, port, queueLimit, bodyLimit, uploadLimit } = options;
  const token = tokenOf(options, surroundings.env);
  await checkHost(host);
  if (!isLoopback(host) && !token) {
    throw new UserError(
      `--host: expected --token beside an address that others can reach but found ${host} alone`,
    );
  }
  await using queue = options.queue === undefined
    ? undefined
    : await openQueue(options.queue, surroundings);
  await using service = await openRuns(options, surroundings, {
    queueLimit,
    ...queue && { executor: () => queue.executor(), width: options.workers ?? QUEUED_RUNS },
  });
  await using server = listen();
  surroundings.out(`kvpim listens on ${server.url}\n`);
  // The first visitor does not wait for it; what goes wrong is said to those who ask for the page.
  pageScripts().catch(() => {});
  await interrupted();

  function listen() {
    try {
      return serve(service, {
        hostname: host,
        port,
        token,
        bodyLimitBytes: bodyLimit,
        uploadLimitBytes: uploadLimit,
        onFault: (fault) => surroundings.err(`kvpim: ${faultText(fault)}\n`),
      });
    } catch (error) {
      throw listenMistake(error, host, port);
    }
  }
}

/** What callers must send; a variable that is empty is none. */
function tokenOf({ token }: ServeOptions, env: Surroundings["env"]): string | undefined {
  const given = token ?? (env("KVPIM_TOKEN") || undefined);
  const place = token === undefined ? "$KVPIM_TOKEN" : "--token";
  if (given !== undefined) locating(place, () => checkToken(given));
  return given;
}

function faultText(fault: unknown): string {
  return fault instanceof Error ? fault.stack ?? fault.message : String(fault);
}
