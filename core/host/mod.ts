/**
 * The plugin host: loads a component, refuses what it may not run, limits what it runs, and says
 * how every call ended.
 *
 * @module
 */
export { type Admission, type AdmissionRules, admit } from "./admit.ts";
export { builtInPlugin, builtInPolicies, isBuiltInPolicy } from "./built_in_policies.ts";
export { type ComponentOutline, readComponent } from "./component_binary.ts";
export { inspectComponent, type Inspection } from "./inspect_component.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export {
  type LoadedPlugin,
  type LoadOptions,
  loadPlugin,
  type PreparedPlugin,
  preparePlugin,
} from "./load_plugin.ts";
export {
  loadMemory,
  type MemoryOutcome,
  MemoryPlugin,
  type MemoryPluginOptions,
} from "./memory_plugin.ts";
export {
  describeOutcome,
  type Outcome,
  PluginFailure,
  type Refusal,
  type TrapReason,
  unwrap,
  type Usage,
} from "./outcome.ts";
export { loadPolicy, Policy, type PolicyOutcome, PolicySession } from "./policy.ts";
export { digestOf } from "./transpile.ts";
export { TranspileCache } from "./transpile_cache.ts";
