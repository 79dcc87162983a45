import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { fileURLToPath, pathToFileURL } from "node:url";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import { filesIn, inFolder, kvpim } from "./testing.ts";

const testdata = (name: string) =>
  fileURLToPath(new URL(`../../wasm/sdk/testdata/${name}`, import.meta.url));

/** Runs a test with components of others, as files: to build them for each command takes longest. */
const withComponents = (test: (fileOf: (name: string) => string) => Promise<void>) =>
  inFolder(async (folder) => {
    for (const name of ["ideal", "nearest", "hostile-memory"]) {
      const component = await builtComponent(pathToFileURL(`${testdata(name)}/`));
      await Deno.writeFile(`${folder}/${name}.wasm`, component);
    }
    await test((name) => `${folder}/${name}.wasm`);
  });
const PROGRAM = ["dram", "--seqlen", "2049", "--nhead", "13", "--powerlimit"];
const EXPERIMENT = [
  ...["simulate", "--system", "dgx-attacc", "--gpu", "H100", "--model", "Mistral-7B"],
  ...["--powerlimit", "--lin", "256", "--lout", "8", "--batch", "16"],
];

/** Cycles, length of one in picoseconds and MACs of a program. */
async function figures(...more: string[]) {
  const { out, err } = await kvpim([...PROGRAM, "--json", ...more]);
  equal(err, "");
  const { cycles, clock_ps, counts } = JSON.parse(out);
  return [cycles, clock_ps, counts.PIM_MAC_AB ?? counts.PIM_MAC_SB ?? counts.PIM_MAC_PB];
}

Deno.test("the memory is hbm3-pim where --pim says, or the one that is named", async () => {
  const bank = await figures();
  deepEqual(bank, [3930, 769, 6708]);
  deepEqual(await figures("--memory", "hbm3-pim-bank"), bank);
  deepEqual(await figures("--memory", "hbm3-jedec-bank"), [4750, 625, 6708]);
  const buffer = ["--generator", "attacc", "--pim", "buffer"];
  deepEqual(await figures(...buffer, "--memory", "hbm3-pim-buffer"), await figures(...buffer));
});

Deno.test("a stranger's memory is run from its folder", async () => {
  deepEqual(await figures("--memory", testdata("ideal")), [13 * 2049, 500, 13 * 2049 / 16 | 0]);
});

Deno.test(
  "a component's results are kept by its digest, and what it was taken apart to",
  inFolder(async (folder) => {
    const component = `${folder}/ideal.wasm`;
    const built = await kvpim(["plugin", "build", testdata("ideal"), "--output", component]);
    equal(built.code, 0, built.err);
    const env = { KVPIM_CACHE: `${folder}/cache` };
    const mine = ["--memory", component, "--json"];
    const first = await kvpim([...PROGRAM, ...mine], { env });
    const again = await kvpim([...PROGRAM, ...mine], { env });
    equal(again.out, first.out);
    const other = await kvpim([...PROGRAM, "--json"], { env });
    notEqual(other.out, first.out);
    equal(filesIn(`${folder}/cache`).includes("transpiled"), true);
    equal(filesIn(`${folder}/cache/transpiled`).length, 1);
  }),
);

Deno.test(
  "an experiment takes the cycles and the clock of its memory",
  withComponents(async (fileOf) => {
    const attention = async (...more: string[]) => {
      const { out, code, err } = await kvpim([...EXPERIMENT, "--json", ...more]);
      equal(code, 0, err);
      return JSON.parse(out).row.g_matmul;
    };
    const [standard, jedec, ideal] = [
      await attention(),
      await attention("--memory", "hbm3-jedec-bank"),
      await attention("--memory", fileOf("ideal")),
    ];
    equal(await attention("--memory", "hbm3-pim-bank"), standard);
    // More cycles, shorter ones.
    equal(jedec > 0.9 * standard && jedec < 1.1 * standard && jedec !== standard, true);
    notEqual(ideal, standard);
  }),
);

const mistakes = (fileOf: (name: string) => string): [args: string[], message: RegExp][] => [
  [
    [...PROGRAM, "--memory", "hbm3-pim-bnk"],
    /^kvpim: --memory: expected one of hbm3-pim-bank, .* or the path of a component, but found "hbm3-pim-bnk"; did you mean hbm3-pim-bank\?\n$/,
  ],
  [
    [...PROGRAM, "--memory", fileOf("nearest")],
    /^kvpim: \S*nearest\.wasm: refused: it does not export kvpim:memory\/memory@0.1.0\n$/,
  ],
  [
    [...PROGRAM, "--pim", "bg", "--generator", "attacc", "--memory", "hbm3-pim-bank"],
    /^kvpim: expected PIM at the bank with the memory hbm3-pim-bank but found it at the bankgroup\n$/,
  ],
  [
    [...EXPERIMENT, "--pim", "buffer", "--memory", "hbm3-jedec-bank"],
    /^kvpim: expected PIM at the bank with the memory hbm3-jedec-bank but found it at the buffer\n$/,
  ],
  [
    [...PROGRAM, "--dhead", "5", "--memory", fileOf("hostile-memory")],
    /^kvpim: hostile-memory: trapped \(unreachable\) in /,
  ],
  [
    [...PROGRAM, "--dhead", "8", "--memory", fileOf("hostile-memory")],
    /^kvpim: hostile-memory: broke the contract: Expected a cycle longer than 0 ns/,
  ],
  [
    ["dram", "--trace", "a", "--timing", "HBM3_5.2Gbps", "--memory", "hbm3-pim-bank"],
    /^kvpim: --timing: expected no --memory beside it: that is a stack of its own\n$/,
  ],
  [[...PROGRAM, "--cmdlog", "a", "--memory", "hbm3-pim-bank"], /--cmdlog: expected no --memory/],
];

Deno.test(
  "whose energies an experiment shows is said where the memory is a stranger's",
  withComponents(async (fileOf) => {
    const notes = async (...more: string[]) => {
      const { out, code, err } = await kvpim([...EXPERIMENT, "--json", ...more]);
      equal(code, 0, err);
      return JSON.parse(out).notes.filter((note: string) => note.startsWith("Energies"));
    };
    deepEqual(await notes("--memory", "hbm3-jedec-bank"), []);
    deepEqual(await notes("--memory", fileOf("ideal")), [
      "Energies are those of AttAcc's stack for the commands that ideal counts; kvpim plugin bench " +
      "shows the energies it reports itself.",
    ]);
  }),
);

Deno.test(
  "a mistake with a memory is one line",
  withComponents(async (fileOf) => {
    for (const [args, message] of mistakes(fileOf)) {
      const { code, err } = await kvpim(args);
      match(err, message);
      deepEqual([code, err.trimEnd().includes("\n")], [2, false], args.join(" "));
    }
  }),
);
