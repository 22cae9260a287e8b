// The input of a run: list files, a list on the web, or a listing in pages.

import { statSync } from "node:fs";
import { ownLinesFor } from "../../app/list-shard.ts";
import { listFetcher } from "../../app/network/fetch-list.ts";
import { listStream } from "../../app/network/stream-list.ts";
import type { Refuse } from "../../core/job.ts";
import type { Get, Source } from "../../core/ports.ts";
import { redacted } from "../../core/url/redact.ts";
import type { READING } from "../../options/rows/lists.ts";
import { isUrl, lists } from "../../source/lists.ts";
import { listingOf } from "../../source/pages/listing-options.ts";
import { pagedList } from "../../source/pages/paged-list.ts";
import type { CommandLine } from "./command-line.ts";
import type { Parsed } from "./value-types.ts";

export interface Input {
  /** The names of the lists, for messages. */
  readonly names: readonly string[];
  /** Whether all lists are files, or URLs to be fetched, which can be read a second time. */
  readonly isRereadable: boolean;
  /** Whether the lines of a list are those of a file: not of a table, a listing or a URL. Known when it was read. */
  hasLines(name: string): boolean;
  read(): Source;
  /** Checks lists that are files, before anything is created. Rejects with a ListError. */
  check(): Promise<void>;
}

/** What the input needs of a command line. */
export type InputLine = Pick<
  CommandLine,
  "lists" | "outputDir" | "allowEmpty" | "dryRun" | keyof Parsed<typeof READING>
> &
  Partial<Omit<CommandLine, "lists">>;

export interface InputContext {
  readonly get: () => Get;
  readonly stop: AbortSignal;
  readonly note: (text: string) => void;
  readonly refuse: () => Refuse;
}

/** Throws an OptionError, and a ListError at once for a list that is missing or unreadable. */
export function inputOf(line: InputLine, { get, stop, note, refuse }: InputContext): Input {
  const { listUrl, allowEmpty } = line;
  const listing = listingOf(line);
  const ownOf = ownLinesFor(line);
  const fetch = listFetcher(get, line, stop);
  const common = { stop, note, refuse, allowEmpty, table: line, fetch };
  if (listing !== undefined) {
    const read = () => pagedList(listing, { ...common, own: ownOf?.("") });
    return { names: [redacted(listing.url.href)], isRereadable: false, hasLines: () => false, read, async check() {} };
  }
  const web = listUrl === undefined ? {} : { openUrl: listStream(get, line, stop) };
  const paths = listUrl === undefined ? line.lists : [listUrl];
  const offline = line.dryRun ? { fetch: undefined } : {};
  const { inputFormat } = line;
  const tables = new Set<string>();
  const onTable = (name: string) => void tables.add(name);
  const hasLines = (name: string) => !tables.has(name) && !isUrl(name);
  const read = () =>
    lists(paths, { onTable, ...common, ...web, ...offline, stdin: () => process.stdin, inputFormat, ownOf });
  const first = read();
  const isRereadable = listUrl === undefined && paths.every(isFileOrUrl);
  return { names: paths.map(redacted), isRereadable, hasLines, read, check: () => first.check() };
}

function isFileOrUrl(path: string): boolean {
  return path !== "-" && (isUrl(path) || statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}
