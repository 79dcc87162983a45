import { builtInComponent } from "../memory/built_in_memories.ts";
import { canonicalJson } from "./canonical_json.ts";
import { sha256 } from "./digest.ts";
import { engineDigest } from "./engine_digest.ts";
import { memories, type MemoryName } from "./kinds/memories.ts";

/** What makes runs' bytes besides their specs. */
export interface Platform {
  /** Digest of the program's sources. */
  readonly engine: string;
  /** Digests of the memory models. */
  readonly memories: Readonly<Record<MemoryName, string>>;
  /** Digest of all of these: processes with the same one make the same bytes. */
  readonly digest: string;
}

/** This program's platform. */
export async function openPlatform(): Promise<Platform> {
  const names = Object.keys(memories) as MemoryName[];
  const digests: [MemoryName, string][] = [];
  for (const name of names) digests.push([name, sha256(await builtInComponent(name))]);
  const parts = {
    engine: engineDigest(),
    memories: Object.fromEntries(digests) as Record<MemoryName, string>,
  };
  return { ...parts, digest: sha256(canonicalJson(parts)) };
}
