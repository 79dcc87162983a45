import type { InstanceTable } from "./instance_table.ts";
import type { PluginRunner } from "./plugin_runner.ts";

/**
 * Runs a component on the calling thread: for built-ins whose code is trusted. Fuel and memory are
 * limited as ever, wall time is not.
 */
export function localRunner(table: InstanceTable): PluginRunner {
  return {
    instantiate: () => Promise.resolve(table.instantiate()),
    call: (instance, name, values, self) =>
      Promise.resolve(table.call(instance, name, values, self)),
    discard: (instance) => table.discard(instance),
    close: () => {},
  };
}
