// The registry of the kinds of listings: a new one is a file in this folder and a row here. Loaded when the first listing is read.

import { jsonPages } from "./json-page.ts";
import { linkPages } from "./link-page.ts";
import type { Listing, PageKind } from "./page.ts";
import { s3Pages } from "./s3-page.ts";

export const PAGE_KINDS: Readonly<Record<Listing["kind"], PageKind>> = {
  json: jsonPages,
  s3: s3Pages,
  link: linkPages,
};
