/**
 * Evaluations and plugins in a real browser.
 *
 * @module
 */
/// <reference lib="dom" />
import { Buffer } from "node:buffer";
import { equal, match } from "node:assert/strict";
import type { Page } from "playwright-core";
import { builtComponent } from "../../../wasm/sdk/build_cache.ts";
import type { Caller } from "../testing.ts";
import { browserTests, fitsTelephone, keepPicture, NARROW } from "./testing.ts";

const browserTest = browserTests();

const TESTDATA = new URL("../../../wasm/sdk/testdata/", import.meta.url);

async function componentFile(name: string) {
  const component = await builtComponent(new URL(`${name}/`, TESTDATA));
  return {
    name: `${name}.wasm`,
    mimeType: "application/wasm",
    buffer: Buffer.from(component),
  };
}

/** Opens the form of a short evaluation without policies. */
async function openForm(page: Page, { url }: Caller) {
  const base = {
    promptTokens: 48,
    tokens: 24,
    budget: 16,
    recall: true,
    system: { system: "dgx-attacc", model: "GPT-13B" },
  };
  const query = new URLSearchParams({ base: JSON.stringify(base), policies: "[]" });
  await page.goto(`${url}/evaluate?${query}`);
  await page.getByRole("button", { name: "Evaluate" }).waitFor();
}

browserTest(
  "a component is uploaded, seen, and evaluated against full attention",
  async (page, caller) => {
    await openForm(page, caller);
    await page.getByLabel("Upload a component").setInputFiles({
      name: "notes.wasm",
      mimeType: "application/wasm",
      buffer: Buffer.from("no component"),
    });
    await page.getByText("not a WebAssembly component").waitFor();
    await keepPicture(page, "plugin-refused");
    await page.getByLabel("Upload a component").setInputFiles(await componentFile("nearest"));
    await page.getByText("kvpim:policy/policy@0.1.0").waitFor();
    match(
      await page.locator("#plugin-1").evaluate((select) =>
        (select as HTMLSelectElement).selectedOptions[0]!.textContent!
      ),
      /^nearest \([0-9a-f]{8}\)$/,
    );
    await keepPicture(page, "evaluate-form");
    await page.getByRole("button", { name: "Evaluate" }).click();
    await page.waitForURL(/\/sweeps\/[0-9a-f]{64}$/);
    await page.locator("figure svg").nth(1).waitFor();
    await keepPicture(page, "evaluated-sweep");
    await page.getByRole("link", { name: /^nearest \(/ }).first().click();
    await page.waitForURL(/\/runs\/[0-9a-f]{64}$/);
    await page.locator("figure svg").nth(1).waitFor();
    equal(await page.getByRole("cell", { name: "perplexity" }).count(), 0);
    equal(await page.getByRole("rowheader", { name: "perplexity" }).count(), 1);
    equal(await page.getByRole("link", { name: /^attention\.trace/ }).count(), 1);
    await keepPicture(page, "evaluated-run");
    await page.getByRole("link", { name: "Change it" }).click();
    await page.getByRole("button", { name: "Evaluate" }).waitFor();
    equal(await page.getByLabel("Budget, tokens").inputValue(), "16");
  },
);

browserTest("an evaluation under an endless policy is cancelled", async (page, caller) => {
  await page.goto(`${caller.url}/plugins`);
  await page.getByLabel("Upload a component").setInputFiles(await componentFile("hostile"));
  await page.getByRole("link", { name: "hostile" }).click();
  await page.getByRole("button", { name: "Remove" }).waitFor();
  const digest = new URL(page.url()).pathname.split("/").at(-1)!;
  await keepPicture(page, "plugin");
  const policy = { component: `sha256:${digest}`, parameters: { deed: "loop" } };
  const run = { kind: "evaluate", promptTokens: 48, tokens: 24, policy };
  const { id } = await (await caller.post("/v1/runs", run)).json();
  await page.goto(`${caller.url}/runs/${id}`);
  await page.getByText("Working…").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("The run was cancelled.").waitFor();
  await page.goto(`${caller.url}/plugins/${digest}`);
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByText("no run refers to but 1 run does").waitFor();
});

browserTest(
  "evaluations and plugins fit a telephone's screen, light and dark",
  async (page, caller) => {
    await openForm(page, caller);
    await page.getByRole("button", { name: "Add a policy" }).click();
    await fitsTelephone(page, "evaluate-form");
    await page.getByRole("button", { name: "Evaluate" }).click();
    await page.locator("figure svg").nth(1).waitFor();
    await fitsTelephone(page, "evaluated-sweep");
    await page.getByRole("link", { name: "full" }).first().click();
    await page.locator("figure svg").nth(1).waitFor();
    await fitsTelephone(page, "evaluated-run");
    await page.getByRole("link", { name: "Plugins" }).click();
    await page.getByRole("link", { name: "starc" }).waitFor();
    await fitsTelephone(page, "plugins");
  },
  { viewport: NARROW },
);
