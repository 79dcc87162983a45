/**
 * For tests only: the page in a real browser.
 *
 * @module
 */
/// <reference lib="dom" />
import { deepEqual, equal } from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { sharedByTests } from "../../../core/testing/shared_by_tests.ts";
import { type Caller, sharedServer } from "../testing.ts";

const CHROMIUM = Deno.env.get("KVPIM_CHROMIUM") ?? "/usr/bin/chromium";
const SCREENSHOTS = Deno.env.get("KVPIM_SCREENSHOTS");

export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 390, height: 844 };

/** A test in a browser; skipped, saying so, where there is none. No message to its console is let pass. */
type BrowserTest = (
  name: string,
  test: (page: Page, caller: Caller) => Promise<void>,
  options?: BrowserContextOptions,
) => void;

/** Tests of a file with one browser and one service: a test has a page and runs of its own. */
export function browserTests(): BrowserTest {
  const isAbsent = !existsSync(CHROMIUM);
  const withServer = sharedServer();
  const browser = sharedByTests(openBrowser);
  return (name, test, options = {}) =>
    Deno.test({
      name: isAbsent ? `${name} (skipped: ${CHROMIUM} is absent)` : name,
      ignore: isAbsent,
      fn: withServer(async (caller) => {
        await inPage(await browser(), options, (page) => test(page, caller));
      }),
    });
}

function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

async function inPage(
  browser: Browser,
  options: BrowserContextOptions,
  test: (page: Page) => Promise<void>,
) {
  await using context = await browser.newContext({ viewport: WIDE, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const messages: string[] = [];
  page.on("console", (message) => {
    // The browser itself says so when it is answered with a problem, which a mistake is.
    if (message.text().includes("status of 4") && message.type() === "error") return;
    if (message.type() === "error" || message.type() === "warning") messages.push(message.text());
  });
  page.on("pageerror", ({ message }) => messages.push(message));
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && hostname !== "127.0.0.1") messages.push(request.url());
  });
  await test(page);
  deepEqual(messages, []);
}

/** Leaves a picture of the page for a person to look at, where one named a folder for them. */
export async function keepPicture(page: Page, name: string) {
  if (SCREENSHOTS === undefined) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** Makes sure that a page in a narrow window scrolls only down, and leaves pictures, light and dark. */
export async function fitsTelephone(page: Page, name: string) {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    equal(width, NARROW.width, `${name}, ${colorScheme}`);
    await keepPicture(page, `${name}-390-${colorScheme}`);
  }
}
