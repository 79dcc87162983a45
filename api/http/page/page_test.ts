/**
 * The page in a real browser. Screenshots are left in a folder for a person to look at.
 *
 * @module
 */
/// <reference lib="dom" />
import { Buffer } from "node:buffer";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Page } from "playwright-core";
import { LONG_RUN } from "../../../core/run/testing.ts";
import type { Caller } from "../testing.ts";
import { browserTests, fitsTelephone, keepPicture, NARROW } from "./testing.ts";

const browserTest = browserTests();

/** Opens the form with a small experiment. */
async function openForm(page: Page, { url }: Caller) {
  await page.goto(url);
  await page.getByLabel("Output, tokens").fill("40");
  await page.getByLabel("Model").selectOption("GPT-13B");
}

const charts = (page: Page) => page.locator("figure svg");

browserTest(
  "a filled form leads to charts, a run, a comparison, and links that show them again",
  async (page, caller) => {
    await openForm(page, caller);
    await page.locator("#policy-1-value").fill("64");
    await page.getByRole("button", { name: "Add a policy" }).click();
    await page.locator("#policy-2").selectOption("kvBudgetTable");
    await page.locator("#policy-2-value").setInputFiles({
      name: "budgets.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("# two\n128\n256\n"),
    });
    await keepPicture(page, "form");
    await page.getByRole("button", { name: "Simulate" }).click();
    await page.waitForURL(/\/sweeps\/[0-9a-f]{64}$/);
    await charts(page).nth(1).waitFor();
    equal(await page.getByRole("link", { name: "budgets.txt" }).count(), 1);
    await keepPicture(page, "sweep");
    await page.reload();
    await charts(page).nth(1).waitFor();

    await page.getByRole("link", { name: "64 tokens" }).click();
    await page.waitForURL(/\/runs\/[0-9a-f]{64}$/);
    await charts(page).nth(1).waitFor();
    await keepPicture(page, "run");
    const runLink = page.url();
    await page.getByLabel(/^Decode step/).fill("3");
    await page.getByRole("button", { name: "See its commands" }).click();
    await page.getByRole("button", { name: "Zoom in" }).click();
    await page.getByLabel(/commands from cycle/).waitFor();
    match(page.url(), /\?cycles=\d+-\d+$/);
    await keepPicture(page, "commands");
    await page.goto(runLink);
    await page.getByRole("button", { name: "Compare with full attention" }).click();
    await page.waitForURL(/\/compare\?runs=/);
    await charts(page).first().waitFor();
    await keepPicture(page, "comparison");
    match(await page.locator("table").last().innerText(), /kvBudget/);
  },
);

browserTest(
  "the address holds what the form says, and opens the same form",
  async (page, caller) => {
    await openForm(page, caller);
    await page.getByRole("button", { name: "Vary a field" }).click();
    await page.locator("#variation-1-values").fill("16, 32");
    await page.locator("#variation-1-values").blur();
    await page.locator("#field-memory").selectOption("hbm3-jedec-bank");
    const link = page.url();
    await page.goto("about:blank");
    await page.goto(link);
    equal(await page.getByLabel("Output, tokens").inputValue(), "40");
    equal(await page.getByLabel("Model").inputValue(), "GPT-13B");
    equal(await page.locator("#variation-1-values").inputValue(), "16, 32");
    equal(await page.getByLabel("Power limit").isChecked(), true);
    equal(await page.locator("#field-memory").inputValue(), "hbm3-jedec-bank");
    await page.getByRole("button", { name: "Simulate" }).click();
    await page.waitForURL(/\/sweeps\/[0-9a-f]{64}$/);
    await page.getByRole("link", { name: "Change it" }).click();
    await page.locator("#field-memory").waitFor();
    equal(await page.locator("#field-memory").inputValue(), "hbm3-jedec-bank");
  },
);

browserTest(
  "what a link says that the form cannot show is told, and the rest is shown",
  async (page, { url }) => {
    const open = async (query: Record<string, unknown>) => {
      const texts = Object.entries(query).map(([name, value]) => [name, JSON.stringify(value)]);
      await page.goto(`${url}/?${new URLSearchParams(Object.fromEntries(texts))}`);
      await page.getByRole("button", { name: "Simulate" }).waitFor();
    };
    await open({ experiment: { lout: 40, model: "zzz" }, policies: [null], vary: { lin: 5 } });
    equal(await page.locator("[aria-invalid=true]").getAttribute("id"), "field-model");
    await page.getByText('The link says "zzz"').waitFor();
    equal(await page.getByLabel("Output, tokens").inputValue(), "40");
    await page.getByText("policies: expected a list of objects but found [null]; vary:").waitFor();
    await open({ experiment: null, policies: [{ trace: {} }], vary: { foo: [1] }, memory: "x" });
    const told = await page.locator(".problem").innerText();
    for (const part of ["experiment", "memory", "policies", "vary"]) {
      match(told, new RegExp(`\\b${part}: expected`));
    }
    equal(await page.locator("#policy-1").count(), 0);
    await page.goto(`${url}/evaluate?base=5&policies=[{"name":"other"}]`);
    await page.getByText("base: expected an object but found 5; policies:").waitFor();
  },
);

browserTest("a field is varied by one value or more", async (page, caller) => {
  await openForm(page, caller);
  await page.getByRole("button", { name: "Vary a field" }).click();
  for (const values of ["", " , "]) {
    await page.locator("#variation-1-values").fill(values);
    await page.getByRole("button", { name: "Simulate" }).click();
    equal(
      await page.locator("#variation-1-values").evaluate((input) =>
        (input as HTMLInputElement).validity.valid
      ),
      false,
    );
    equal(new URL(page.url()).pathname, "/");
  }
});

browserTest(
  "a sweep without full attention says what its runs are compared with, and how many",
  async (page, caller) => {
    const lin = Array.from({ length: 25 }, (_, i) => i + 100);
    const base = { kind: "simulate", experiment: { model: "GPT-13B", lout: 2 } };
    const sweep = { base, grid: { "/experiment/lin": lin } };
    const { id } = await (await caller.post("/v1/sweeps", sweep)).json();
    await page.goto(`${caller.url}/sweeps/${id}`);
    await page.getByRole("heading", { name: "Against lin 100" }).waitFor();
    await page.getByRole("link", { name: "What differs among the first 24" }).waitFor();
    equal(await page.getByRole("columnheader", { name: "to the first" }).count(), 2);
    await page.goto(`${caller.url}/sweeps?limit=1`);
    await page.getByRole("cell", { name: "GPT-13B" }).waitFor();
    await page.getByRole("link", { name: "Older sweeps" }).waitFor();
  },
);

browserTest("a mistake is shown at its field, in the service's words", async (page, caller) => {
  await openForm(page, caller);
  await page.getByLabel("GPUs", { exact: true }).fill("41");
  await page.getByRole("button", { name: "Simulate" }).click();
  await page.getByText("at most 40, the heads of GPT-13B").waitFor();
  equal(await page.locator("[aria-invalid=true]").getAttribute("id"), "field-ngpu");
  await keepPicture(page, "mistake");
});

browserTest("a run is watched and cancelled", async (page, caller) => {
  const { id } = await (await caller.post("/v1/runs", LONG_RUN)).json();
  await page.goto(`${caller.url}/runs/${id}`);
  await page.getByRole("progressbar").waitFor();
  await keepPicture(page, "running");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("The run was cancelled.").waitFor();
});

browserTest("pictures and tables are downloaded", async (page, caller) => {
  await openForm(page, caller);
  await page.getByRole("button", { name: "Simulate" }).click();
  await charts(page).first().waitFor();
  const fetched = async (click: () => Promise<void>) => {
    const [download] = await Promise.all([page.waitForEvent("download"), click()]);
    return await Deno.readFile(await download.path());
  };
  const button = (name: string) => page.getByRole("button", { name }).first();
  const svg = new TextDecoder().decode(await fetched(() => button("Download SVG").click()));
  match(svg, /^<svg/);
  match(svg, /full attention/);
  const png = await fetched(() => button("Download PNG").click());
  deepEqual([...png.subarray(1, 4)], [0x50, 0x4e, 0x47]);
  const csv = await fetched(() => page.getByRole("link", { name: "CSV" }).click());
  match(new TextDecoder().decode(csv), /^\/experiment\/sparsity,run,state,pareto,model/);
});

browserTest(
  "everything is reached by keyboard, and every control has a name",
  async (page, caller) => {
    await openForm(page, caller);
    await page.locator("body").press("Tab");
    const names = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const { tag, name } = await page.evaluate(() => {
        const active = document.activeElement as HTMLInputElement;
        const name = active.labels?.[0]?.textContent || active.getAttribute("aria-label") ||
          active.textContent;
        return { tag: active.tagName, name };
      });
      if (tag !== "BODY") ok(name, `a ${tag} has no name`);
      names.add(name ?? "");
      await page.keyboard.press("Tab");
    }
    for (const name of ["Model", "Policy 1: each step reads", "Add a policy", "Simulate"]) {
      ok(names.has(name), name);
    }
    await page.getByRole("button", { name: "Simulate" }).press("Enter");
    await page.waitForURL(/\/sweeps\//);
    await charts(page).first().waitFor();
    await page.getByLabel(/^Latency and energy of a decode step, full attention being 1/).waitFor();
  },
);

browserTest(
  "nothing is wider than a telephone's screen, light and dark",
  async (page, caller) => {
    await openForm(page, caller);
    await fitsTelephone(page, "form");
    await page.getByRole("button", { name: "Simulate" }).click();
    await charts(page).first().waitFor();
    await fitsTelephone(page, "sweep");
    await page.getByRole("link", { name: "full attention" }).click();
    await charts(page).nth(1).waitFor();
    await fitsTelephone(page, "run");
    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await page.getByRole("checkbox").first().waitFor();
    await fitsTelephone(page, "runs");
  },
  { viewport: NARROW },
);
