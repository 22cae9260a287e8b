// HTML whose texts are escaped by construction: what a template includes is text, unless it is HTML itself.

import { escaped } from "../../core/text/escape.ts";

/** Markup that is safe to include. Only `html` and `markup` make it. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | undefined;
export type Included = Part | readonly Part[];

/** What is cut off a longer text is in results.jsonl. */
const MAX_TEXT = 2000;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A template with HTML around texts, numbers, HTML and arrays of them. An attribute is between double quotes. */
export function html(template: TemplateStringsArray, ...parts: readonly Included[]): Html {
  let result = template[0] ?? "";
  for (const [i, part] of parts.entries()) result += htmlOf(part) + (template[i + 1] ?? "");
  return { html: result };
}

/** Takes a constant of this program as HTML. */
export function markup(constant: string): Html {
  return { html: constant };
}

function htmlOf(part: Included): string {
  if (part === undefined) return "";
  if (typeof part === "number") return String(part);
  if (typeof part === "string") return escapedHtml(part);
  if ("html" in part) return part.html;
  return part.map(htmlOf).join("");
}

/** Escapes a text for HTML; control characters, bidirectional marks and lone surrogates are visible: \u{202e}. */
function escapedHtml(text: string): string {
  if (/^[\w ./:,()+-]*$/.test(text) && text.length <= MAX_TEXT) return text; // the usual case
  return escaped(text, MAX_TEXT).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** Cuts out the middle of a text that is longer than `most` characters: where it is and how it ends are worth more. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor((most - 1) * 0.4);
  // Half of a surrogate pair would be shown as an escape.
  const head = text.slice(0, most - 1 - end).replace(/[\ud800-\udbff]$/, "");
  return `${head}…${text.slice(-end).replace(/^[\udc00-\udfff]/, "")}`;
}

/** How many characters of long URLs a part of the page includes beside their short forms. */
export interface UrlBudget {
  left: number;
}

const MAX_URL = 72;

/**
 * A URL for a table: where it is long, its short form, which opens to the whole one. It is no link: it comes from outside, may have lost
 * a password, and one touch would send a request from the reader's browser, with the reader's cookies.
 */
export function urlHtml(url: string, budget: UrlBudget): Html {
  if (url.length <= MAX_URL) return html`${url}`;
  const short = html`${shortened(url, MAX_URL)}`;
  const whole = html`${url}`;
  if (budget.left < whole.html.length) return short;
  budget.left -= whole.html.length;
  return html`<details><summary>${short}</summary>${whole}</details>`;
}
