// A source of jobs from a paged listing: a page is asked for when the lines of the one before are in the look-ahead.

import { createHash } from "node:crypto";
import { ListError } from "../../core/errors.ts";
import type { Job, Refuse } from "../../core/job.ts";
import type { DoneEarlier, PageMemory } from "../../core/page-memory.ts";
import type { Source } from "../../core/ports.ts";
import { MAX_URL_LENGTH } from "../../core/url/parse-url.ts";
import { redacted } from "../../core/url/redact.ts";
import { gunzipped } from "../compression/gunzip.ts";
import { type Fetch, type Fetched, onceOf } from "../fetched.ts";
import { reasonOf } from "../formats/format.ts";
import type { TableOptions } from "../formats/table/table-options.ts";
import { lineNumbers } from "../line-numbers.ts";
import { type OwnLines, placedJobs } from "../own-lines.ts";
import { refuseIn } from "../refuse-jobs.ts";
import { unknownColumns } from "../unknown-columns.ts";
import { markerLoop } from "./marker-loop.ts";
import type { Listing, Page, PageContext } from "./page.ts";
import { type PageLog, type PageStart, pageLog } from "./page-log.ts";

export interface PagedListOptions {
  readonly fetch: Fetch;
  readonly stop: AbortSignal;
  readonly table: TableOptions;
  readonly note?: ((text: string) => void) | undefined;
  readonly refuse?: (() => Refuse) | undefined;
  readonly allowEmpty?: boolean;
  /** The lines that are a shard's. Default: all. */
  readonly own?: OwnLines | undefined;
}

/** Maximum number of pages without a line, one after the other. */
const MAX_EMPTY_PAGES = 1000;

/** Maximum number of jobs in a batch: a page of any size enters the look-ahead in parts. */
const MAX_BATCH = 1000;

/** Maximum size of a page that was sent as gzip, unpacked. */
const MAX_PAGE_BYTES = 67_108_864;

const FIRST_PAGE: PageStart = { first: 1, marker: "", last: "" };

/**
 * Lines are numbered through all pages. With `keepPages`, a later run leaves out pages whose lines are all done, without a
 * request. Throws a ListError for a page that cannot be fetched or read, for a listing in a circle, and for one without end.
 */
export function pagedList(listing: Listing, options: PagedListOptions): Source {
  const { fetch, stop, table, note, allowEmpty = false, own } = options;
  const name = redacted(listing.url.href);
  const tell = note && ((text: string) => note(`${name}: ${text}`));
  const doneEarlier: { -readonly [K in keyof DoneEarlier]: number } = { saved: 0, failed: 0, skipped: 0 };
  /** Pages that were read before `keepPages` was called. */
  const early: PageStart[] = [];
  let log: PageLog | undefined;
  let memory: PageMemory | undefined;
  let isNumbered = false;
  let read = 0;
  let isEnded = false;

  async function* batches(): AsyncGenerator<readonly Job[]> {
    const pages = reader();
    try {
      let ahead = pages();
      for (let page = await ahead; page !== undefined; page = await ahead) {
        for (let from = 0; from < page.length || from === 0; from += MAX_BATCH) {
          if (from + MAX_BATCH >= page.length) {
            ahead = pages();
            void ahead.catch(() => {}); // it is awaited when the next page is needed
          }
          if (page.length === 0) continue;
          yield page.slice(from, from + MAX_BATCH);
          log?.begin(); // what asks for more has not refused the list
        }
      }
      memory?.onEnd();
    } finally {
      log?.close();
    }
  }

  /** Returns a function that reads the next page with a line to do; it resolves with undefined at the end. */
  function reader(): () => Promise<readonly Job[] | undefined> {
    const numbers = lineNumbers();
    const places = placedJobs((n, place) => {
      const other = numbers.claim(n, place);
      return other === undefined ? undefined : `line ${place} has the number ${n}, which is that of line ${other}`;
    });
    const onUnknown = note && unknownColumns(note)(name);
    const refuse = options.refuse?.();
    const isLoop = markerLoop();
    let at = FIRST_PAGE;
    let emptyPages = 0;

    const endless = (why: string) => {
      log?.drop(); // the next run would end here, although the listing may have been mended
      return new ListError(`${name}: ${why}`);
    };
    const moveTo = (next: PageStart) => {
      emptyPages = next.first > at.first ? 0 : emptyPages + 1;
      if (next.marker !== undefined && isLoop(next.marker))
        throw endless("the listing leads in a circle: it names the same next page again");
      if (emptyPages > MAX_EMPTY_PAGES) throw endless(`${MAX_EMPTY_PAGES} pages without a line one after the other`);
      at = next;
    };

    return async () => {
      let isKept = false;
      for (let next = log?.following; next !== undefined && leftOut(at, next); next = log?.following) {
        log?.advance();
        moveTo(next);
        isKept = true;
      }
      const { first, marker } = at;
      if (marker === undefined) {
        isEnded = true;
        if (first === 1 && !allowEmpty)
          throw new ListError(`${name}: no URL in it (--allow-empty, if that is no mistake)`);
        return undefined;
      }
      const context = { offset: first - 1, claim: places.claim, onUnknown, listing, table, note: tell };
      const { jobs, lines, next } = await pageAt(marker, context, isKept);
      const following = { first: first + lines, marker: next, last: lastOf(jobs) };
      record(following, jobs);
      moveTo(following);
      if (refuse !== undefined) refuseIn(jobs, refuse);
      const kept = places.own(jobs, own);
      read += kept.length;
      return kept;
    };
  }

  /** Whether all lines of a page are done. */
  function leftOut({ first }: PageStart, next: PageStart): boolean {
    if (memory === undefined) return false;
    // A page with lines of which only the URL tells whose they are is read.
    const isOthers = (n: number) => own?.spanAt?.(n).isOwn === false;
    for (let n = first; n < next.first; n++) if (!isOthers(n) && memory.finished(n) === undefined) return false;
    for (let n = first; n < next.first; n++) {
      const how = memory.finished(n);
      if (how !== undefined) doneEarlier[how]++;
      memory.leaveOut(n);
    }
    return true;
  }

  function record(next: PageStart, jobs: readonly Job[]): void {
    const known = log?.following;
    const isSame =
      known?.first === next.first &&
      known.last === next.last &&
      (known.marker === undefined) === (next.marker === undefined);
    isNumbered ||= jobs.some((job) => job.numbered === true);
    if (isNumbered) {
      log?.drop(); // lines of a page may have any numbers
    } else if (known !== undefined && isSame) {
      log?.advance();
    } else {
      if (known !== undefined) tell?.("the listing has changed: what follows its first changed page is read again");
      if (log === undefined) early.push(next);
      else log.add(next);
    }
  }

  /** `isKept`: an earlier run has kept the marker, which may be too old. */
  async function pageAt(marker: string, about: PageContext, isKept: boolean): Promise<Page> {
    let url = listing.url.href;
    try {
      const { PAGE_KINDS } = await import("./page-kinds.ts");
      const kind = PAGE_KINDS[listing.kind];
      url = kind.urlOf(listing, marker);
      const page = await kind.parse(await unpacked(await fetch(url)), about);
      if (page.next !== undefined && page.next.length > MAX_URL_LENGTH)
        throw new Error(`the marker of its next page is longer than a URL: ${MAX_URL_LENGTH} characters`);
      return page;
    } catch (error) {
      stop.throwIfAborted();
      const shown = redacted(url);
      const why = reasonOf(error) ?? (() => (error as Error).message.replace(`${shown}: `, ""));
      const advice = isKept ? `; without ${memory?.path} it is read from its first page` : "";
      throw new ListError((words) => `${shown}: the listing cannot be read: ${why(words)}${advice}`, { cause: error });
    }
  }

  return {
    [Symbol.asyncIterator]: batches,
    total: () => (isEnded ? { jobs: read, exact: true } : undefined),
    get doneEarlier() {
      return memory === undefined ? undefined : doneEarlier;
    },
    keepPages(given) {
      memory = given;
      log = pageLog(given.path, identityOf(listing));
      for (const start of early.splice(0)) log.add(start);
    },
  };
}

/** A short hash of the last line of a page: the same number of lines with the same last one is the same page. */
function lastOf(jobs: readonly Job[]): string {
  const url = jobs.at(-1)?.url;
  return url === undefined ? "" : hashOf(url);
}

/** A page and its markers are of one listing: in the file is its hash, since the URL may have a token. */
function identityOf({ url, kind, items, next, param, base }: Listing): string {
  return hashOf(JSON.stringify([url.href, kind, items?.text, next?.text, param, base]));
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** A page that was sent as gzip without being asked for. */
async function unpacked(fetched: Fetched): Promise<Fetched> {
  if (fetched.body[0] !== 0x1f || fetched.body[1] !== 0x8b) return fetched;
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of gunzipped(onceOf(fetched.body))) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > MAX_PAGE_BYTES) throw new Error("it is larger than 64 MiB");
  }
  return { ...fetched, body: Buffer.concat(pieces) };
}
