import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { TAKES_TOKENS_AT_ONCE } from "../core/conformance/policy_checks.ts";
import type { Policy } from "../core/host/mod.ts";
import { unwrap } from "../core/host/mod.ts";
import { hasClang } from "../wasm/sdk/compile_c.ts";
import { readPluginManifest } from "../wasm/sdk/plugin_manifest.ts";
import type { Config, Description } from "../wasm/wit/policy/since-v0.1.0/policy.ts";
import { builtPolicy } from "./testing/built_plugin.ts";
import { parameterValues } from "./testing/plugin_session.ts";

const FOLDER = new URL("./", import.meta.url);
const NONE = new Float32Array();

const CONFIG: Config = {
  layer: 2,
  layers: 32,
  queryHeads: 4,
  kvHeads: 2,
  headDim: 16,
  elementBytes: 2,
  budget: 64,
  maxTokens: 256,
  seed: 1,
  parameters: [],
  calibration: new Uint8Array(),
  queryProjection: NONE,
  keyProjection: NONE,
};

/** Folders of policies that can be built here. */
async function policies(): Promise<string[]> {
  const clang = await hasClang();
  return [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort().filter((name) => {
    const folder = new URL(`${name}/`, FOLDER);
    try {
      Deno.statSync(new URL("plugin.json", folder));
    } catch {
      return false;
    }
    const { kind, lang } = readPluginManifest(folder);
    return kind === "policy" && (lang !== "c" || clang);
  });
}

/** The table under a heading of a README: rows of cells. */
function readmeTable(readme: string, heading: string): string[][] {
  const section = readme.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("|")).slice(2);
  return rows.map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function checkReadme(name: string, { parameters, citation }: Description): void {
  const readme = Deno.readTextFileSync(new URL(`${name}/README.md`, FOLDER));
  const headings = [...readme.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  deepStrictEqual(headings, [
    "Source",
    "Parameters",
    "Contract",
    "Where we differ, and why",
  ]);
  deepStrictEqual(
    readmeTable(readme, "Parameters").map(([parameter]) => parameter?.replaceAll("`", "")),
    parameters.map((parameter) => parameter.name),
  );
  if (citation.identifier !== "" && !name.endsWith("-ts")) {
    ok(readme.includes(citation.identifier), `Expected ${citation.identifier} in the README`);
  }
}

async function checkRefusals(policy: Policy, description: Description): Promise<void> {
  const values = parameterValues(description, {});
  const surplus = await policy.describe([...values, { tag: "flag", value: true }]);
  strictEqual(surplus.kind === "declined" && surplus.error.tag, "parameter-count");
  for (const index of values.keys()) {
    const wrong = values.map((value, at) =>
      at === index ? { tag: "real", value: -1e300 } as const : value
    );
    const outcome = await policy.describe(wrong);
    deepStrictEqual(outcome.kind === "declined" && outcome.error, {
      tag: "bad-parameter",
      value: index,
    });
  }
  if (description.name === "full") return;
  const shapeless = await policy.open({ ...CONFIG, queryHeads: 3 });
  strictEqual(shapeless.kind === "declined" && shapeless.error.tag, "unsupported-shape");
}

async function checkLengths(policy: Policy, { inputs }: Description): Promise<void> {
  if (!inputs.includes("keys")) return;
  const session = unwrap(await policy.open(CONFIG));
  const short = { count: 2, keys: new Float32Array(7), values: NONE, unrotatedKeys: NONE };
  const outcome = await session.prefill(short);
  deepStrictEqual(outcome.kind === "declined" && outcome.error, {
    tag: "wrong-length",
    value: { expected: 64, found: 7 },
  });
  session.close();
}

async function checkCalibration(policy: Policy, { inputs }: Description): Promise<void> {
  if (!inputs.includes("calibration")) return;
  const outcome = await policy.open({ ...CONFIG, calibration: new Uint8Array(12) });
  strictEqual(outcome.kind === "declined" && outcome.error.tag, "bad-calibration");
}

for (const name of await policies()) {
  const left = await TAKES_TOKENS_AT_ONCE.leftOut?.({
    policy: await builtPolicy(name),
    parameters: [],
  });
  Deno.test({
    name: `${name} does not care how new tokens come in${left ? ` (left out: ${left})` : ""}`,
    ignore: left !== undefined,
    fn: async () => {
      const policy = await builtPolicy(name);
      await TAKES_TOKENS_AT_ONCE.run({ policy, parameters: [] });
      policy.close();
    },
  });

  Deno.test(`${name} describes itself, and declines what it cannot serve`, async () => {
    const policy = await builtPolicy(name);
    const description = unwrap(await policy.describe());
    strictEqual(description.name, name);
    match(description.summary, /^[A-Z].*\.$/);
    for (const { summary } of description.parameters) match(summary, /^[A-Z].*\.$/);
    ok(description.citation.title !== "");
    checkReadme(name, description);
    await checkRefusals(policy, description);
    await checkLengths(policy, description);
    await checkCalibration(policy, description);
    policy.close();
  });
}
