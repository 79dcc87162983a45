// Random numbers from the run's seed: the same on every machine.

/** SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
export class Random {
  constructor(private state: u64) {}

  /** 64 random bits. */
  next(): u64 {
    this.state += 0x9e3779b97f4a7c15;
    let mixed = this.state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  /** A number from 0 up to, not including, 1. */
  uniform(): f64 {
    return <f64> (this.next() >> 11) * (1.0 / 9007199254740992.0);
  }

  /** A whole number below `bound`, each equally likely. */
  below(bound: u32): u32 {
    const threshold: u32 = (0 - bound) % bound;
    while (true) {
      const product = (this.next() >> 32) * <u64> bound;
      if (<u32> product >= threshold) return <u32> (product >> 32);
    }
  }

  /** A number of the standard normal distribution, by Marsaglia's polar method. */
  normal(): f64 {
    while (true) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const radius = x * x + y * y;
      if (radius > 0 && radius < 1) return x * Math.sqrt(-2 * Math.log(radius) / radius);
    }
  }
}
