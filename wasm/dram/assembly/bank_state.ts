/** Which rows each bank of a channel has open. */

const INITIAL_ROWS: i32 = 8;

/** What a bank is that ought to have a row open. */
export const FIT: i32 = 0;
export const CLOSED: i32 = 1;
export const OTHER_ROWS: i32 = 2;

/** No row. */
const NONE: i32 = -1;

/**
 * A bank is closed, or open with a set of rows. One row is the rule; a bank that a precharge leaves
 * out although an activation reached it collects several.
 *
 * PIM of all banks opens and closes them together: then one row stands for all of them.
 */
export class BankState {
  /** Open banks of the channel. */
  openBanks: i32 = 0;
  /** Counts the changes, so that what depends on the state can be remembered. */
  version: i32 = 0;

  /** Open rows of each bank; 0 is a closed bank. */
  private counts: StaticArray<i32>;
  private rows: StaticArray<i32>;
  private capacity: i32 = INITIAL_ROWS;
  /** The only open row of every bank, while all have the same; `counts` are then 0. */
  private rowOfAll: i32 = NONE;

  constructor(private banks: i32) {
    this.counts = new StaticArray<i32>(banks);
    this.rows = new StaticArray<i32>(banks * INITIAL_ROWS);
  }

  clear(): void {
    this.openBanks = 0;
    this.version = 0;
    this.rowOfAll = NONE;
    memory.fill(changetype<usize>(this.counts), 0, this.counts.length << 2);
  }

  isOpen(bank: i32): bool {
    return this.rowOfAll !== NONE || this.counts[bank] > 0;
  }

  /** Whether the bank is open with that row; the row opened last is looked at first. */
  private hasRow(bank: i32, row: i32): bool {
    const base = bank * this.capacity;
    for (let i = this.counts[bank] - 1; i >= 0; i--) {
      if (this.rows[base + i] === row) return true;
    }
    return false;
  }

  /**
   * Looks at banks in order for one that has not a row open.
   *
   * @returns `FIT` when all have it; else what the first that has not is: `CLOSED`, or `OTHER_ROWS`
   */
  firstWithout(members: StaticArray<i32>, start: i32, end: i32, row: i32): i32 {
    if (this.rowOfAll !== NONE) return this.rowOfAll === row ? FIT : OTHER_ROWS;
    const counts = this.counts;
    const rows = this.rows;
    for (let i = start; i < end; i++) {
      const bank = members[i];
      const count = counts[bank];
      if (count === 0) return CLOSED;
      const last = bank * this.capacity + count - 1;
      if (rows[last] !== row && (count === 1 || !this.hasRow(bank, row))) return OTHER_ROWS;
    }
    return FIT;
  }

  /** Opens a row in banks from `start` up to `end` of a list. */
  openBanksOf(members: StaticArray<i32>, start: i32, end: i32, row: i32): void {
    if (end - start === this.banks && this.openBanks === 0) {
      this.rowOfAll = row;
      this.openBanks = this.banks;
      return;
    }
    this.tellApart();
    for (let i = start; i < end; i++) this.open(members[i], row);
  }

  /** Closes banks from `start` up to `end` of a list. */
  closeBanksOf(members: StaticArray<i32>, start: i32, end: i32): void {
    if (end - start === this.banks && this.rowOfAll !== NONE) {
      this.rowOfAll = NONE;
      this.openBanks = 0;
      return;
    }
    this.tellApart();
    for (let i = start; i < end; i++) this.close(members[i]);
  }

  /** Gives each bank the row that stood for all. */
  private tellApart(): void {
    const row = this.rowOfAll;
    if (row === NONE) return;
    this.rowOfAll = NONE;
    for (let bank = 0; bank < this.banks; bank++) {
      this.counts[bank] = 1;
      this.rows[bank * this.capacity] = row;
    }
  }

  private open(bank: i32, row: i32): void {
    if (this.hasRow(bank, row)) return;
    const count = this.counts[bank];
    if (count === 0) this.openBanks++;
    if (count === this.capacity) this.grow();
    this.rows[bank * this.capacity + count] = row;
    this.counts[bank] = count + 1;
  }

  private close(bank: i32): void {
    if (this.counts[bank] === 0) return;
    this.counts[bank] = 0;
    this.openBanks--;
  }

  private grow(): void {
    const wider = new StaticArray<i32>(this.banks * this.capacity * 2);
    for (let bank = 0; bank < this.banks; bank++) {
      for (let i = 0; i < this.counts[bank]; i++) {
        wider[bank * this.capacity * 2 + i] = this.rows[bank * this.capacity + i];
      }
    }
    this.rows = wider;
    this.capacity *= 2;
  }
}
