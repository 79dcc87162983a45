import type { RunService } from "../../../core/run/run_service.ts";
import { componentAt } from "../component_source.ts";
import type { Surroundings } from "../surroundings.ts";
import { unexpected } from "../user_error.ts";

/**
 * Keeps a component and says how runs name it.
 *
 * @throws {UserError} when there is no such file
 * @throws {PluginRefusedError} when it may not be run
 */
export async function addPlugin(service: RunService, file: string, { out }: Surroundings) {
  const component = await componentAt(file);
  if (component === undefined) throw unexpected("the path of a component", file);
  const { facts } = await service.plugins.upload(component);
  out(`sha256:${facts.digest} ${facts.kind} ${String(facts.description.name)}\n`);
}
