/**
 * The 51 columns of the artifact's output.csv.
 *
 * @module
 */

/**
 * How the reference prints a column: Python's str, int, float and bool; `size` is an int, or a
 * float where the model's feed-forward ratio is a fraction.
 */
type ColumnKind = "text" | "int" | "float" | "bool" | "size";

/** One column. */
export interface Column<Name extends string = string, Kind extends ColumnKind = ColumnKind> {
  /** As in the artifact's header row. */
  readonly name: Name;
  readonly kind: Kind;
  /** Unit, `""` for names, counts and ratios. */
  readonly unit: string;
  readonly meaning: string;
}

const text = <const Name extends string>(name: Name, meaning: string) =>
  ({ name, kind: "text", unit: "", meaning }) as const;
const bool = <const Name extends string>(name: Name, meaning: string) =>
  ({ name, kind: "bool", unit: "", meaning }) as const;
const int = <const Name extends string>(name: Name, unit: string, meaning: string) =>
  ({ name, kind: "int", unit, meaning }) as const;
const float = <const Name extends string>(name: Name, unit: string, meaning: string) =>
  ({ name, kind: "float", unit, meaning }) as const;

/** The columns, in order. Prefix s_ is the prompt's pass, g_ one generated token of the batch. */
export const columns = [
  text("model", "name of the model"),
  text("dtype", "W16A16 or W8A8: bits of weights and activations"),
  text("xpu", "what runs the layers outside attention"),
  int("cap", "GiB", "memory of all devices"),
  float("bw", "", "memory bandwidth of one accelerator over that of one GPU"),
  float("sys_opb", "FLOP/B", "peak operations a GPU has for each byte of memory bandwidth"),
  text("hw", "where attention runs: BA, BG or BUFFER in memory, CPU, or NONE for the GPU"),
  int("cores", "", "GPUs"),
  bool("pipe_level", "whether projections overlap attention (--pipeopt)"),
  bool("is parallel", "whether the accelerator shares feed-forward layers (--ffopt)"),
  bool("power constraint", "whether PIM keeps its power budget (--powerlimit)"),
  int("gqa_size", "", "always 0 in the reference"),
  int("Lin", "tokens", "prompt"),
  int("Lout", "tokens", "generated, the prompt's own included"),
  int("bs", "", "requests of the batch"),
  {
    name: "required_cap",
    kind: "size",
    unit: "bytes",
    meaning: "weights, KV cache and temporaries at the end of the run",
  },
  float("s_flops", "FLOP", "prompt, over the decode steps"),
  float("g_flops", "FLOP", "one decode step"),
  float("s_time", "ms", "prompt, without transfers to the accelerator"),
  float("s_matmul", "ms", "score and context"),
  float("s_fc", "ms", "projections and feed-forward"),
  float("s_comm", "ms", "all-reduces"),
  float("s_softmax", "ms", "softmax"),
  float("s_act", "ms", "activation functions"),
  float("s_lnorm", "ms", "norms"),
  float(
    "g_time (ms)",
    "ms",
    "one decode step: the sum of g_matmul, g_fc, g_comm, g_etc, g_softmax",
  ),
  float("g_matmul", "ms", "score and context; in memory softmax too"),
  float("g_fc", "ms", "projections and feed-forward: g_qkv_time, g_prj_time and g_ff_time"),
  float("g_comm", "ms", "g2g_comm and c2g_comm"),
  float("g_etc", "ms", "g_act and g_lnorm"),
  float("g_qkv_time", "ms", "what attention does not hide of the query, key, value projection"),
  float("g_prj_time", "ms", "what attention does not hide of the output projection"),
  float("g_ff_time", "ms", "feed-forward"),
  float("g2g_comm", "ms", "all-reduces"),
  float("c2g_comm", "ms", "transfers between GPU and accelerator"),
  float("g_softmax", "ms", "softmax, where it does not run in memory"),
  float("g_act", "ms", "activation functions"),
  float("g_lnorm", "ms", "norms"),
  float("g_energy (nJ)", "nJ", "one decode step"),
  float("g_dram_energy", "nJ", "memory: cells, and all the way to the units"),
  float("g_l2_energy", "nJ", "L2 cache"),
  float("g_l1_energy", "nJ", "L1 cache"),
  float("g_reg_energy", "nJ", "registers"),
  float("g_alu_energy", "nJ", "arithmetic"),
  float("g_fc_mem_energy", "nJ", "projections and feed-forward: memory"),
  float("g_fc_comp_energy", "nJ", "projections and feed-forward: caches, registers, arithmetic"),
  float("g_attn_mem_energy", "nJ", "attention: memory"),
  float("g_attn_comp_energy", "nJ", "attention: caches, registers, arithmetic"),
  float("g_etc_mem_energy", "nJ", "activation functions and norms: memory"),
  float("g_etc_comp_energy", "nJ", "activation functions and norms: caches, registers, arithmetic"),
  float("g_comm_energy", "nJ", "links"),
] as const satisfies readonly Column[];

type ColumnEntry = typeof columns[number];

interface ValueOfKind {
  readonly text: string;
  readonly int: number;
  readonly float: number;
  readonly bool: boolean;
  readonly size: number;
}

/** Name of a column. */
export type ColumnName = ColumnEntry["name"];

/** A result: each column's value under its name. */
export type SystemRow = { readonly [C in ColumnEntry as C["name"]]: ValueOfKind[C["kind"]] };
