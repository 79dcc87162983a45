import { deepEqual, equal, match } from "node:assert/strict";
import { kvpim } from "../testing.ts";

const EXPERIMENT = "simulate --model Mistral-7B --lin 128 --lout 3 --batch 2 --json".split(" ");

async function figures(args: readonly string[]): Promise<{ row: unknown; err: string }> {
  const { code, out, err } = await kvpim([...EXPERIMENT, ...args]);
  equal(code, 0, err);
  // The switches of the accelerators are columns of their own.
  const { "power constraint": _power, "is parallel": _ff, pipe_level: _pipe, ...row } =
    JSON.parse(out).row;
  return { row, err };
}

const ATTACC = ["--system", "dgx-attacc"];
const SPARSE = [...ATTACC, "--sparsity", "--kv_budget", "64"];
/** What is given, what in it is idle, and how that is said. */
const IDLE: readonly (readonly [given: string[], idle: string[], note: string])[] = [
  [ATTACC, ["--sparsity_ratio", "0.5"], "changes nothing without --sparsity"],
  [SPARSE, ["--sparsity_ratio", "0.5"], "changes nothing beside a budget"],
  [ATTACC, ["--row_size", "32"], "changes nothing where all tokens are read"],
  [ATTACC, ["--selection", "quest"], "changes nothing where all tokens are read"],
  [ATTACC, ["--rows", "scattered"], "changes nothing where all tokens are read"],
  [
    [...ATTACC, "--rows", "scattered"],
    ["--seed", "7"],
    "changes nothing where all tokens are read",
  ],
  [SPARSE, ["--locality", "2"], "changes nothing without --rows scattered"],
  [SPARSE, ["--seed", "7"], "changes nothing without --rows scattered"],
  [SPARSE, ["--tile"], "changes nothing without --trace"],
  [[], ["--pim", "buffer"], "changes no time and no energy with --system dgx"],
  [[], ["--powerlimit"], "changes no time and no energy with --system dgx"],
  [["--system", "dgx-cpu"], ["--memory", "hbm3-jedec-bank"], "changes no time and no energy .*"],
];

for (const [given, idle, note] of IDLE) {
  Deno.test(`${[...given, ...idle].join(" ")}: ${idle[0]} ${note}, and that is said`, async () => {
    const [without, beside] = [await figures(given), await figures([...given, ...idle])];
    deepEqual(beside.row, without.row);
    match(beside.err, new RegExp(`^note: ${idle[0]} ${note}\\.$`, "m"));
  });
}

Deno.test("what is of use is not said to be idle", async () => {
  const scattered = "--rows scattered --locality 2 --seed 7 --row_size 16 --selection quest";
  const { err } = await figures([...SPARSE, ...scattered.split(" "), "--powerlimit"]);
  equal(/changes n/.test(err), false, err);
});

Deno.test("clustering and reads that no method is charged with are told", async () => {
  const compare = async (...more: string[]) => {
    const args = [...EXPERIMENT, ...ATTACC, "--compare", "--method", "a=64", ...more];
    return (await kvpim(args)).err;
  };
  match(
    await compare("--clustering", "last-step"),
    /^note: --clustering is charged to a method named STARC, and there is none\.$/m,
  );
  match(
    await compare("--selection", "by-method"),
    /^note: --selection by-method charges nothing: no method has a policy's name\.$/m,
  );
  const charged = await compare("--method", "Quest=64", "--selection", "by-method");
  equal(/charges nothing/.test(charged), false, charged);
});
