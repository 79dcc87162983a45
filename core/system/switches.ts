/**
 * Every way in which the reference programs disagree with each other or with sense, as one table.
 *
 * A new quirk is one new entry: its name, what it may be set to, and what each profile sets it to.
 * The code that obeys it reads `switches["its-name"]`, typed by the entry.
 *
 * @module
 */

import { showValue } from "./show_value.ts";

/** Sets of values: the STARC artifact (ASPLOS'26) and the AttAcc simulator it grew from. */
export const profiles = ["artifact", "attacc"] as const;

/** Name of a profile. */
export type Profile = typeof profiles[number];

/** What a switch may be set to. */
export type SwitchValue = string | number;

/** One quirk of the reference. */
export interface Quirk<Value extends SwitchValue = SwitchValue> {
  /** Allowed values. */
  readonly values: readonly Value[];
  /** What each value does. */
  readonly does: string;
  /** The public file it comes from. */
  readonly source: string;
  /** What it changes in a result. */
  readonly effect: string;
  readonly profiles: Readonly<Record<Profile, NoInfer<Value>>>;
}

const quirk = <const Value extends SwitchValue>(entry: Quirk<Value>): Quirk<Value> => entry;

/** The table. */
export const quirks = {
  "gpu-time-divisor": quirk({
    values: [8, 1],
    does: "divides the GPU's times of activations, norms, all-reduces and transfers",
    source: "STARC simulator_starc/src/devices.py (AttAcc's does not divide)",
    effect: "g_comm, g_etc, s_comm, s_act and s_lnorm are 8 times smaller",
    profiles: { artifact: 8, attacc: 1 },
  }),
  "partition-tokens": quirk({
    values: [409600, 4096],
    does: "sizes each head's key partition for so many tokens",
    source: "STARC and AttAcc trace_gen/gen_trace_attacc_bank.py",
    effect:
      "where heads share a channel their keys start in other DRAM rows: cycles differ slightly",
    profiles: { artifact: 409600, attacc: 4096 },
  }),
  "odd-tail": quirk({
    values: ["once", "per-step"],
    does: "emits the softmax block of an unpaired group of heads once, or in every score step",
    source:
      "AttAcc trace_gen/gen_trace_attacc_*.py, first commit; its shipped ramulator.out has it",
    effect: "per-step: more softmax and buffer moves, longer attention",
    profiles: { artifact: "once", attacc: "once" },
  }),
  "second-context": quirk({
    values: ["first", "own"],
    does:
      "has the second of two overlapped groups of heads read the first one's values, or its own",
    source: "AttAcc and STARC trace_gen/gen_trace_attacc_*.py: index i instead of i + 1",
    effect:
      "more than 16 heads a stack: first reads other DRAM rows, and too many where the second " +
      "group is smaller",
    profiles: { artifact: "first", attacc: "first" },
  }),
  "partner-traffic": quirk({
    values: ["truncated", "whole"],
    does:
      "moves an overlapped partner's operands in strides rounded down, which drops some, or all",
    source: "AttAcc and STARC trace_gen/gen_trace_attacc_*.py: stride lengths cut to integers",
    effect: "more than 16 heads a stack: fewer buffer commands, the fewer the longer the context",
    profiles: { artifact: "truncated", attacc: "truncated" },
  }),
  "buffer-traffic": quirk({
    values: ["twice", "once", "fresh"],
    does:
      "counts a MAC of buffer PIM as two columns (both pseudo-channels), as one, or fresh: two " +
      "in the first step and one in the others, as a run with an empty cache does",
    source: "AttAcc src/ramulator_wrapper.py: run() counts one, output() from the cache two",
    effect: "g_attn_mem_energy of --pim buffer",
    profiles: { artifact: "twice", attacc: "twice" },
  }),
  "pair-clustering": quirk({
    values: ["simulated", "zero"],
    does: "simulates a clustering step with more than 16 heads a stack, or counts it as zero",
    source: "STARC trace_gen/gen_trace_attacc_bank.py writes a trace that Ramulator refuses, " +
      "src/ramulator_wrapper.py takes that for zero cycles",
    effect: "zero: the last step's attention costs nothing",
    profiles: { artifact: "simulated", attacc: "simulated" },
  }),
  "bg-buffer-programs": quirk({
    values: ["simulated", "zero"],
    does: "simulates bank-group and buffer PIM as AttAcc does, or counts them as zero",
    source:
      "STARC ships no trace_gen/gen_trace_attacc_{bg,buffer}.py and takes the failure for zero",
    effect: "zero: attention costs no time and no memory energy with --pim bg or buffer",
    profiles: { artifact: "simulated", attacc: "simulated" },
  }),
  "ratio-mode": quirk({
    values: ["reachable", "unreachable"],
    does: "obeys --sparsity_ratio, or keeps 1024 tokens whatever it says",
    source:
      "STARC src/ramulator_wrapper.py sends no budget; the generator's own default, 1024, wins",
    effect: "unreachable: a ratio means a budget of 1024 tokens",
    profiles: { artifact: "reachable", attacc: "reachable" },
  }),
  "pim-head-dim": quirk({
    values: ["table", "layers"],
    does: "takes the size of a head in PIM from the model table, or hidden / heads as layers do",
    source: "AttAcc src/ramulator_wrapper.py against src/model.py",
    effect: "MT-76B (128 or 256) and MT-146B (128 or 153): attention cycles and traffic",
    profiles: { artifact: "table", attacc: "table" },
  }),
  "feed-forward": quirk({
    values: ["by-name", "as-built"],
    does: "gives the three-matrix SwiGLU to models named LLAMA only, or to all that have it",
    source: "AttAcc src/model.py, src/system.py",
    effect: "by-name: Mistral-7B and Llama-8B have a two-matrix GELU block",
    profiles: { artifact: "by-name", attacc: "by-name" },
  }),
  "dgx-cpu-gpus": quirk({
    values: ["eight", "given"],
    does: "builds dgx-cpu with 8 GPUs of 80 GiB, or with --ngpu of --gmemcap",
    source: "AttAcc and STARC main.py build that system from defaults",
    effect: "eight: --ngpu and --gmemcap change nothing for --system dgx-cpu",
    profiles: { artifact: "eight", attacc: "eight" },
  }),
} as const;

/** Name of a switch. */
export type SwitchName = keyof typeof quirks;

/** Every switch with its value. */
export type Switches = {
  readonly [Name in SwitchName]: (typeof quirks)[Name]["values"][number];
};

/**
 * The values of a profile, some of them changed. Values may be given as text.
 *
 * @throws {RangeError} when a switch or a value is not in the table
 *
 * @example
 * ```ts
 * import { resolveSwitches } from "./switches.ts";
 * import { equal } from "node:assert/strict";
 *
 * const switches = resolveSwitches("artifact", { "gpu-time-divisor": "1" });
 * equal(switches["gpu-time-divisor"], 1);
 * equal(switches["partition-tokens"], 409600);
 * ```
 */
export function resolveSwitches(
  profile: Profile,
  overrides: Readonly<Record<string, SwitchValue>> = {},
): Switches {
  const table: Readonly<Record<string, Quirk>> = quirks;
  const values = Object.entries(table).map(([name, { profiles }]) => [name, profiles[profile]]);
  const changes = Object.entries(overrides).map(([name, value]) => {
    if (!Object.hasOwn(table, name)) {
      throw new RangeError(
        `Expected --switch to name one of ${Object.keys(table).join(", ")} but found ${
          showValue(name)
        }`,
      );
    }
    const { values } = table[name]!;
    const allowed = values.find((candidate) => String(candidate) === String(value));
    if (allowed === undefined) {
      throw new RangeError(
        `Expected --switch ${name} to be ${values.join(" or ")} but found ${showValue(value)}`,
      );
    }
    return [name, allowed];
  });
  return Object.fromEntries([...values, ...changes]) as Switches;
}

/** Names of the switches that differ from a profile's. */
export function changedSwitches(profile: Profile, switches: Switches): SwitchName[] {
  const names = Object.keys(quirks) as SwitchName[];
  return names.filter((name) => switches[name] !== quirks[name].profiles[profile]);
}
