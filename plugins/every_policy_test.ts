import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { TAKES_TOKENS_AT_ONCE } from "../core/conformance/policy_checks.ts";
import { PolicyRun, type RunStep } from "../core/conformance/policy_run.ts";
import type { Policy } from "../core/host/mod.ts";
import { reproduciblePolicies } from "../core/host/built_in_policies.ts";
import { builtInPolicies, unwrap } from "../core/host/mod.ts";
import { missingToolchain } from "../wasm/sdk/missing_toolchain.ts";
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

/** Policies, and why those that cannot be built here are not. */
async function policies(): Promise<{ name: string; missing: string | undefined }[]> {
  const named = builtInPolicies().map(async (name) => {
    const { lang } = readPluginManifest(new URL(`${name}/`, FOLDER));
    return { name, missing: await missingToolchain(lang) };
  });
  return await Promise.all(named);
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

async function reasonToLeaveOut(name: string): Promise<string | undefined> {
  const policy = await builtPolicy(name);
  const reason = await TAKES_TOKENS_AT_ONCE.leftOut?.({ policy, parameters: [] });
  policy.close();
  return reason && `left out: ${reason}`;
}

/** Answers of a short run of a layer: a prompt in two blocks, then steps past a block of 64. */
async function answers(name: string, metering: boolean) {
  const policy = await builtPolicy(name, { metering });
  try {
    const shape = { queryHeads: 8, kvHeads: 2, headDim: 32 };
    const layer = await PolicyRun.open(policy, { shape, budget: 40, maxTokens: 220 });
    const prompt = await layer.prefill([100, 51]);
    const steps: RunStep[] = [];
    for (let step = 0; step < 66; step++) {
      const { milliseconds: _, ...taken } = await layer.step();
      steps.push(taken);
    }
    layer.close();
    return { prompt, steps, fuel: layer.most.fuel };
  } finally {
    policy.close();
  }
}

for (const { name, missing } of await policies()) {
  const test = (what: string, fn: () => Promise<void>, leftOut?: string) => {
    const why = missing === undefined ? leftOut : `skipped: ${missing}`;
    const title = `${name} ${what}${why === undefined ? "" : ` (${why})`}`;
    Deno.test({ name: title, ignore: why !== undefined, fn });
  };
  const notAsked = missing === undefined ? await reasonToLeaveOut(name) : undefined;

  test("does not care how new tokens come in", async () => {
    const policy = await builtPolicy(name);
    await TAKES_TOKENS_AT_ONCE.run({ policy, parameters: [] });
    policy.close();
  }, notAsked);

  test("describes itself, and declines what it cannot serve", async () => {
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

  if (!reproduciblePolicies().includes(name)) continue;
  test("answers the same without metering", async () => {
    const { fuel, ...metered } = await answers(name, true);
    const { fuel: none, ...unmetered } = await answers(name, false);
    deepStrictEqual(unmetered, metered);
    ok(fuel > 0 && none === 0);
  });
}
