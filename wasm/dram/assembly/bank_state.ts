/** Which rows each bank of a channel has open. */

const INITIAL_ROWS: i32 = 8;

/**
 * A bank is closed, or open with a set of rows. One row is the rule; a bank that a precharge leaves
 * out although an activation reached it collects several.
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

  constructor(private banks: i32) {
    this.counts = new StaticArray<i32>(banks);
    this.rows = new StaticArray<i32>(banks * INITIAL_ROWS);
  }

  clear(): void {
    this.openBanks = 0;
    this.version = 0;
    for (let bank = 0; bank < this.banks; bank++) unchecked(this.counts[bank] = 0);
  }

  isOpen(bank: i32): bool {
    return unchecked(this.counts[bank]) > 0;
  }

  /** Whether the bank is open with that row; the row opened last is looked at first. */
  hasRow(bank: i32, row: i32): bool {
    const base = bank * this.capacity;
    for (let i = unchecked(this.counts[bank]) - 1; i >= 0; i--) {
      if (unchecked(this.rows[base + i]) === row) return true;
    }
    return false;
  }

  open(bank: i32, row: i32): void {
    if (this.hasRow(bank, row)) return;
    const count = unchecked(this.counts[bank]);
    if (count === 0) this.openBanks++;
    if (count === this.capacity) this.grow();
    unchecked(this.rows[bank * this.capacity + count] = row);
    unchecked(this.counts[bank] = count + 1);
  }

  close(bank: i32): void {
    if (unchecked(this.counts[bank]) === 0) return;
    unchecked(this.counts[bank] = 0);
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
