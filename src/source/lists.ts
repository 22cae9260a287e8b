// A source of jobs from list files and standard input: streamed, gunzipped if needed, and numbered across all lists.

import { accessSync, constants, existsSync, fstatSync, type Stats, statSync } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { ListError } from "../core/errors.ts";
import type { Job, Refuse } from "../core/job.ts";
import { FAILED_LIST } from "../core/layout.ts";
import { shardText } from "../core/list-shard.ts";
import type { Source } from "../core/ports.ts";
import { redacted } from "../core/url/redact.ts";
import type { Fetch } from "./fetched.ts";
import { beginsWithUrl, firstLines, NoListError } from "./first-lines.ts";
import { reasonOf } from "./formats/format.ts";
import type { TableOptions } from "./formats/table/table-options.ts";
import { lineNumbers } from "./line-numbers.ts";
import { type OpenedList, openList, reason } from "./open-list.ts";
import { type OwnLines, placedJobs } from "./own-lines.ts";
import { readList } from "./read-list.ts";
import { refuseIn } from "./refuse-jobs.ts";
import { unknownColumns } from "./unknown-columns.ts";

export interface ListsOptions {
  readonly stdin: () => Readable;
  /** Stops reading, also while it waits for bytes. */
  readonly stop: AbortSignal;
  /** Called with a message to the user about a line. Default: no messages. */
  readonly note?: ((text: string) => void) | undefined;
  /** Called when reading begins. Returns a function that returns, for each job in order, the failure with which it is refused. */
  readonly refuse?: (() => Refuse) | undefined;
  /** Called with the name of a list that is a table, or any other format whose jobs are not the lines of a file. */
  readonly onTable?: ((name: string) => void) | undefined;
  /** Accept lists without any URL. Default: they are refused at their end. */
  readonly allowEmpty?: boolean;
  /** The name of the format of all lists. Default: found for each by its path and first bytes. */
  readonly inputFormat?: string | undefined;
  readonly table?: TableOptions;
  /** Fetches the lists that a list names. */
  readonly fetch?: Fetch | undefined;
  /** Opens a list that is on the web. Default: a URL in the place of a list is a list of that one URL. */
  readonly openUrl?: ((url: string) => OpenedList) | undefined;
  /** The lines of a list, by its path, that are a shard's. Default: all. */
  readonly ownOf?: ((path: string) => OwnLines | undefined) | undefined;
}

export interface Lists extends Source {
  /**
   * Reads the beginning of every list that is a file, before anything is created. Rejects with a ListError if one is no list, or
   * if all are empty. Standard input is checked only while it is read.
   */
  check(): Promise<void>;
}

interface Progress {
  /** Bytes read from the files, as stored. */
  bytes: number;
  jobs: number;
  /** Lines of all shards, where only a shard's are read. */
  lines: number;
  done: boolean;
}

/** Reads the lists in order; `-` is standard input. Throws a ListError at once for a list that is missing or unreadable. */
export function lists(paths: readonly string[], options: ListsOptions): Lists {
  const { stdin, stop, note, allowEmpty = false, inputFormat, table = {}, openUrl = listOfOne } = options;
  const sizes = paths.map((path) => (path === "-" || isUrl(path) ? undefined : sizeOf(path)));
  const known = sizes.every((size) => size !== undefined && size > 0);
  const totalBytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  const progress: Progress = { bytes: 0, jobs: 0, lines: 0, done: false };
  /** In how many parts the list is, of which one is read without looking at the others. */
  let parts = 1;

  async function* batches(): AsyncGenerator<readonly Job[]> {
    let offset = 0;
    const numbers = lineNumbers();
    const unknown = note && unknownColumns(note);
    const refuse = options.refuse?.();
    /** The number of lines before each list. */
    const starts: { readonly name: string; readonly offset: number }[] = [];
    const lineAt = (place: number): string => {
      const list = starts.findLast((one) => one.offset < place);
      return paths.length > 1 && list ? `${list.name}:${place - list.offset}` : `line ${place}`;
    };
    const places = placedJobs((n, place) => {
      const other = numbers.claim(n, place);
      return other === undefined
        ? undefined
        : `${lineAt(place)} has the number ${n}, which is that of ${lineAt(other)}`;
    });
    for (const path of paths) {
      const name = nameOf(path);
      starts.push({ name, offset });
      let lines = 0;
      const own = options.ownOf?.(path);
      if (own?.spanAt !== undefined) parts = own.shard.count;
      const isOne = isUrl(path) && options.openUrl === undefined;
      const reading = {
        ...{ path, stop, offset, claim: places.claim, spanAt: own?.spanAt, onBytes, table, fetch: options.fetch },
        inputFormat: isOne ? "lines" : inputFormat,
        note: note && ((text: string) => note(`${name}: ${text}`)),
        list: paths.length > 1 ? redacted(path) : undefined,
        onUnknown: unknown?.(name),
        onLines(count: number) {
          progress.lines += count - lines;
          lines = count;
        },
        onFormat(format: string) {
          isTable = format !== "lines";
          if (isTable) options.onTable?.(name);
        },
      };
      let isTable = false;
      const first = isFailedList(path) ? undefined : firstLines(path, () => isTable);
      const accepted = (jobs: Job[]): Job[] => {
        if (refuse !== undefined) refuseIn(jobs, refuse);
        const checked = first === undefined || jobs.length === 0 ? jobs : first.accept(jobs);
        const kept = places.own(checked, own);
        progress.jobs += kept.length;
        return kept;
      };
      try {
        const opened = isUrl(path) ? openUrl(path) : path === "-" ? { stream: stdin(), check() {} } : openList(path);
        for await (const batch of readList(opened, reading)) {
          const jobs = accepted(batch);
          if (jobs.length > 0) yield jobs;
        }
        first?.end();
      } catch (error) {
        if (stop.aborted) return;
        if (error instanceof NoListError) throw new ListError((words) => `${name}: ${error.reason(words)}`);
        const why = reasonOf(error);
        if (why !== undefined) throw new ListError((words) => `${name}: the list cannot be read: ${why(words)}`);
        const what = isUrl(path) && lines === 0 ? "the list cannot be read" : `cannot be read on, after line ${lines}`;
        throw new ListError(`${name}: ${what}: ${reason(error)}`, { cause: error });
      }
      offset += lines;
    }
    refuseEmpty(options.ownOf === undefined ? progress.jobs : progress.lines);
    if (progress.jobs === 0 && progress.lines > 0) noteNone(options, progress.lines);
    progress.done = true;
  }

  function onBytes(count: number): void {
    progress.bytes += count;
  }

  function refuseEmpty(jobs: number): void {
    if (jobs > 0 || allowEmpty || paths.some(isFailedList)) return;
    const names = paths.map(nameOf).join(", ");
    throw new ListError(
      `${names}: no URL in ${paths.length > 1 ? "them" : "it"} (--allow-empty, if that is no mistake)`,
    );
  }

  return {
    [Symbol.asyncIterator]: batches,
    async check() {
      let jobs = 0;
      for (const [i, path] of paths.entries()) {
        if (path === "-") refuseDirectory();
        if (sizes[i] === undefined)
          jobs = Number.NaN; // not known yet
        else if (beginsWithUrl(path)) jobs++;
        else {
          for await (const batch of lists([path], {
            ...options,
            note: undefined,
            refuse: undefined,
            ownOf: undefined,
            allowEmpty: true,
          })) {
            jobs += batch.length;
            break;
          }
        }
      }
      if (jobs === 0) refuseEmpty(jobs);
    },
    total() {
      if (progress.done) return { jobs: progress.jobs, exact: true };
      if (!known || progress.bytes === 0) return undefined;
      const jobs = parts === 1 ? progress.jobs : progress.lines / parts;
      return { jobs: Math.round((jobs / progress.bytes) * totalBytes), exact: false };
    },
  };
}

/** Says that a shard has no line, which may be a mistake. */
function noteNone({ note, ownOf }: ListsOptions, lines: number): void {
  const shard = ownOf?.("")?.shard;
  if (shard !== undefined)
    note?.(`of the ${lines} lines of the list, none with a URL is in shard ${shardText(shard)}: nothing to do`);
}

/** Returns the length of a list in bytes; undefined if it is not a regular file. Throws if it cannot be read. */
function sizeOf(path: string): number | undefined {
  let stats: Stats;
  try {
    stats = statSync(path);
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new ListError(`${redacted(path)}: the list cannot be read: ${reason(error)}`, { cause: error });
  }
  if (stats.isDirectory()) throw new ListError(`${path}: the list cannot be read: it is a folder`);
  return stats.isFile() ? stats.size : undefined;
}

/** Whether a path is the URL of a list, or one to be fetched: a file of that name comes first. */
export function isUrl(path: string): boolean {
  return /^https?:\/\/\P{Cc}*$/iu.test(path) && !existsSync(path); // a line feed would make two lines of it
}

/** A list of this URL alone. */
function listOfOne(url: string): OpenedList {
  return { stream: Readable.from([Buffer.from(`${url}\n`)]), check() {} };
}

function nameOf(path: string): string {
  return path === "-" ? "(stdin)" : redacted(path);
}

/** Whether it is the list of failed lines of a run: its lines were checked before, and it may be empty. */
function isFailedList(path: string): boolean {
  return FAILED_LIST.test(basename(path)) && !isUrl(path);
}

/** Throws if standard input is a directory, which Node 20 to 26 reads as empty (getStdin in is_main_thread.js). */
function refuseDirectory(): void {
  let isDirectory = false;
  try {
    isDirectory = fstatSync(0).isDirectory();
  } catch {
    // It is closed, which is treated as empty.
  }
  if (isDirectory) throw new ListError("(stdin): the list cannot be read: it is a folder");
}
