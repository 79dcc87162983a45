import type { Handle } from "./component_instance.ts";
import type { Outcome } from "./outcome.ts";

/** Names an instance of a runner's component. */
export type InstanceId = number;

/** Runs instances of one component, here or in a worker. */
export interface PluginRunner {
  /** Starts a fresh instance. */
  instantiate(): Promise<Outcome<InstanceId>>;
  /** Calls a function of an instance. */
  call(
    instance: InstanceId,
    name: string,
    values: readonly unknown[],
    self?: Handle,
  ): Promise<Outcome<unknown, unknown>>;
  /** Lets go of an instance and its memory. */
  discard(instance: InstanceId): void;
  /** Ends everything. */
  close(): void;
}
