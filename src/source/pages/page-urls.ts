// The URLs of a listing: of its pages by their markers, and of its items by their names.

import { hasLongHostText, MAX_URL_LENGTH } from "../../core/url/parse-url.ts";
import { toUrl } from "../../core/url/to-url.ts";
import type { Listing } from "./page.ts";

/** Returns the listing's URL with this parameter in its query; everything else of it stays as it is. */
export function withParam(url: URL, name: string, value: string): URL {
  const others = url.search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && nameIn(pair) !== name);
  const changed = new URL(url);
  changed.search = [...others, `${encodeURIComponent(name)}=${encodeURIComponent(value)}`].join("&");
  return changed;
}

function nameIn(pair: string): string {
  return [...new URLSearchParams(pair).keys()][0] ?? "";
}

/** Returns the marker of a page that has a URL: its path and query. Throws for another origin, to which credentials would go. */
export function markerOf(reference: string, pageUrl: string, { url }: Listing): string {
  const next = isReference(reference) ? toUrl(reference, pageUrl) : undefined;
  if (next === undefined) throw new Error(`its next page has no URL: ${JSON.stringify(reference.slice(0, 200))}`);
  if (next.origin === url.origin) return next.pathname + next.search;
  throw new Error(`its next page is at another origin, ${next.origin}: --list-url takes a listing of one origin`);
}

/** Returns the URL of a page by such a marker. */
export function urlOfMarker({ url }: Listing, marker: string): string {
  if (marker === "") return url.href;
  const page = new URL(url.origin + marker); // as a reference, a path that begins with // would name a host
  page.username = url.username;
  page.password = url.password;
  return page.href;
}

/**
 * Returns the URL of an item: itself if it is one; otherwise its name behind the base, percent-encoded but for slashes; without a
 * base, as a reference (RFC 3986) on its page. Undefined for a name that no URL can have.
 */
export function itemUrl(text: string, pageUrl: string, base: string | undefined): string | undefined {
  if (/^https?:\/\//i.test(text)) return text;
  if (base === undefined) return (isReference(text) ? toUrl(text, pageUrl)?.href : undefined) ?? text;
  return isAddressable(text) ? base + encodedPath(text) : undefined;
}

/** Whether `new URL` may have it: not of any length, and not with control characters, some of which it drops (see `parseUrl`). */
function isReference(text: string): boolean {
  return text.length <= MAX_URL_LENGTH && !/[\u0000-\u001f\u007f]/.test(text) && !hasLongHostText(text);
}

/** Whether it has a name, of which no part is `.` or `..`, which URLs resolve, also encoded (WHATWG URL, double-dot URL path segment). */
function isAddressable(name: string): boolean {
  return name !== "" && !/\p{Surrogate}/u.test(name) && !name.split("/").some((part) => part === "." || part === "..");
}

function encodedPath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

/** Why an item is no URL, for a failed line. */
export function namelessItem(text: string): string {
  return `no URL can have that name: ${JSON.stringify(text.slice(0, 100))}`;
}
