/** For tests only: full attention. @module */
import { ReferencePolicy, type Selection, selectionOf } from "./policy.ts";

/** Every token, every step. */
export class FullReference extends ReferencePolicy {
  override select(): Selection {
    return selectionOf("everything");
  }
}
