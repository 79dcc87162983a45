/**
 * Every way in which the reference programs disagree with each other or with sense, as one table.
 *
 * A new quirk is one new entry: its name, what it may be set to, and what each profile sets it to.
 * The code that obeys it reads `switches["its-name"]`, typed by the entry.
 *
 * @module
 */

import { showValue } from "./show_value.ts";

/**
 * Sets of values: the STARC artifact (ASPLOS'26), the AttAcc simulator it grew from, and what either
 * would compute without its defects.
 */
export const profiles = ["artifact", "attacc", "corrected"] as const;

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
    profiles: { artifact: 8, attacc: 1, corrected: 1 },
  }),
  "partition-tokens": quirk({
    values: [409600, 4096],
    does: "sizes each head's key partition for so many tokens",
    source: "STARC and AttAcc trace_gen/gen_trace_attacc_bank.py",
    effect:
      "where heads share a channel their keys start in other DRAM rows: cycles differ slightly",
    profiles: { artifact: 409600, attacc: 4096, corrected: 409600 },
  }),
  "odd-tail": quirk({
    values: ["once", "per-step"],
    does: "emits the softmax block of an unpaired group of heads once, or in every score step",
    source:
      "AttAcc trace_gen/gen_trace_attacc_*.py, first commit; its shipped ramulator.out has it",
    effect: "per-step: more softmax and buffer moves, longer attention",
    profiles: { artifact: "once", attacc: "once", corrected: "once" },
  }),
  "second-context": quirk({
    values: ["first", "own"],
    does:
      "has the second of two overlapped groups of heads read the first one's values, or its own",
    source: "AttAcc and STARC trace_gen/gen_trace_attacc_*.py: index i instead of i + 1",
    effect:
      "more than 16 heads a stack: first reads other DRAM rows, and too many where the second " +
      "group is smaller",
    profiles: { artifact: "first", attacc: "first", corrected: "own" },
  }),
  "partner-traffic": quirk({
    values: ["truncated", "whole"],
    does:
      "moves an overlapped partner's operands in strides rounded down, which drops some, or all",
    source: "AttAcc and STARC trace_gen/gen_trace_attacc_*.py: stride lengths cut to integers",
    effect: "more than 16 heads a stack: fewer buffer commands, the fewer the longer the context",
    profiles: { artifact: "truncated", attacc: "truncated", corrected: "whole" },
  }),
  "buffer-traffic": quirk({
    values: ["twice", "once", "fresh"],
    does:
      "counts a MAC of buffer PIM as two columns (both pseudo-channels), as one, or fresh: two " +
      "in the first step and one in the others, as a run with an empty cache does",
    source: "AttAcc src/ramulator_wrapper.py: run() counts one, output() from the cache two",
    effect: "g_attn_mem_energy of --pim buffer",
    profiles: { artifact: "twice", attacc: "twice", corrected: "twice" },
  }),
  "pair-clustering": quirk({
    values: ["simulated", "zero"],
    does: "simulates a clustering step with more than 16 heads a stack, or counts it as zero",
    source: "STARC trace_gen/gen_trace_attacc_bank.py writes a trace that Ramulator refuses, " +
      "src/ramulator_wrapper.py takes that for zero cycles",
    effect: "zero: the last step's attention costs nothing",
    profiles: { artifact: "simulated", attacc: "simulated", corrected: "simulated" },
  }),
  "bg-buffer-programs": quirk({
    values: ["simulated", "zero"],
    does: "simulates bank-group and buffer PIM as AttAcc does, or counts them as zero",
    source:
      "STARC ships no trace_gen/gen_trace_attacc_{bg,buffer}.py and takes the failure for zero",
    effect: "zero: attention costs no time and no memory energy with --pim bg or buffer",
    profiles: { artifact: "simulated", attacc: "simulated", corrected: "simulated" },
  }),
  "ratio-mode": quirk({
    values: ["reachable", "unreachable"],
    does: "obeys --sparsity_ratio, or keeps 1024 tokens whatever it says",
    source:
      "STARC src/ramulator_wrapper.py sends no budget; the generator's own default, 1024, wins",
    effect: "unreachable: a ratio means a budget of 1024 tokens",
    profiles: { artifact: "reachable", attacc: "reachable", corrected: "reachable" },
  }),
  "pim-head-dim": quirk({
    values: ["table", "layers"],
    does: "takes the size of a head in PIM from the model table, or hidden / heads as layers do",
    source: "AttAcc src/ramulator_wrapper.py against src/model.py",
    effect: "MT-76B (128 or 256) and MT-146B (128 or 153): attention cycles and traffic",
    profiles: { artifact: "table", attacc: "table", corrected: "layers" },
  }),
  "feed-forward": quirk({
    values: ["by-name", "as-built"],
    does: "gives the three-matrix SwiGLU to models named LLAMA only, or to all that have it",
    source: "AttAcc src/model.py, src/system.py",
    effect: "by-name: Mistral-7B and Llama-8B have a two-matrix GELU block",
    profiles: { artifact: "by-name", attacc: "by-name", corrected: "as-built" },
  }),
  "dgx-cpu-gpus": quirk({
    values: ["eight", "given"],
    does: "builds dgx-cpu with 8 GPUs of 80 GiB, or with --ngpu of --gmemcap",
    source: "AttAcc and STARC main.py build that system from defaults",
    effect: "eight: --ngpu and --gmemcap change nothing for --system dgx-cpu",
    profiles: { artifact: "eight", attacc: "eight", corrected: "given" },
  }),
  "key-value-heads": quirk({
    values: ["query-heads", "read-by-each", "read-once"],
    does: "stores keys and values for every query head, or for the model's own key-value heads, " +
      "which each query of a group reads by itself, or all queries of a group at once",
    source: "AttAcc and STARC src/config.py read gqa_size and use it nowhere",
    effect: "grouped-query models (Mistral-7B, Llama-8B): KV cache, QKV projection and transfers " +
      "4 times too large; read-once: attention traffic and heads a stack too",
    profiles: { artifact: "query-heads", attacc: "query-heads", corrected: "read-once" },
  }),
  "hidden-time": quirk({
    values: ["with-softmax", "bounded"],
    does: "lets attention hide projections for as long as the program and a softmax over the " +
      "whole context take, three quarters of it from QKV; or for as long as attention really " +
      "takes, from each projection in proportion",
    source: "AttAcc src/system.py _pipeline sets the softmax time to 0 after it has counted it",
    effect: "with-softmax: the longer the context the less the projections take; proj may fall " +
      "below zero",
    profiles: { artifact: "with-softmax", attacc: "with-softmax", corrected: "bounded" },
  }),
  "softmax-time": quirk({
    values: ["none", "exposed"],
    does: "counts no time for the softmax unit, or that of heads whose softmax no other heads' " +
      "MACs run beside",
    source: "AttAcc src/system.py; PIM_SFM takes two cycles of the bus whatever the length",
    effect: "none: attention of up to 16 heads a stack is shorter by its softmax",
    profiles: { artifact: "none", attacc: "none", corrected: "exposed" },
  }),
  "softmax-tokens": quirk({
    values: ["context", "kept"],
    does: "takes the softmax over the whole context, or over the tokens that are read",
    source: "AttAcc src/model.py knows no sparsity, and STARC left it as it is",
    effect: "context: softmax energy, and what attention hides, do not shrink with the budget",
    profiles: { artifact: "context", attacc: "context", corrected: "kept" },
  }),
  "attention-arithmetic": quirk({
    values: ["dense-score", "kept"],
    does: "charges arithmetic of the score GEMV over the whole context and none of the context " +
      "GEMV, or of both over the tokens that are read",
    source: "AttAcc src/devices.py: the context layer returns zeros",
    effect: "dense-score: g_attn_comp_energy and g_flops do not shrink with the budget, and half " +
      "of full attention's arithmetic is free",
    profiles: { artifact: "dense-score", attacc: "dense-score", corrected: "kept" },
  }),
  "way-energy": quirk({
    values: ["per-bit-on-bytes", "per-byte"],
    does: "multiplies bytes between buffer die and GEMV units by energies of a bit, or of a byte",
    source: "AttAcc src/config.py lists them without the factor 8 that all others have",
    effect: "per-bit-on-bytes: that part of g_attn_mem_energy is 8 times too small",
    profiles: { artifact: "per-bit-on-bytes", attacc: "per-bit-on-bytes", corrected: "per-byte" },
  }),
  "activation-energy": quirk({
    values: ["by-bytes", "by-rows"],
    does: "charges activations of bank PIM by the bytes that are read, or by the rows opened",
    source: "AttAcc src/config.py adds the activation's energy of a bit to the cell's",
    effect: "by-bytes: a row opened for one column costs a 32nd of a row read as a whole",
    profiles: { artifact: "by-bytes", attacc: "by-bytes", corrected: "by-rows" },
  }),
  "stack-energy": quirk({
    values: ["fullest", "mean"],
    does: "charges every stack what the fullest one spends, or what it spends itself",
    source: "AttAcc src/ramulator_wrapper.py rounds heads up and multiplies by 5 stacks",
    effect: "fullest: 64 heads on 5 stacks cost the energy of 65",
    profiles: { artifact: "fullest", attacc: "fullest", corrected: "mean" },
  }),
  "key-value-write": quirk({
    values: ["none", "written"],
    does: "lets the new token's key and value appear in memory, or writes them",
    source: "AttAcc and STARC trace_gen/gen_trace_attacc_*.py emit no write",
    effect: "none: no time and energy for writing",
    profiles: { artifact: "none", attacc: "none", corrected: "written" },
  }),
  "top-k": quirk({
    values: ["free", "buffer-die", "gpu"],
    does: "with --selection: lets choosing the largest scores cost nothing, or has the softmax " +
      "unit on the buffer die do it, or the GPU, which the scores and the indices travel to and from",
    source:
      "AttAcc and STARC simulate no selection; STARC's paper leaves argmax to the host (table 1)",
    effect: "free: no time and energy for choosing; gpu: the more scores, as of SparQ's every " +
      "token, the longer on the link",
    profiles: { artifact: "free", attacc: "free", corrected: "buffer-die" },
  }),
  "operations-per-byte": quirk({
    values: ["of-16-bit", "of-the-word"],
    does: "gives sys_opb for 16-bit operands, or for those of --word",
    source: "AttAcc src/system.py compares an enumeration with a string, which is never equal",
    effect: "of-16-bit: sys_opb of --word 1 is half of what the GPUs do",
    profiles: { artifact: "of-16-bit", attacc: "of-16-bit", corrected: "of-the-word" },
  }),
  "capacity": quirk({
    values: ["reported", "enforced"],
    does: "only reports the bytes a run takes, or refuses one that does not fit",
    source: "AttAcc src/system.py computes required_cap and compares it with nothing",
    effect: "reported: models and batches that no machine of this size can hold get results",
    profiles: { artifact: "reported", attacc: "reported", corrected: "enforced" },
  }),
  "pim-link": quirk({
    values: ["nvlink3", "of-the-gpu"],
    does: "joins GPUs and accelerators by NVLINK3 whatever the GPU, or by the GPU's own link",
    source: "AttAcc main.py builds the PIM configuration with NVLINK3",
    effect: "nvlink3: transfers from and to an H100 take 1.5 times as long",
    profiles: { artifact: "nvlink3", attacc: "nvlink3", corrected: "of-the-gpu" },
  }),
  "prompt-flops": quirk({
    values: ["per-step", "whole"],
    does: "divides the prompt's operations by the decode steps, or gives them as they are",
    source: "AttAcc src/system.py",
    effect: "per-step: s_flops is no property of the prompt",
    profiles: { artifact: "per-step", attacc: "per-step", corrected: "whole" },
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
