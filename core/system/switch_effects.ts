/**
 * What each switch between two profiles changes, alone and together.
 *
 * @module
 */
import type { MemoryModel } from "../memory/memory_model.ts";
import type { SystemRow } from "./columns.ts";
import { type SimulateOptions, simulateSystem } from "./simulate.ts";
import type { SystemSpec } from "./spec.ts";
import { type Profile, quirks, type SwitchName, type SwitchValue } from "./switches.ts";

/** One switch, turned. */
interface SwitchEffect {
  readonly name: SwitchName;
  readonly from: SwitchValue;
  readonly to: SwitchValue;
  /** The experiment with this switch alone turned. */
  readonly alone: SystemRow;
  /** The experiment with this and all earlier ones turned. */
  readonly together: SystemRow;
  /** Why it was left as it was: what the experiment was refused for. */
  readonly refused?: string;
}

/** All switches, in the order of the table. */
export interface SwitchEffects {
  readonly before: SystemRow;
  readonly effects: readonly SwitchEffect[];
  readonly after: SystemRow;
}

/**
 * Turns an experiment's switches to those of another profile, one by one.
 *
 * A switch that has the experiment refused (`capacity`, where it does not fit) is left as it is and
 * says why.
 *
 * @param spec the experiment with the switches to begin from
 */
export async function switchEffects(
  spec: SystemSpec,
  profile: Profile,
  memory: MemoryModel | undefined,
  options: SimulateOptions = {},
): Promise<SwitchEffects> {
  const rowOf = async (changes: Readonly<Record<string, SwitchValue>>) => {
    const switches = { ...spec.switches, ...changes } as SystemSpec["switches"];
    return (await simulateSystem({ ...spec, switches }, memory, options)).row;
  };
  const before = await rowOf({});
  const effects: SwitchEffect[] = [];
  const turned: Record<string, SwitchValue> = {};
  let after = before;
  for (const name of Object.keys(quirks) as SwitchName[]) {
    const [from, to] = [spec.switches[name], quirks[name].profiles[profile]];
    if (from === to) continue;
    try {
      const alone = await rowOf({ [name]: to });
      const together = await rowOf({ ...turned, [name]: to });
      turned[name] = to;
      after = together;
      effects.push({ name, from, to, alone, together });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      effects.push({ name, from, to, alone: before, together: after, refused: error.message });
    }
  }
  return { before, effects, after };
}
