import { createHash } from "node:crypto";
import type {
  AttentionProgram,
  MemoryModel,
  MemoryResult,
  PimLevel,
  ProgressListener,
} from "./memory_model.ts";

/** Memories that each serve the programs of one level, as one. Their cycles are equally long. */
export class MemoryByLevel implements MemoryModel {
  readonly name: string;
  readonly digest: string;
  readonly cycleNs: number;
  readonly #memories: ReadonlyMap<PimLevel, MemoryModel>;

  /** @throws {RangeError} when there is none, or their cycles differ */
  constructor(memories: ReadonlyMap<PimLevel, MemoryModel>) {
    const [first, ...others] = memories.values();
    if (first === undefined) throw new RangeError("Expected at least one memory but found none");
    const odd = others.find(({ cycleNs }) => cycleNs !== first.cycleNs);
    if (odd !== undefined) {
      throw new RangeError(`Expected cycles of ${first.cycleNs} ns but found ${odd.cycleNs}`);
    }
    this.#memories = memories;
    this.name = [...memories.values()].map(({ name }) => name).join(" and ");
    this.cycleNs = first.cycleNs;
    const hash = createHash("sha256");
    for (const [level, { digest }] of memories) hash.update(`${level} ${digest}\n`);
    this.digest = hash.digest("hex");
  }

  keyOf(program: AttentionProgram): string {
    return `${program.pim} ${this.#of(program).keyOf(program)}`;
  }

  async simulate(
    programs: readonly AttentionProgram[],
    onProgress: ProgressListener = () => {},
  ): Promise<MemoryResult[]> {
    const results = new Array<MemoryResult>(programs.length);
    programs.forEach((program) => this.#of(program));
    let before = 0;
    for (const [level, memory] of this.#memories) {
      const own = programs.flatMap(({ pim }, i) => pim === level ? [i] : []);
      const answers = await memory.simulate(
        own.map((i) => programs[i]!),
        (done, total) => onProgress(before + done, Math.max(programs.length, before + total)),
      );
      own.forEach((i, k) => results[i] = answers[k]!);
      before += own.length;
    }
    return results;
  }

  #of({ pim }: AttentionProgram): MemoryModel {
    const memory = this.#memories.get(pim);
    if (memory !== undefined) return memory;
    throw new RangeError(
      `Expected PIM at the ${[...this.#memories.keys()].join(" or ")} but found it at the ${pim}`,
    );
  }
}
