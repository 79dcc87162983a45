/**
 * For tests only: the page in a real browser.
 *
 * @module
 */
/// <reference lib="dom" />
import { deepEqual, equal } from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { type Caller, withServer } from "../testing.ts";

const CHROMIUM = Deno.env.get("KVPIM_CHROMIUM") ?? "/usr/bin/chromium";
const SCREENSHOTS = Deno.env.get("KVPIM_SCREENSHOTS") ?? join(tmpdir(), "kvpim-screenshots");

export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 390, height: 844 };

/** A test in a browser; skipped, saying so, where there is none. No message to its console is let pass. */
export function browserTest(
  name: string,
  test: (page: Page, caller: Caller) => Promise<void>,
  options: BrowserContextOptions = {},
) {
  const isAbsent = !existsSync(CHROMIUM);
  Deno.test({
    name: isAbsent ? `${name} (skipped: ${CHROMIUM} is absent)` : name,
    ignore: isAbsent,
    // The browser is a process of its own.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: withServer(async (caller) => {
      const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
      try {
        await inPage(browser, options, (page) => test(page, caller));
      } finally {
        await browser.close();
      }
    }),
  });
}

async function inPage(
  browser: Browser,
  options: BrowserContextOptions,
  test: (page: Page) => Promise<void>,
) {
  const page = await browser.newPage({ viewport: WIDE, ...options });
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

/** Leaves a picture of the page for a person to look at. */
export async function keepPicture(page: Page, name: string) {
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
