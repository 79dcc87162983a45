/** Which tokens of one head are there: all that entered but those evicted. */
export class HeadTokens {
  /** By token: 1 if it was evicted. Made with the first of them, which most heads never see. */
  #evicted = new Uint8Array(0);
  /** Those present, ascending; the first `#count` of the list. Made when it is asked for. */
  #present = new Uint32Array(0);
  #count = 0;
  #entered = 0;

  constructor(private readonly capacity: number) {}

  isEvicted(token: number): boolean {
    return this.#evicted[token] === 1;
  }

  /** @throws {RangeError} when one of the tokens is not among the first `length`, or gone */
  evict(tokens: Uint32Array, length: number) {
    if (tokens.length === 0) return;
    this.#enter(length);
    if (this.#evicted.length === 0) this.#evicted = new Uint8Array(this.capacity);
    for (const token of tokens) {
      if (token >= length || this.isEvicted(token)) {
        throw new RangeError(`Expected to evict a token that is present but found ${token}`);
      }
      this.#evicted[token] = 1;
    }
    this.#closeUp();
  }

  /**
   * Those from `first` on.
   *
   * @param length tokens so far, which never become fewer
   * @returns a view, good until the next call
   */
  presentFrom(first: number, length: number): Uint32Array {
    this.#enter(length);
    let from = 0;
    while (from < this.#count && this.#present[from]! < first) from++;
    return this.#present.subarray(from, this.#count);
  }

  /** Another head with the same tokens. */
  clone(): HeadTokens {
    const clone = new HeadTokens(this.capacity);
    clone.#evicted = this.#evicted.slice();
    clone.#present = this.#present.slice();
    clone.#count = this.#count;
    clone.#entered = this.#entered;
    return clone;
  }

  #enter(length: number) {
    if (this.#present.length === 0) this.#present = new Uint32Array(this.capacity);
    while (this.#entered < length) this.#present[this.#count++] = this.#entered++;
  }

  #closeUp() {
    let kept = 0;
    for (let at = 0; at < this.#count; at++) {
      const token = this.#present[at]!;
      this.#present[kept] = token;
      if (!this.isEvicted(token)) kept++;
    }
    this.#count = kept;
  }
}
