import type { Surroundings } from "./surroundings.ts";

/** Nothing is shown for what takes less. */
const SILENT_MS = 2000;
/** Least time between two lines where no terminal can draw a bar anew. */
const LINE_MS = 5000;
/** Least share of the time so far between two lines: a long run does not fill a log. */
const LINE_SHARE = 0.2;
const BAR_MS = 100;
const BAR_WIDTH = 30;

/**
 * How far something is, on standard error: a bar where that is a terminal, lines otherwise.
 *
 * @example
 * ```ts
 * import { Progress } from "./progress.ts";
 * import { equal } from "node:assert/strict";
 *
 * let time = 0;
 * let shown = "";
 * const progress = new Progress(
 *   { err: (text) => shown += text, errIsTerminal: false },
 *   "full attention",
 *   () => time,
 * );
 * progress.update(1, 4);
 * equal(shown, "");
 * time = 3000;
 * progress.update(2, 4);
 * equal(shown, "full attention: 50 % (2 of 4 steps)\n");
 * ```
 */
export class Progress {
  readonly #surroundings: Pick<Surroundings, "err" | "errIsTerminal">;
  readonly #label: string;
  readonly #now: () => number;
  readonly #unit: string;
  readonly #start: number;
  #next: number;
  #drawn = false;

  constructor(
    surroundings: Pick<Surroundings, "err" | "errIsTerminal">,
    label: string,
    now: () => number = () => performance.now(),
    unit = "steps",
  ) {
    this.#surroundings = surroundings;
    this.#label = label;
    this.#now = now;
    this.#unit = unit;
    this.#start = now();
    this.#next = this.#start + SILENT_MS;
  }

  /** Says how many are done, of how many where that is known. */
  update(done: number, total?: number) {
    const now = this.#now();
    if (now < this.#next) return;
    const { err, errIsTerminal } = this.#surroundings;
    if (errIsTerminal) err(`\r\x1b[K${this.#bar(done, total)}`);
    else err(`${this.#label}: ${amount(done, total, this.#unit)}\n`);
    this.#drawn = errIsTerminal;
    const pause = Math.max(LINE_MS, LINE_SHARE * (now - this.#start));
    this.#next = now + (errIsTerminal ? BAR_MS : pause);
  }

  /** Wipes the bar. */
  [Symbol.dispose]() {
    if (this.#drawn) this.#surroundings.err("\r\x1b[K");
    this.#drawn = false;
  }

  #bar(done: number, total: number | undefined): string {
    if (total === undefined) return `${this.#label}: ${amount(done, total, this.#unit)}`;
    const full = Math.round((done / total) * BAR_WIDTH);
    const bar = "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
    return `${this.#label} ${bar} ${percent(done, total)}`;
  }
}

function amount(done: number, total: number | undefined, unit: string): string {
  if (total === undefined) return `${done} ${unit}`;
  return `${percent(done, total)} (${done} of ${total} ${unit})`;
}

function percent(done: number, total: number): string {
  return `${Math.floor((100 * done) / total)} %`;
}
