import { builtInComponent } from "../memory/built_in_memories.ts";
import { canonicalJson } from "./canonical_json.ts";
import { sha256 } from "./digest.ts";
import { engineDigest } from "./engine_digest.ts";
import { isUploaded, memories, type MemoryName } from "./kinds/memories.ts";
import { type Digests, type KindName, kinds, type RunSpec } from "./run_spec.ts";

/** What makes runs' bytes besides their specs. */
export interface Platform {
  /** Digests of the program's sources, for each kind of run. */
  readonly engines: Readonly<Record<KindName, string>>;
  /** Digests of the memory models. */
  readonly memories: Readonly<Record<MemoryName, string>>;
  /** Digest of all of these: processes with the same one make the same bytes. */
  readonly digest: string;
}

let known: Promise<Platform> | undefined;

/** This program's platform: all services of a process have the same. */
export function openPlatform(): Promise<Platform> {
  return known ??= digestSources().catch((error) => {
    known = undefined;
    throw error;
  });
}

async function digestSources(): Promise<Platform> {
  const names = Object.keys(memories) as MemoryName[];
  const digests: [MemoryName, string][] = [];
  for (const name of names) digests.push([name, sha256(await builtInComponent(name))]);
  const kindNames = Object.keys(kinds) as KindName[];
  const parts = {
    engines: Object.fromEntries(kindNames.map((kind) => [kind, engineDigest(kind)])) as Record<
      KindName,
      string
    >,
    memories: Object.fromEntries(digests) as Record<MemoryName, string>,
  };
  return { ...parts, digest: sha256(canonicalJson(parts)) };
}

/** What makes a spec's bytes on this platform and machine besides the spec. */
export async function digestsOf(spec: RunSpec, { engines, memories }: Platform): Promise<Digests> {
  const { kind, memory } = spec;
  const digests = {
    engine: engines[kind],
    memory: isUploaded(memory) ? memory.slice("sha256:".length) : memories[memory],
  };
  if (kind !== "evaluate") return digests;
  // Loaded only where something is decoded: it is much.
  const { arithmeticDigest } = await import("./arithmetic.ts");
  return { ...digests, arithmetic: await arithmeticDigest(spec.weights) };
}
