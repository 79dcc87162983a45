/** For tests only: random tokens. @module */
import { ReferencePolicy, type Selection, selectionOf, type StepQueries } from "./policy.ts";
import { range } from "./ranking.ts";

const MASK = (1n << 64n) - 1n;

/** SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
export class SplitMix64 {
  constructor(private state: bigint) {}

  next(): bigint {
    this.state = (this.state + 0x9e3779b97f4a7c15n) & MASK;
    let mixed = this.state;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return mixed ^ (mixed >> 31n);
  }

  /** A whole number below `bound`: Lemire's rule on the upper 32 bits (ACM TOMACS 29, 2019). */
  below(bound: number): number {
    const wide = BigInt(bound);
    const threshold = ((1n << 32n) - wide) % wide;
    while (true) {
      const product = (this.next() >> 32n) * wide;
      if ((product & 0xffffffffn) >= threshold) return Number(product >> 32n);
    }
  }

  /** A number from 0 up to, not including, 1: the upper 53 bits. */
  uniform(): number {
    return Number(this.next() >> 11n) / 2 ** 53;
  }
}

/** Selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S), one query head after the other. */
export class RandomReference extends ReferencePolicy {
  readonly #random = new SplitMix64(this.shape.seed);

  override select({ queries }: StepQueries): Selection {
    return selectionOf({ per: "query-head", sets: queries.map(() => this.#sample()) });
  }

  #sample(): number[] {
    if (this.shape.budget >= this.length) return range(0, this.length);
    let wanted = this.shape.budget;
    return range(0, this.length).filter((token) => {
      const taken = wanted > 0 && this.#random.below(this.length - token) < wanted;
      if (taken) wanted--;
      return taken;
    });
  }
}
