/** What the compiler of JavaScript is asked. */
export interface ComponentizeRequest {
  /** An ES module without imports. */
  readonly script: string;
  /** Text of the WIT package. */
  readonly witWorld: string;
  /** World in it that the module implements. */
  readonly worldName: string;
}
