// The layout of an output folder: the names of bulkget's own files in it, and the names that no body may have.

/** Names of one run's own files, relative to the output folder. Runs that share a folder each have their own. */
export interface Layout {
  /** The journal: one record per outcome. */
  readonly journal: string;
  /** Lines of an edited journal that are not records of a run. */
  readonly foreignLines: string;
  /** The list of failed lines. */
  readonly failedList: string;
  /** A line when a run begins, and one when it ends. */
  readonly runs: string;
  /** The folder of the lock and of incomplete bodies, in `STATE_FOLDER`; it is removed when it is empty. */
  readonly state: string;
  /** What follows the number in the names of archives. */
  readonly infix: string;
  /** The shard of the list that the run is of. */
  readonly shard?: ListShard;
  /** Whether other runs may write into the folder at the same time. */
  readonly isShared: boolean;
}

/** The layout of an attempt at a chunk of a fleet, in a folder of its own: its archives are named by it (`c000123-2`). */
export function layoutOfAttempt(name: string): Layout {
  return { ...LAYOUT, infix: `.${name}` };
}

/** A part of a list: shard `index`, from 1, of `count`. */
export interface ListShard {
  readonly index: number;
  readonly count: number;
}

/** The folder with the state of all runs in an output folder. */
export const STATE_FOLDER = ".bulkget";

/** The folder of bodies whose lines were removed from the list, where another line needed their names. */
export const REMOVED = "gone";

/** The layout of a run of a whole list. */
export const LAYOUT: Layout = named("");

/** The layout of a run of a whole list, or of a shard of it: `results.3-of-16.jsonl`. */
export function layoutOf(shard?: ListShard): Layout {
  if (shard === undefined) return LAYOUT;
  const { index, count } = shard;
  const name = `${index}-of-${count}`;
  return { ...named(`.${name}`), state: `${STATE_FOLDER}/${name}`, shard: { index, count }, isShared: true };
}

function named(infix: string): Layout {
  return {
    journal: `results${infix}.jsonl`,
    foreignLines: `results${infix}.jsonl.foreign`,
    failedList: `failed${infix}.txt`,
    runs: `runs${infix}.jsonl`,
    ...{ state: STATE_FOLDER, infix, isShared: false },
  };
}

/** Names in the state folder. A journal and a failed list that are being rewritten have their final names there. */
export const STATE_LAYOUT = {
  lock: "lock",
  /** The start times of runs whose records are not all written. */
  unclean: "since",
  /** An empty file that shows the time by the file system's clock. */
  clockProbe: "now",
  /** Where each page of a listing begins, until all its lines are done. */
  pages: "pages",
  /** The record of a list that was enqueued for a fleet. */
  fleet: "fleet.json",
  /** The address of the object store that the bodies are in. */
  store: "store.json",
  /** An incomplete body of line `n`; `copy` distinguishes lines of one number. */
  part: (n: number, copy?: number): string => (copy === undefined ? `${n}.part` : `${n}-${copy}.part`),
  /** The URL and validator of an incomplete body, for a range request. */
  note: (n: number): string => `${n}.note`,
} as const;

/** The names that `STATE_LAYOUT.part` and `note` return: the number, `-copy`, `part` or `note`. */
export const PART_OR_NOTE = /^(\d+)(-\d+)?\.(part|note)$/;

/** The ending of files with the head of an answer (--save-headers). */
export const HEADERS_ENDING = ".headers";

/** The endings of incomplete bodies and of heads, in any case: no body has them. */
export const OWN_ENDING = /\.(part|headers)$/i;

/** What distinguishes the own files of a shard, as the source of a regular expression. */
const INFIX = "(?:\\.[1-9]\\d{0,8}-of-[1-9]\\d{0,8})?";

/** Own files of the output folder, as the source of a regular expression. */
export const OWN_FILES = `(?:results|runs)${INFIX}\\.jsonl|results${INFIX}\\.jsonl\\.foreign|failed${INFIX}\\.txt`;

/** The list of failed lines of a run, by its name. */
export const FAILED_LIST = new RegExp(`^failed(${INFIX})\\.txt$`);

/** The shard of a list of failures, by its name; undefined for that of a whole list, and for other names. */
export function shardOfFailedList(name: string): ListShard | undefined {
  const [, index, count] = /^\.(\d+)-of-(\d+)$/.exec(FAILED_LIST.exec(name)?.[1] ?? "") ?? [];
  return index === undefined ? undefined : { index: Number(index), count: Number(count) };
}

/** The journal of a run, by its name, with the shard that the run is of. */
const JOURNAL = /^results(?:\.([1-9]\d{0,8})-of-([1-9]\d{0,8}))?\.jsonl$/;

/** The shard of a journal, by its name; "whole" for that of a whole list, undefined for other names. */
export function shardOfJournal(name: string): ListShard | "whole" | undefined {
  const [is, index, count] = JOURNAL.exec(name) ?? [];
  if (is === undefined) return undefined;
  return index === undefined ? "whole" : { index: Number(index), count: Number(count) };
}

/** The extensions of the archives that a run writes, each with the extension of its index; undefined for an archive without one. */
const INDEX_EXTENSIONS = { ".tar": undefined, ".warc.gz": ".cdxj" } as const;

export type ShardExtension = keyof typeof INDEX_EXTENSIONS;

/** What distinguishes the archives of an attempt at a chunk of a fleet. */
const ATTEMPT_INFIX = "\\.c\\d{6,12}-[0-9a-f]{1,9}";

/** Archives that a run writes: five digits or more, the run's infix, and an extension. */
export const SHARD = new RegExp(
  `^(\\d{5,9})(${INFIX}|${ATTEMPT_INFIX})(${Object.keys(INDEX_EXTENSIONS).join("|").replaceAll(".", "\\.")})$`,
);

/** Digits of a shard's number; a larger number has more. */
const SHARD_DIGITS = 5;

/** Returns a table's value for the extension of a shard; undefined for other names. */
export function byExtension<T>(table: Readonly<Record<ShardExtension, T>>, shard: string): T | undefined {
  const rows: Readonly<Record<string, T>> = table;
  return rows[SHARD.exec(shard)?.[3] ?? ""];
}

/** `infix`: that of the run's layout. */
export function shardName(number: number, extension: ShardExtension, infix = ""): string {
  return `${String(number).padStart(SHARD_DIGITS, "0")}${infix}${extension}`;
}

/** The state folder of the run that writes an archive, by the archive's name. */
export function stateOfArchive(shard: string): string {
  const infix = SHARD.exec(shard)?.[2] ?? "";
  return infix === "" ? STATE_FOLDER : `${STATE_FOLDER}/${infix.slice(1)}`;
}

/** The index beside an archive: `00000.cdxj`. Undefined for archives that have none. */
export function indexNameOf(shard: string): string | undefined {
  const extension = byExtension(INDEX_EXTENSIONS, shard);
  return extension === undefined ? undefined : shard.replace(SHARD, `$1$2${extension}`);
}

/** The number of a shard; -1 for other names. */
export function shardNumberOf(name: string): number {
  return Number(SHARD.exec(name)?.[1] ?? -1);
}
