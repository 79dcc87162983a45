/** Commands a channel issued, for people and for checkers. */

/** 32-bit words of an entry: cycle (low, high), command, pseudochannel, rank, bankgroup, bank, row, column. */
export const LOG_WORDS: i32 = 9;
const INITIAL_ENTRIES: i32 = 1024;

export class CommandLog {
  enabled: bool = false;
  entries: i32 = 0;
  private words: StaticArray<i32> = new StaticArray<i32>(LOG_WORDS * INITIAL_ENTRIES);

  /** Begins the next entry; its words from the returned index on are written with `set`. */
  append(): i32 {
    const needed = (this.entries + 1) * LOG_WORDS;
    if (needed > this.words.length) {
      const wider = new StaticArray<i32>(this.words.length * 2);
      memory.copy(
        changetype<usize>(wider),
        changetype<usize>(this.words),
        this.words.length << 2,
      );
      this.words = wider;
    }
    return this.entries++ * LOG_WORDS;
  }

  set(at: i32, value: i32): void {
    this.words[at] = value;
  }

  /** Address of the words, for the host. */
  get pointer(): usize {
    return changetype<usize>(this.words);
  }

  clear(): void {
    this.entries = 0;
  }
}
