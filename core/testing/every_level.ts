/**
 * For tests only: the built-in memories of every level as one, as commands would open each.
 *
 * @module
 */
import { defaultMemory, openBuiltInMemory } from "../memory/built_in_memories.ts";
import { MemoryByLevel } from "../memory/memory_by_level.ts";
import type { MemoryModel, PimLevel } from "../memory/memory_model.ts";

const LEVELS: readonly PimLevel[] = ["bank", "bankgroup", "buffer"];

/** A memory for programs at any level, to be disposed of. */
interface OpenMemories extends Disposable {
  readonly memory: MemoryModel;
}

/** Opens all of them. */
export async function openEveryLevel(): Promise<OpenMemories> {
  using opened = new DisposableStack();
  const memories = new Map<PimLevel, MemoryModel>();
  for (const level of LEVELS) {
    memories.set(level, opened.use(await openBuiltInMemory(defaultMemory(level))));
  }
  const kept = opened.move();
  return { memory: new MemoryByLevel(memories), [Symbol.dispose]: () => kept.dispose() };
}
