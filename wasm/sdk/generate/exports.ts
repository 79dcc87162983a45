import type { WitFunction, WitInterface, WitPackage } from "../../wit/ast.ts";

/** A WIT package of one interface, and what its names look like in a core module. */
export interface Contract {
  readonly wit: WitPackage;
  readonly interface: WitInterface;
  /** World that a plugin implements: `"policy-plugin"`. */
  readonly world: string;
  /** `"kvpim:policy/policy@0.1.0"` */
  readonly qualifiedName: string;
  /** The resource the interface has, if any. */
  readonly resource: string | null;
}

/**
 * The contract a WIT file states.
 *
 * @throws {RangeError} unless there is one interface, exported by one world that imports nothing,
 * with at most one resource
 */
export function contractOf(wit: WitPackage): Contract {
  const [exported, ...others] = wit.interfaces;
  const [world, ...otherWorlds] = wit.worlds;
  if (
    exported === undefined || world === undefined || others.length + otherWorlds.length > 0 ||
    world.imports.length > 0 || world.exports.join() !== exported.name
  ) {
    throw new RangeError(
      "Expected one interface and one world that exports it and imports nothing",
    );
  }
  const resources = exported.types.filter((type) => type.kind === "resource");
  if (resources.length > 1) {
    throw new RangeError(`Expected at most one resource but found ${resources.length}`);
  }
  return {
    wit,
    interface: exported,
    world: world.name,
    qualifiedName: `${wit.id}/${exported.name}@${wit.version}`,
    resource: resources[0]?.name ?? null,
  };
}

/** Name under which a core module exports a function: `"a:b/c@1.0.0#[method]r.f"`. */
export function coreExportName(contract: Contract, { kind, name, resource }: WitFunction): string {
  const local = kind === "free"
    ? name
    : kind === "constructor"
    ? `[constructor]${resource}`
    : `[${kind}]${resource}.${name}`;
  return `${contract.qualifiedName}#${local}`;
}

/** Name under which a core module exports a resource's destructor. */
export function destructorName(contract: Contract): string {
  return `${contract.qualifiedName}#[dtor]${contract.resource}`;
}

/** Prefix of the name of the function called after a result was read. */
export const POST_RETURN_PREFIX = "cabi_post_";

/** Module a component's core module imports its own resource's functions from. */
export function resourceModule(contract: Contract): string {
  return `[export]${contract.qualifiedName}`;
}
