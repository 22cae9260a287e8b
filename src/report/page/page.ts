// The page of a report: one HTML file that loads nothing, readable without scripts, and with a script that sorts, filters and zooms.

import { createHash } from "node:crypto";
import type { Statistics } from "../statistics/statistics.ts";
import { browserScript } from "./browser/script.ts";
import { chronologySection } from "./chronology.ts";
import { concurrencySection } from "./concurrency.ts";
import { failuresSection } from "./failures.ts";
import { bodiesSection, hostsSection } from "./hosts.ts";
import { html, markup } from "./html.ts";
import { PAGE_MARK } from "./page-file.ts";
import { rowsSection } from "./rows.ts";
import { STYLES } from "./styles.ts";
import { heading, tiles, utc } from "./tiles.ts";
import { timelineSection } from "./timeline.ts";
import { timesSection } from "./times.ts";

/** `madeAtMs`: when it is made, milliseconds since 1970. */
export function reportPage(statistics: Statistics, version: string, madeAtMs: number): string {
  const sections = [
    timelineSection(statistics),
    chronologySection(statistics),
    timesSection(statistics),
    failuresSection(statistics),
    hostsSection(statistics),
    bodiesSection(statistics),
    concurrencySection(statistics.runs),
    rowsSection(statistics),
  ].filter((one) => one !== undefined);
  const script = browserScript();
  return html`<!DOCTYPE html>
${markup(PAGE_MARK)}
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<title>${statistics.folders.join(", ")} – bulkget report</title><link rel="icon" href="data:,">
<style>${markup(STYLES)}</style></head>
<body><main>
${heading(statistics)}
${tiles(statistics)}
<nav aria-label="Parts">${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a> `)}</nav>
${sections.map((one) => one.html)}
</main><footer>Made by bulkget ${version} on ${utc(madeAtMs)} UTC.</footer>
<script>${markup(script)}</script></body></html>
`.html;
}

/** Nothing is loaded, sent or run but this style and this script. The icon is empty, so that the browser asks for none. */
function policy(script: string): string {
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return `default-src 'none'; style-src ${hash(STYLES)}; script-src ${hash(script)}; img-src data:; base-uri 'none'; form-action 'none'`;
}
