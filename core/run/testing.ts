/**
 * For tests only: stores in folders of their own.
 *
 * @module
 */
import { sharedByTests } from "../testing/shared_by_tests.ts";
import type { SimulateSpec } from "./kinds/simulate.ts";
import { resolveRunSpec, type RunInput, type RunSpec } from "./run_spec.ts";
import { RunService, type RunServiceOptions } from "./run_service.ts";

/** Runs a test in a folder of its own, which is removed afterwards. */
export function inFolder(test: (folder: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await Deno.makeTempDir();
    try {
      await test(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
}

/** A service in a folder of its own. */
interface OpenService extends AsyncDisposable {
  readonly service: RunService;
  readonly folder: string;
}

/** Opens a service in a folder of its own, which is removed with it. */
export async function openService(options: Partial<RunServiceOptions> = {}): Promise<OpenService> {
  await using opened = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  opened.defer(() => Deno.remove(folder, { recursive: true }));
  const service = opened.use(await RunService.open({ folder, ...options }));
  const kept = opened.move();
  return { service, folder, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Runs a test with a service of its own. */
export function withService(
  test: (service: RunService, folder: string) => Promise<void>,
  options: Partial<RunServiceOptions> = {},
): () => Promise<void> {
  return async () => {
    await using opened = await openService(options);
    await test(opened.service, opened.folder);
  };
}

/**
 * Runs the tests of a file with one service, whose threads load what they need once. A run's name is
 * its content, so that tests do not meet, whatever their order.
 */
export function sharedService(
  options: Partial<RunServiceOptions> = {},
): (test: (service: RunService) => Promise<void>) => () => Promise<void> {
  const opened = sharedByTests(() => openService(options));
  return (test) => async () => await test((await opened()).service);
}

/** A small run of the system; each `lin` makes another. */
export function smallRun(lin = 64): RunInput {
  return {
    kind: "simulate",
    experiment: { system: "dgx-attacc", model: "GPT-13B", lin, lout: 4 },
  };
}

/** A component with other bytes and thus another name, which does the same: it has one more section. */
export function renamed(component: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(name);
  return Uint8Array.from([...component, 0, 1 + text.length, text.length, ...text]);
}

/** A run that takes far longer than a test waits. */
export const LONG_RUN = {
  kind: "dram",
  program: { contextTokens: 2 ** 24, heads: 4096 },
} as const satisfies RunInput;

const resolved = (await resolveRunSpec(smallRun())).spec as SimulateSpec;

/** {@linkcode smallRun} resolved. */
export function smallSpec(lin = 64): RunSpec {
  return { ...resolved, experiment: { ...resolved.experiment, lin } };
}
