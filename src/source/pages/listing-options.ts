// The options of a list on the web: checked before anything is fetched or created.

import { OptionError } from "../../core/errors.ts";
import { isFailure } from "../../core/failure.ts";
import { parseUrl } from "../../core/url/parse-url.ts";
import { redacted } from "../../core/url/redact.ts";
import { type JsonPath, jsonPath } from "./json-path.ts";
import type { Listing } from "./page.ts";

export interface ListingOptions {
  readonly listUrl?: string | undefined;
  readonly listKind?: Listing["kind"] | undefined;
  readonly listItems?: string | undefined;
  readonly listNext?: string | undefined;
  readonly listParam?: string | undefined;
  readonly listBase?: string | undefined;
  readonly inputFormat?: string | undefined;
}

type Name = keyof ListingOptions;

/** The options that each kind takes. */
const TAKEN: Readonly<Record<Listing["kind"] | "none", readonly Name[]>> = {
  none: ["inputFormat"],
  json: ["listItems", "listNext", "listParam", "listBase"],
  s3: ["listBase"],
  link: ["listItems", "listBase"],
};

const ALL: readonly Name[] = ["listItems", "listNext", "listParam", "listBase"];

/** Returns the listing; undefined for a list that is none. Throws an OptionError for options that do not go together. */
export function listingOf(options: ListingOptions): Listing | undefined {
  const { listUrl, listKind: kind, listParam: param, listBase: base } = options;
  if (listUrl === undefined) {
    const other = (["listKind", ...ALL] as const).find((name) => options[name] !== undefined);
    if (other !== undefined) throw new OptionError("needs --list-url", other);
    return undefined;
  }
  const url = urlIn(listUrl, "listUrl");
  refuseOthers(options, kind);
  if (kind === undefined) return undefined;
  if (kind === "json" && options.listItems === undefined)
    throw new OptionError("json needs --list-items, such as '$.files[*]'", "listKind");
  if (param !== undefined && options.listNext === undefined)
    throw new OptionError("needs --list-next, such as '$.next'", "listParam");
  if (param === "") throw new OptionError("'' is no name of a parameter", "listParam");
  return {
    ...{ url, kind, param },
    items: pathIn(options.listItems, "listItems"),
    next: pathIn(options.listNext, "listNext"),
    base: base === undefined ? undefined : baseIn(base),
  };
}

function refuseOthers(options: ListingOptions, kind: Listing["kind"] | undefined): void {
  const other = (["inputFormat", ...ALL] as const).find(
    (name) => options[name] !== undefined && !TAKEN[kind ?? "none"].includes(name),
  );
  if (other === undefined) return;
  throw new OptionError(kind === undefined ? "needs --list-kind" : `does not go with --list-kind ${kind}`, other);
}

function urlIn(text: string, name: Name): URL {
  const url = parseUrl(text);
  if (isFailure(url))
    throw new OptionError(`'${redacted(text)}' is not a URL that can be fetched: ${url.detail}`, name);
  return url;
}

/** The text that goes before names: as it is typed, so that it may end within a query. */
function baseIn(text: string): string {
  urlIn(text, "listBase");
  return text;
}

function pathIn(text: string | undefined, name: Name): JsonPath | undefined {
  const path = text === undefined ? undefined : jsonPath(text);
  if (text !== undefined && path === undefined)
    throw new OptionError(
      `'${text}' is not a path such as $.files[*] or $['next-page'] (RFC 9535: names, [n] and [*] only)`,
      name,
    );
  return path;
}
