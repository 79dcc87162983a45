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
