import { type PluginKind, readContract } from "../../wasm/sdk/contracts.ts";
import type { Contract } from "../../wasm/sdk/generate/exports.ts";
import { type AdmissionRules, refusalOf } from "./admit.ts";
import type { Answers } from "./compile_reader.ts";
import { importLinker, InstanceTable } from "./instance_table.ts";
import type { Instrumentation } from "./instrument/function_rewriter.ts";
import { type Limits, limitsWith } from "./limits.ts";
import { localRunner } from "./local_runner.ts";
import type { Outcome } from "./outcome.ts";
import type { PluginRunner } from "./plugin_runner.ts";
import { StopSignal } from "./stop_signal.ts";
import type { LinkableComponent } from "./transpile.ts";
import { TranspileCache } from "./transpile_cache.ts";
import { WorkerRunner } from "./worker_runner.ts";

/** How to load a plugin. */
export interface LoadOptions {
  /** Changes to {@linkcode DEFAULT_LIMITS}. */
  readonly limits?: Partial<Limits>;
  /**
   * `"worker"` (the default) for code of others; `"none"` runs on the calling thread, for built-ins
   * and tests, where nothing ends a call by wall time.
   */
  readonly isolation?: "worker" | "none";
  /**
   * Whether fuel is counted. Default true. Without it there is no fuel limit and usage reports 0;
   * what a plugin answers is the same.
   */
  readonly metering?: boolean;
  /**
   * `"in-place"` spares the copy of what a plugin answers: lists of numbers are views of its memory,
   * good until the next call of the same session, to which the fuel of freeing them counts. Only
   * without isolation; a worker's answers are copies. Default `"copied"`.
   */
  readonly answers?: Answers;
  /**
   * The buffer of a {@linkcode StopSignal} that ends whatever a metered plugin computes, on whichever
   * thread, in `out-of-time`: what ends this thread does not reach those.
   */
  readonly stop?: SharedArrayBuffer | undefined;
  /** Where transpiled components are kept. One that lives as long as the process by default. */
  readonly cache?: TranspileCache;
}

/** A plugin that may be run, any number of times side by side. */
export interface PreparedPlugin {
  /** SHA-256 of the component, in hex. */
  readonly digest: string;
  /** Starts a runner of its own. */
  start(where: Pick<LoadOptions, "isolation" | "answers" | "stop">): Promise<Outcome<LoadedPlugin>>;
}

/** A plugin ready to run. */
export interface LoadedPlugin {
  /** SHA-256 of the component, in hex. */
  readonly digest: string;
  readonly contract: Contract;
  readonly limits: Limits;
  readonly runner: PluginRunner;
}

const processCache = new TranspileCache();
const compiled = new WeakMap<LinkableComponent, ReadonlyMap<string, WebAssembly.Module>>();
const linkers = new WeakMap<LinkableComponent, ReturnType<typeof importLinker>>();

/** Admits, transpiles and starts a component. */
export async function loadPlugin(
  bytes: Uint8Array,
  kind: PluginKind,
  options: LoadOptions = {},
): Promise<Outcome<LoadedPlugin>> {
  const prepared = await preparePlugin(bytes, kind, options);
  return prepared.kind === "ok" ? await prepared.value.start(options) : prepared;
}

/** Admits and transpiles a component. */
export async function preparePlugin(
  bytes: Uint8Array,
  kind: PluginKind,
  { limits: changes, metering = true, cache = processCache }: Omit<
    LoadOptions,
    "isolation" | "answers" | "stop"
  > = {},
): Promise<Outcome<PreparedPlugin>> {
  const limits = limitsWith(changes);
  const contract = readContract(kind);
  if (bytes.length > limits.fileBytes) {
    const refusal = { why: "too-large", bytes: bytes.length, limit: limits.fileBytes } as const;
    return { kind: "refused", refusal };
  }
  const rules = { exports: contract.qualifiedName, limits };
  const prepared = await link(bytes, rules, { fuel: metering, canonicalNaN: true }, cache);
  if (prepared.kind !== "ok") return prepared;
  const { linkable, modules } = prepared.value;
  const { usage } = prepared;
  const { digest } = linkable;
  const loaded = (runner: PluginRunner): Outcome<LoadedPlugin> => ({
    kind: "ok",
    value: { digest, contract, limits, runner },
    usage,
  });
  const start: PreparedPlugin["start"] = async ({ isolation = "worker", answers, stop }) => {
    if (isolation === "none") {
      const link = await linkerOf(linkable);
      const signal = stop && new StopSignal(Infinity, stop);
      const table = new InstanceTable({ link, modules }, contract, limits, answers, signal);
      return loaded(localRunner(table));
    }
    const started = await WorkerRunner.start(linkable, modules, contract, limits, stop);
    return started.kind === "ok" ? loaded(started.value) : started;
  };
  return { kind: "ok", value: { digest, start }, usage };
}

/** Evaluates a linker once: a module that was imported stays in memory for good. */
function linkerOf(linkable: LinkableComponent): ReturnType<typeof importLinker> {
  let linker = linkers.get(linkable);
  if (linker === undefined) linkers.set(linkable, linker = importLinker(linkable.linker));
  return linker;
}

interface Linkable {
  readonly linkable: LinkableComponent;
  readonly modules: ReadonlyMap<string, WebAssembly.Module>;
}

async function link(
  bytes: Uint8Array,
  rules: AdmissionRules,
  what: Instrumentation,
  cache: TranspileCache,
): Promise<Outcome<Linkable>> {
  let linkable: LinkableComponent;
  let modules: ReadonlyMap<string, WebAssembly.Module> | undefined;
  try {
    linkable = await cache.transpile(bytes, rules, what);
    modules = compiled.get(linkable);
    if (modules === undefined) {
      const pairs = [...linkable.modules].map(async ([name, module]) =>
        [name, await WebAssembly.compile(module)] as const
      );
      modules = new Map(await Promise.all(pairs));
      compiled.set(linkable, modules);
    }
  } catch (error) {
    return { kind: "refused", refusal: invalidRefusal(error) };
  }
  return {
    kind: "ok",
    value: { linkable, modules },
    usage: { fuel: 0, memoryBytes: 0 },
  };
}

/** A component whose outline reads well may still be invalid; then jco or the engine says so. */
function invalidRefusal(error: unknown) {
  if (error instanceof WebAssembly.CompileError || isComponentError(error)) {
    const [detail = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { why: "not-a-component", detail } as const;
  }
  return refusalOf(error);
}

/** jco fails with its own error class, and traps where it meets what it does not expect. */
function isComponentError(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError ||
    (error instanceof Error && error.constructor.name === "ComponentError");
}
