/** A GPU or CPU as the roofline sees it. Peak rates; what is reached of them is the model's affair. */
export interface Processor {
  readonly kind: "gpu" | "cpu";
  /** Streaming multiprocessors of a GPU, cores of a CPU. */
  readonly cores: number;
  /** Dense 16-bit multiply-adds count as two. */
  readonly flopsPerSecond: number;
  readonly memoryBytes: number;
  readonly memoryBytesPerSecond: number;
  readonly l1BytesPerCore: number;
  readonly l2Bytes: number;
  /** `Infinity` where the cache is never what limits. */
  readonly l2BytesPerSecond: number;
  /** Both directions together. */
  readonly linkBytesPerSecond: number;
  readonly source: string;
}
