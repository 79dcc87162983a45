/**
 * A thread that looks at components and builds those of this repository, so that the one that
 * answers requests does not wait for it.
 *
 * @module
 */
import { CompileError } from "../../../wasm/sdk/compile_error.ts";
import type { TranspileCache } from "../../host/transpile_cache.ts";
import { sha256 } from "../digest.ts";
import type { PluginVerdict } from "./plugin_facts.ts";

/** What the thread is asked. */
export type DeskRequest =
  | { readonly ask: "judge"; readonly component: Uint8Array }
  | { readonly ask: "build"; readonly name: string };

/** What it answers. */
export type DeskReply =
  | { readonly verdict: PluginVerdict }
  /** Nothing where it cannot be built on this machine. */
  | { readonly component: Uint8Array | undefined }
  | { readonly fault: string };

const scope = self as unknown as {
  onmessage: (event: MessageEvent<DeskRequest>) => void;
  postMessage(reply: DeskReply): void;
};

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage(await answer(data));
  } catch (error) {
    scope.postMessage({
      fault: error instanceof Error ? error.stack ?? error.message : `${error}`,
    });
  }
};

/** Digests of what was built here: plugins of this repository. */
const built = new Set<string>();

async function cacheOf(component: Uint8Array): Promise<TranspileCache | undefined> {
  if (!built.has(sha256(component))) return undefined;
  return (await import("../../host/transpiled_plugins.ts")).transpiledPlugins;
}

/** The tools are loaded here: a message that comes while a module still loads them would be lost. */
async function answer(request: DeskRequest): Promise<DeskReply> {
  if (request.ask === "judge") {
    const { judge } = await import("./judge.ts");
    return { verdict: await judge(request.component, await cacheOf(request.component)) };
  }
  const { builtInPlugin } = await import("../../host/built_in_policies.ts");
  try {
    const component = await builtInPlugin(request.name);
    built.add(sha256(component));
    return { component };
  } catch (error) {
    if (error instanceof CompileError) return { component: undefined };
    throw error;
  }
}
