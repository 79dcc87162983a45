/** Reads the words of a device image one after the other. */
export class ImageReader {
  constructor(private words: StaticArray<i32>) {}
  private at: i32 = 0;

  next(): i32 {
    return this.words[this.at++];
  }

  take(count: i32): StaticArray<i32> {
    const taken = new StaticArray<i32>(count);
    for (let i = 0; i < count; i++) taken[i] = this.next();
    return taken;
  }
}
