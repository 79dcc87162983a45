// Scores of the queries of a group, which read one KV head.

/** A list of scores for each query, kept between steps: each is as long as the context. */
export class GroupScores {
  private lists: Array<StaticArray<f32>> = [];

  constructor(queries: i32) {
    for (let query = 0; query < queries; query++) this.lists.push(new StaticArray<f32>(0));
  }

  /** Queries of the group. */
  get queries(): i32 {
    return this.lists.length;
  }

  /** The scores of a query, the first of a group being 0. */
  of(query: i32): StaticArray<f32> {
    return this.lists[query];
  }

  /** Makes room for so many scores of each query, up to a multiple of four. */
  fit(length: i32): void {
    const needed = (length + 3) & ~3;
    for (let query = 0; query < this.lists.length; query++) {
      if (this.lists[query].length < needed) this.lists[query] = new StaticArray<f32>(2 * needed);
    }
  }
}
