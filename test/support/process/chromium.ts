// Opens pages in Chromium, as a file, and keeps what they ask for and complain about.

import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { installed } from "../network/servers.ts";

/** The path of Chromium; undefined, with a warning, where it is not installed. */
export const CHROMIUM = installed("chromium");
if (CHROMIUM === undefined) console.warn("SKIPPED: no test of the report's page in a browser, which needs chromium");

export interface Opened {
  readonly page: Page;
  /** URLs that the page asked for, without its own. */
  readonly requests: readonly string[];
  /** Errors, messages on the console and dialogs. */
  readonly complaints: readonly string[];
}

/** Root has no sandbox. */
export function launched(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM ?? "", args: ["--no-sandbox"] });
}

/** Writes the HTML to `path`, and opens it. */
export async function openedPage(
  browser: Browser,
  path: string,
  html: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  writeFileSync(path, html);
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  const url = pathToFileURL(path).href;
  page.on("request", (request) => {
    if (request.url() !== url && request.url() !== "data:,") requests.push(request.url());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss(); // nothing waits for it
  });
  await page.goto(url);
  return { page, requests, complaints };
}
