// Pages of JSON: items and the marker of the next page are at paths.

import { TextDecoder } from "node:util";
import type { Job } from "../../core/job.ts";
import type { Fetched } from "../fetched.ts";
import { brokenRow, membersOf, rowJob } from "../formats/table/table-jobs.ts";
import { type JsonPath, select } from "./json-path.ts";
import type { Page, PageContext, PageKind } from "./page.ts";
import { itemUrl, markerOf, namelessItem, urlOfMarker, withParam } from "./page-urls.ts";

/** Maximum number of names in a message. */
const MAX_SHOWN = 10;

export const jsonPages: PageKind = {
  urlOf(listing, marker) {
    const { url, param } = listing;
    if (param === undefined) return urlOfMarker(listing, marker);
    return marker === "" ? url.href : withParam(url, param, marker).href;
  },
  async parse(fetched, context) {
    const { items, next } = context.listing;
    const value = jsonIn(fetched.body);
    const jobs = itemJobs(value, items, fetched.url, context);
    const marker = next === undefined ? undefined : nextMarker(value, next, fetched, context);
    return { jobs, lines: jobs.length, next: marker };
  },
};

/** Throws an error with the reason. */
export function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new Error(`it is no JSON: ${(error as Error).message}`);
  }
}

/** The jobs of the items at a path: texts are names or URLs, objects are rows as in JSON lines. */
export function itemJobs(value: unknown, path: JsonPath | undefined, pageUrl: string, context: PageContext): Job[] {
  const nodes = path === undefined ? [value] : select(path, value);
  if (nodes === undefined) throw new Error(`it has nothing at ${path?.text}, but ${namesIn(value)}`);
  const [only] = nodes;
  if (nodes.length === 1 && Array.isArray(only))
    throw new Error(`${path?.text ?? "$"} is an array: --list-items '${path?.text ?? "$"}[*]'`);
  const valuesOf = membersOf(context.table);
  const { base } = context.listing;
  return nodes.map((node, i) => {
    const row = i + 1;
    const line = context.offset + row;
    const isObject = typeof node === "object" && node !== null && !Array.isArray(node);
    const values = isObject ? valuesOf(node as Readonly<Record<string, unknown>>) : { roles: { url: node } };
    const { url: named } = values.roles;
    const text = Number.isSafeInteger(named) ? String(named) : named; // JSON.parse has changed other numbers
    if (typeof text !== "string" || text === "") {
      const what = isObject ? "an object without a URL" : shown(node);
      return brokenRow(`item ${row} of its page is ${what}, not a name or URL`, row, line, context);
    }
    const url = itemUrl(text, pageUrl, base);
    if (url === undefined) return brokenRow(namelessItem(text), row, line, context);
    return rowJob({ ...values, roles: { ...values.roles, url } }, row, line, context);
  });
}

/** Absent, null, false and "" mean the end, as different servers say it. */
function nextMarker(value: unknown, path: JsonPath, { url }: Fetched, context: PageContext): Page["next"] {
  const { listing, offset, note } = context;
  const nodes = select(path, value);
  const [marker] = nodes ?? [];
  if (nodes === undefined && offset === 0)
    note?.(`it has nothing at ${path.text}, but ${namesIn(value)}: taken as the only page`);
  if (marker === undefined || marker === null || marker === false || marker === "") return undefined;
  if (typeof marker !== "string" && typeof marker !== "number")
    throw new Error(`what is at ${path.text} is ${shown(marker)}, no marker of a next page`);
  if (Number.isInteger(marker) && !Number.isSafeInteger(marker))
    throw new Error(`what is at ${path.text} is a number with more digits than JSON.parse keeps`);
  return listing.param === undefined ? markerOf(String(marker), url, listing) : String(marker);
}

function namesIn(value: unknown): string {
  if (typeof value !== "object" || value === null) return shown(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const names = Object.keys(value);
  const more = names.length > MAX_SHOWN ? ", …" : "";
  return names.length === 0
    ? "an empty object"
    : names
        .slice(0, MAX_SHOWN)
        .map((name) => name.slice(0, 40))
        .join(", ") + more;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return String(JSON.stringify(value)).slice(0, 100);
}
