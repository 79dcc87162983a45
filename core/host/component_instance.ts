import {
  coreExportName,
  destructorName,
  POST_RETURN_PREFIX,
  resourceModule,
} from "../../wasm/sdk/generate/exports.ts";
import type { FunctionCodec } from "./canonical_abi.ts";
import type { CoreFunction } from "./compile_call.ts";
import { ContractBreach } from "./contract_breach.ts";
import type { ContractCodecs } from "./contract_codecs.ts";
import { FuelMeter, FuelSpent } from "./fuel_meter.ts";
import type { GuestMemory } from "./guest_memory.ts";
import { HOST_MODULE } from "./instrument/instrument_module.ts";
import type { Limits } from "./limits.ts";
import type { Outcome, TrapReason, Usage } from "./outcome.ts";
import { Stopped, type StopSignal } from "./stop_signal.ts";

/** A component whose core modules are compiled: what instances are made from. */
export interface CompiledComponent {
  readonly link: Linker;
  readonly modules: ReadonlyMap<string, WebAssembly.Module>;
}

/** The function jco's output exports. */
export type Linker = (
  getCoreModule: (name: string) => WebAssembly.Module | undefined,
  imports: Record<string, never>,
  instantiateCore: (
    module: WebAssembly.Module,
    imports?: Record<string, Record<string, unknown>>,
  ) => WebAssembly.Instance,
) => unknown;

/** A resource the component owns: in this host simply the number it calls it by. */
export type Handle = number;

interface Callable {
  readonly core: CoreFunction;
  readonly postReturn: CoreFunction | null;
  readonly codec: FunctionCodec;
}

/**
 * One instance of a component: its own memory, its own fuel counter. Calls are synchronous, and end
 * in an {@linkcode Outcome} whatever the component does; endless loops when the fuel does, or at a
 * {@linkcode StopSignal}.
 *
 * Once a call ended in anything but `ok` or `declined`, the instance is in an unknown state and
 * every later call fails the same way.
 */
export class ComponentInstance {
  readonly #fuel: FuelMeter;
  readonly #memoryExhausted = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
  readonly #exports = new Map<string, WebAssembly.ExportValue>();
  readonly #callables = new Map<string, Callable>();
  #guest: GuestMemory | null = null;
  #failed: Outcome<never> | null = null;
  /** Takes back the memory of the last answer, where that is read in place. */
  #takeBack: (() => void) | null = null;

  private constructor(
    private readonly codecs: ContractCodecs,
    private readonly limits: Limits,
    stop: StopSignal | undefined,
  ) {
    this.#fuel = new FuelMeter(limits.fuelPerCall, stop);
  }

  /** Links and starts a component. */
  static instantiate(
    component: CompiledComponent,
    codecs: ContractCodecs,
    limits: Limits,
    stop?: StopSignal,
  ): Outcome<ComponentInstance> {
    const instance = new ComponentInstance(codecs, limits, stop);
    return instance.#guarded(() => {
      component.link(
        (name) => component.modules.get(name),
        {},
        (module, imports = {}) => instance.#instantiateCore(module, imports),
      );
      instance.#bind();
      return instance;
    });
  }

  /** Calls a free or static function, or a method if a handle is given. */
  call(name: string, values: readonly unknown[], self?: Handle): Outcome<unknown, unknown> {
    const callable = this.#callables.get(name);
    const guest = this.#guest;
    if (callable === undefined || guest === null) {
      throw new RangeError(`Expected a function of the contract but found ${name}`);
    }
    const outcome = this.#guarded(() => {
      this.#takeBackAnswer();
      const { codec, core, postReturn } = callable;
      const result = codec.call(guest, core, self, values);
      const lifted = codec.lift(guest, result);
      if (postReturn !== null && result !== undefined) this.#takeBack = () => postReturn(result);
      if (this.codecs.answers === "copied") this.#takeBackAnswer();
      return lifted;
    });
    return outcome.kind === "ok" ? splitResult(outcome.value, outcome.usage) : outcome;
  }

  /** Lets go of a resource. */
  drop(handle: Handle): Outcome<void> {
    const destructor = this.#exports.get(destructorName(this.codecs.contract));
    return this.#guarded(() => {
      this.#takeBackAnswer();
      if (typeof destructor === "function") destructor(handle);
    });
  }

  #takeBackAnswer(): void {
    this.#takeBack?.();
    this.#takeBack = null;
  }

  #instantiateCore(
    module: WebAssembly.Module,
    imports: Record<string, Record<string, unknown>>,
  ): WebAssembly.Instance {
    const resource = resourceModule(this.codecs.contract);
    const linked: Record<string, Record<string, unknown>> = {
      ...imports,
      [HOST_MODULE]: { ...this.#fuel.imports, "memory-exhausted": this.#memoryExhausted },
    };
    if (imports[resource] !== undefined) linked[resource] = handleFunctions(imports[resource]);
    const instance = new WebAssembly.Instance(module, linked as WebAssembly.Imports);
    for (const [name, value] of Object.entries(instance.exports)) {
      if (!this.#exports.has(name)) this.#exports.set(name, value);
    }
    return instance;
  }

  /** Finds the contract's functions among what the core modules export. */
  #bind(): void {
    const memory = this.#exports.get("memory");
    const realloc = this.#exports.get("cabi_realloc");
    if (!(memory instanceof WebAssembly.Memory) || typeof realloc !== "function") {
      throw new ContractBreach("Expected the exports memory and cabi_realloc but found none");
    }
    this.#guest = { memory, realloc: realloc as GuestMemory["realloc"] };
    const { contract, functions } = this.codecs;
    for (const one of contract.interface.functions) {
      const name = coreExportName(contract, one);
      const core = this.#exports.get(name);
      if (typeof core !== "function") {
        throw new ContractBreach(`Expected the core export ${name} but found none`);
      }
      const postReturn = this.#exports.get(POST_RETURN_PREFIX + name);
      this.#callables.set(one.name, {
        core: core as CoreFunction,
        postReturn: typeof postReturn === "function" ? postReturn as CoreFunction : null,
        codec: functions.get(one.name)!,
      });
    }
  }

  #guarded<T>(run: () => T): Outcome<T> {
    if (this.#failed !== null) return this.#failed;
    this.#fuel.fill();
    this.#memoryExhausted.value = 0;
    try {
      const value = run();
      return { kind: "ok", value, usage: this.#usage() };
    } catch (error) {
      this.#failed = this.#failure(error);
      return this.#failed;
    }
  }

  #usage(): Usage {
    return {
      fuel: this.#fuel.used,
      memoryBytes: this.#guest?.memory.buffer.byteLength ?? 0,
    };
  }

  #failure(error: unknown): Outcome<never> {
    if (error instanceof ContractBreach) return { kind: "broke-contract", breach: error.message };
    if (error instanceof Stopped) {
      return { kind: "out-of-time", limitMs: this.limits.wallMsPerCall };
    }
    if (error instanceof FuelSpent) {
      return { kind: "out-of-fuel", limit: this.limits.fuelPerCall };
    }
    const reason = trapReason(error);
    if (reason === null) throw error;
    if (this.#memoryExhausted.value !== 0) {
      return { kind: "out-of-memory", limitBytes: this.limits.memoryBytes };
    }
    return { kind: "trapped", reason, stack: wasmStack(error) };
  }
}

/**
 * A component's own resource needs no table here: the number it hands over is the number it gets
 * back. What another instance would need to be protected from does not exist.
 */
function handleFunctions(imports: Record<string, unknown>): Record<string, unknown> {
  const same = (handle: number) => handle;
  return Object.fromEntries(
    Object.entries(imports).map(([name, value]) =>
      name.startsWith("[resource-") ? [name, same] : [name, value]
    ),
  );
}

function splitResult(value: unknown, usage: Usage): Outcome<unknown, unknown> {
  if (typeof value === "object" && value !== null && "tag" in value) {
    const held = "value" in value ? value.value : undefined;
    if (value.tag === "err") return { kind: "declined", error: held, usage };
    if (value.tag === "ok") return { kind: "ok", value: held, usage };
  }
  return { kind: "ok", value, usage };
}

/** What kind of trap an error is; null if it is none. */
function trapReason(error: unknown): TrapReason | null {
  if (error instanceof RangeError && /call stack/.test(error.message)) return "stack-overflow";
  if (!(error instanceof WebAssembly.RuntimeError)) return null;
  const { message } = error;
  if (/unreachable/.test(message)) return "unreachable";
  if (/memory access|data segment/.test(message)) return "memory-access";
  if (/divide|remainder|unrepresentable|overflow/.test(message)) return "integer-arithmetic";
  if (/table|function signature|null function/.test(message)) return "indirect-call";
  return "other";
}

const STACK_DEPTH = 16;

/** Names of the WebAssembly functions on the stack, innermost first. */
function wasmStack(error: unknown): string[] {
  const lines = error instanceof Error ? error.stack?.split("\n") ?? [] : [];
  return lines.flatMap((line) => {
    const found = /^\s*at (?:(\S+) \()?(?:wasm:\/\/|<anonymous>:wasm)/.exec(line);
    return found === null ? [] : [found[1]?.replace(/^source\//, "") ?? "(unnamed)"];
  }).slice(0, STACK_DEPTH);
}
