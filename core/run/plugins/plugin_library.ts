/**
 * Components that runs can name: the policies of this repository, and what was uploaded.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import type { PluginKind } from "../../../wasm/sdk/contracts.ts";
import { reproduciblePolicies } from "../../host/built_in_policies.ts";
import { sha256 } from "../digest.ts";
import { memories } from "../kinds/memories.ts";
import type { Described } from "../kinds/kind.ts";
import type { RunStore } from "../run_store.ts";
import { PluginDesk } from "./plugin_desk.ts";
import type { PluginFacts, PluginRefusal, PluginVerdict } from "./plugin_facts.ts";

const memoryNames = Object.keys(memories);

/** Components that may wait to be looked at. */
const MOST_WAITING = 16;

/** A component that is not run, and why. */
export class PluginRefusedError extends Error {
  override readonly name = "PluginRefusedError";
  constructor(readonly refusal: PluginRefusal) {
    super(`Expected a component that can be run but found: ${refusal.message}`);
  }
}

/** More components wait to be looked at than may. */
export class LibraryBusyError extends Error {
  override readonly name = "LibraryBusyError";
}

/** A component that runs refer to, which is therefore kept. */
export class PluginInUseError extends Error {
  override readonly name = "PluginInUseError";
}

/** A plugin of this repository: what is known of it once it was built. */
interface BuiltInPlugin {
  readonly name: string;
  readonly kind: PluginKind;
  readonly facts: PluginFacts | undefined;
}

/** The components of a store and of this repository. */
export class PluginLibrary implements Disposable {
  readonly #store: RunStore;
  readonly #desk = new PluginDesk();
  readonly #builtIns = new Map<string, Promise<Uint8Array | undefined>>();
  readonly #builtInFacts = new Map<string, PluginFacts>();
  /** Verdicts by digest: a component is what it is. */
  readonly #verdicts = new LRUCache<string, PluginVerdict>({ max: 500 });
  #names: readonly string[] | undefined;

  constructor(store: RunStore) {
    this.#store = store;
  }

  /** Names of the built-in policies. */
  readonly policyNames = (): readonly string[] => this.#names ??= reproduciblePolicies();

  /** The component of a built-in policy, if it can be built here. */
  readonly builtIn = (name: string): Promise<Uint8Array | undefined> => {
    let component = this.#builtIns.get(name);
    if (!component) {
      component = this.#desk.build(name);
      this.#builtIns.set(name, component);
      component.catch(() => this.#builtIns.delete(name));
    }
    return component;
  };

  /** What a component says of itself, if it may be run. */
  readonly describe = async (component: Uint8Array): Promise<Described> => {
    const verdict = await this.#judge(component);
    if (!verdict.isAdmitted) return { refused: `is refused: ${verdict.refusal.message}` };
    const { kind, description } = verdict.facts;
    return { kind, description };
  };

  /** The plugins of this repository. */
  builtIns(): BuiltInPlugin[] {
    const named = (kind: PluginKind) => (name: string) => ({
      name,
      kind,
      facts: this.#builtInFacts.get(name),
    });
    return [...this.policyNames().map(named("policy")), ...memoryNames.map(named("memory"))];
  }

  /** What is known of a plugin of this repository, which is built for it, if it can be. */
  async builtInFacts(name: string): Promise<PluginFacts | undefined> {
    const known = this.#builtInFacts.get(name);
    if (known || !this.builtIns().some((plugin) => plugin.name === name)) return known;
    const component = await this.builtIn(name);
    const verdict = component && await this.#judge(component);
    if (!verdict?.isAdmitted) return undefined;
    this.#builtInFacts.set(name, verdict.facts);
    return verdict.facts;
  }

  /**
   * Keeps a component.
   *
   * @returns what it is, and whether it was not there before
   * @throws {PluginRefusedError} when it may not be run
   * @throws {LibraryBusyError} when too many wait to be looked at
   */
  async upload(
    component: Uint8Array,
  ): Promise<{ readonly facts: PluginFacts; readonly isNew: boolean }> {
    const known = this.#store.plugins.get(sha256(component));
    if (known) return { facts: known, isNew: false };
    if (this.#desk.waiting >= MOST_WAITING) {
      throw new LibraryBusyError(
        `Expected at most ${MOST_WAITING} components to wait but found more`,
      );
    }
    const verdict = await this.#judge(component);
    if (!verdict.isAdmitted) throw new PluginRefusedError(verdict.refusal);
    this.#store.blobs.put(component);
    return { facts: verdict.facts, isNew: this.#store.plugins.put(verdict.facts) };
  }

  /**
   * Removes a component that no run refers to.
   *
   * @returns whether it was there
   * @throws {PluginInUseError} when runs do
   */
  remove(digest: string): boolean {
    const { plugins, blobs } = this.#store;
    if (!plugins.get(digest)) return false;
    const users = plugins.users(digest);
    if (users > 0) {
      throw new PluginInUseError(
        `Expected a component that no run refers to but ${users} ${
          users === 1 ? "run does" : "runs do"
        }`,
      );
    }
    plugins.remove(digest);
    blobs.remove(digest);
    return true;
  }

  async #judge(component: Uint8Array): Promise<PluginVerdict> {
    const digest = sha256(component);
    const stored = this.#store.plugins.get(digest);
    if (stored) return { isAdmitted: true, facts: stored };
    const known = this.#verdicts.get(digest);
    if (known) return known;
    const verdict = await this.#desk.judge(component);
    this.#verdicts.set(digest, verdict);
    return verdict;
  }

  /** Ends the thread. */
  [Symbol.dispose]() {
    this.#desk[Symbol.dispose]();
  }
}
