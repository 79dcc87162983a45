import type { Contract } from "../../wasm/sdk/generate/exports.ts";
import type { Answers } from "./compile_reader.ts";
import { type CompiledComponent, ComponentInstance, type Handle } from "./component_instance.ts";
import { type ContractCodecs, contractCodecs } from "./contract_codecs.ts";
import type { Limits } from "./limits.ts";
import type { Outcome } from "./outcome.ts";
import type { InstanceId } from "./plugin_runner.ts";
import type { StopSignal } from "./stop_signal.ts";

/** The instances of one component on one thread. */
export class InstanceTable {
  readonly #instances = new Map<InstanceId, ComponentInstance>();
  readonly #codecs: ContractCodecs;
  #next = 1;

  constructor(
    private readonly component: CompiledComponent,
    contract: Contract,
    private readonly limits: Limits,
    answers: Answers = "copied",
    private readonly stop?: StopSignal,
  ) {
    this.#codecs = contractCodecs(contract, answers);
  }

  instantiate(): Outcome<InstanceId> {
    const { component, limits, stop } = this;
    const made = ComponentInstance.instantiate(component, this.#codecs, limits, stop);
    if (made.kind !== "ok") return made;
    const id = this.#next++;
    this.#instances.set(id, made.value);
    return { ...made, value: id };
  }

  call(
    id: InstanceId,
    name: string,
    values: readonly unknown[],
    self?: Handle,
  ): Outcome<unknown, unknown> {
    const instance = this.#instances.get(id);
    if (instance === undefined) throw new RangeError(`Expected a live instance but found ${id}`);
    return instance.call(name, values, self);
  }

  discard(id: InstanceId): void {
    this.#instances.delete(id);
  }
}

/** Evaluates the JavaScript that links a component. */
export async function importLinker(source: string): Promise<CompiledComponent["link"]> {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    const { instantiate } = await import(url);
    return instantiate;
  } finally {
    URL.revokeObjectURL(url);
  }
}
