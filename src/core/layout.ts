// The layout of an output folder: the names of bulkget's own files in it, and the names that no body may have.

/** Names relative to the output folder. */
export interface Layout {
  /** The journal: one record per outcome. */
  readonly journal: string;
  /** Lines of an edited journal that are not records of a run. */
  readonly foreignLines: string;
  /** The list of failed lines. */
  readonly failedList: string;
  /** A line when a run begins, and one when it ends. */
  readonly runs: string;
  /** The folder of the lock and of incomplete bodies; it is removed when it is empty. */
  readonly state: string;
  /** The folder of bodies whose lines were removed from the list, where another line needed their names. */
  readonly removed: string;
}

/** The only layout today. Runs that share a folder would each have their own. */
export const LAYOUT: Layout = {
  journal: "results.jsonl",
  foreignLines: "results.jsonl.foreign",
  failedList: "failed.txt",
  runs: "runs.jsonl",
  state: ".bulkget",
  removed: "gone",
};

/** Names in the state folder. A journal and a failed list that are being rewritten have their final names there. */
export const STATE_LAYOUT = {
  lock: "lock",
  /** The start times of runs whose records are not all written. */
  unclean: "since",
  /** An empty file that shows the time by the file system's clock. */
  clockProbe: "now",
  /** Where each page of a listing begins, until all its lines are done. */
  pages: "pages",
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

/** Own files of the output folder, as the source of a regular expression. */
export const OWN_FILES = [LAYOUT.journal, LAYOUT.foreignLines, LAYOUT.failedList, LAYOUT.runs]
  .map((name) => name.replaceAll(".", "\\."))
  .join("|");

/** The extensions of the archives that a run writes, each with the extension of its index; undefined for an archive without one. */
const INDEX_EXTENSIONS = { ".tar": undefined, ".warc.gz": ".cdxj" } as const;

export type ShardExtension = keyof typeof INDEX_EXTENSIONS;

/** Archives that a run writes: five digits or more, and an extension. */
export const SHARD = new RegExp(`^(\\d{5,9})(${Object.keys(INDEX_EXTENSIONS).join("|").replaceAll(".", "\\.")})$`);

/** Digits of a shard's number; a larger number has more. */
const SHARD_DIGITS = 5;

/** Returns a table's value for the extension of a shard; undefined for other names. */
export function byExtension<T>(table: Readonly<Record<ShardExtension, T>>, shard: string): T | undefined {
  const rows: Readonly<Record<string, T>> = table;
  return rows[SHARD.exec(shard)?.[2] ?? ""];
}

export function shardName(number: number, extension: ShardExtension): string {
  return `${String(number).padStart(SHARD_DIGITS, "0")}${extension}`;
}

/** The index beside an archive: `00000.cdxj`. Undefined for archives that have none. */
export function indexNameOf(shard: string): string | undefined {
  const extension = byExtension(INDEX_EXTENSIONS, shard);
  return extension === undefined ? undefined : shard.slice(0, shard.indexOf(".")) + extension;
}

/** The number of a shard; -1 for other names. */
export function shardNumberOf(name: string): number {
  return Number(SHARD.exec(name)?.[1] ?? -1);
}
