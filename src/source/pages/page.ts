// The interface of the kinds of paged listings: what one page is, and what a kind knows of it.

import type { Job } from "../../core/job.ts";
import type { Fetched } from "../fetched.ts";
import type { Numbering } from "../formats/numbering.ts";
import type { TableOptions } from "../formats/table/table-options.ts";
import type { JsonPath } from "./json-path.ts";

/** A listing in pages, checked. */
export interface Listing {
  /** The URL of the first page. */
  readonly url: URL;
  readonly kind: "json" | "s3" | "link";
  /** Where a page of JSON has its items, and the marker of the next page. */
  readonly items?: JsonPath | undefined;
  readonly next?: JsonPath | undefined;
  /** The parameter of the query that takes a marker. Default: the marker is the URL of the next page. */
  readonly param?: string | undefined;
  /** Goes before names of items. */
  readonly base?: string | undefined;
}

export interface PageContext extends Numbering {
  readonly listing: Listing;
  readonly table: TableOptions;
  /** Prints a message to the user. */
  readonly note?: ((text: string) => void) | undefined;
}

export interface Page {
  readonly jobs: Job[];
  /** Number of lines: of items, or of lines of text with blank ones and comments. */
  readonly lines: number;
  /** The marker of the next page: never ""; undefined on the last page. */
  readonly next: string | undefined;
}

export interface PageKind {
  /** The URL of the page with this marker; "" for the first one. */
  urlOf(listing: Listing, marker: string): string;
  /** Parses a page. Throws an error with the reason if it is none. */
  parse(fetched: Fetched, context: PageContext): Promise<Page>;
}
