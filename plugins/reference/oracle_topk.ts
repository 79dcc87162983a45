/** For tests only: exact top-k. @module */
import { dot } from "./float32.ts";
import { ReferencePolicy, type Selection, selectionOf, type StepQueries } from "./policy.ts";
import { topK } from "./ranking.ts";

/** The tokens with the largest exact scores, for each query head. */
export class OracleTopKReference extends ReferencePolicy {
  override select({ queries }: StepQueries): Selection {
    const sets = queries.map((query, head) =>
      topK(this.keysOf(head).map((key) => dot(key, query)), this.shape.budget)
    );
    const bytes = this.length * this.vectorBytes * this.shape.kvHeads;
    return selectionOf({ per: "query-head", sets }, [
      { kind: "keys", direction: "read", bytes, pieces: this.shape.kvHeads },
    ]);
  }
}
