// Invariants of a folder after each run of an edited list: every line has its body, and nothing is lost or fetched twice.

import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { refuseNames } from "../../../src/app/output/name-table.ts";
import type { Job, Outcome } from "../../../src/core/job.ts";
import { fileNames } from "../../../src/sink/names/file-names.ts";
import { type Item, items } from "../../../src/source/items.ts";
import { lists } from "../../../src/source/lists.ts";
import { bodyOf, digestOf, type How, type Line, MISSING, PLAIN, textOf } from "./edits.ts";

/** The content of the folder: all files below it, and the records of both journals. */
export interface Contents {
  readonly files: ReadonlyMap<string, string>;
  readonly records: readonly Outcome[];
  /** The records of `gone/`, with file paths relative to the output folder. */
  readonly gone: readonly Outcome[];
}

const OURS = /^(results\.jsonl|failed\.txt|runs\.jsonl|gone\/results\.jsonl|\.bulkget(\/.*)?)$/;

export function contentsOf(folder: string): Contents {
  const files = new Map<string, string>();
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  for (const name of names.sort()) {
    if (lstatSync(join(folder, name)).isFile()) files.set(name, readFileSync(join(folder, name), "utf8"));
  }
  const records = recordsIn(files.get("results.jsonl"));
  const gone = recordsIn(files.get("gone/results.jsonl")).map((record) => ({
    ...record,
    ...(record.file === undefined ? {} : { file: `gone/${record.file}` }),
  }));
  for (const name of names) if (OURS.test(name)) files.delete(name);
  return { files, records, gone };
}

function recordsIn(journal: string | undefined): Outcome[] {
  const lines = (journal ?? "").split("\n").filter((line) => line.endsWith("}")); // the last one may be truncated
  return lines.map((line) => JSON.parse(line) as Outcome);
}

/** A user's own files, which must stay whatever happens to the list. */
export class OwnFiles {
  private readonly files = new Map<string, string>();
  private readonly folder: string;
  constructor(folder: string) {
    this.folder = folder;
  }
  /** Creates a user's file unless its name is taken. */
  put(file: string): void {
    const path = join(this.folder, file);
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
    mkdirSync(dirname(path), { recursive: true });
    const text = `mine: ${file} ${this.files.size}\n`;
    writeFileSync(path, text);
    this.files.set(file, text);
  }
  has(file: string): boolean {
    return this.files.has(file);
  }
  problems({ files }: Contents): string[] {
    return [...this.files]
      .filter(([file, text]) => files.get(file) !== text)
      .map(([file]) => `the user's ${file} was touched`);
  }
}

/** Reads the jobs of a list or of items, as a run does. */
export async function jobsOf(from: string | Iterable<Item>, template: string): Promise<Job[]> {
  const jobs: Job[] = [];
  const refuse = () => refuseNames(fileNames(template));
  const { signal: stop } = new AbortController();
  const source =
    typeof from === "string"
      ? lists([from], { stdin: () => Readable.from([]), stop, refuse })
      : items(from, stop, refuse);
  for await (const batch of source) jobs.push(...batch);
  return jobs;
}

export interface Ran {
  readonly template: string;
  readonly list: readonly Line[];
  readonly jobs: readonly Job[];
  readonly how: How;
  readonly own: OwnFiles;
  readonly before: Contents;
  /** Start of the run that reached its end; earlier ones may have been killed. */
  readonly atLast: Contents;
  readonly after: Contents;
  /** Number of requests per path. */
  readonly asked: ReadonlyMap<string, number>;
}

/** Returns the violated invariants after a run that reached its end. */
export function problemsOf(ran: Ran): string[] {
  return [...ofRecords(ran), ...ofFiles(ran), ...ofRequests(ran), ...ran.own.problems(ran.after)];
}

const DUPLICATE = "duplicate_number";

const pathOf = (url: string) => new URL(url).pathname;

function isSaved({ outcome }: Outcome): boolean {
  return outcome === "saved" || outcome === "unchanged";
}

/** Every line has one record with its URL; further records belong to removed lines. */
function ofRecords({ jobs, after: { records } }: Ran): string[] {
  const problems: string[] = [];
  const keyOf = (n: number, url: string, error?: string) => `${n} ${pathOf(url)}${error === DUPLICATE ? " again" : ""}`;
  const have = records.map((one) => keyOf(one.n, one.url, one.outcome === "failed" ? one.error : undefined));
  const want = jobs.map(({ n, url, refused }) => keyOf(n, url, refused?.error));
  for (const key of new Set(want)) {
    const [wanted, had] = [want, have].map((keys) => keys.filter((one) => one === key).length);
    if (wanted !== had) problems.push(`line ${key}: ${had} records of ${wanted}`);
  }
  const numbers = records
    .filter((one) => !(one.outcome === "failed" && one.error === "duplicate_number"))
    .map(({ n }) => n);
  for (const n of new Set(numbers)) {
    if (numbers.filter((one) => one === n).length > 1) problems.push(`number ${n}: several records`);
  }
  return problems;
}

/** Each saved line's file has its body and the list's name; every other file is a record's or the user's. */
function ofFiles({ template, jobs, own, how, before, after }: Ran): string[] {
  const problems: string[] = [];
  const { files, records, gone } = after;
  for (const record of [...records, ...gone]) {
    const { n, url, file } = record;
    if (!isSaved(record)) continue;
    if (file === undefined || files.get(file) !== bodyOf(pathOf(url))) {
      problems.push(`record ${n} ${pathOf(url)}: ${file} has ${JSON.stringify(files.get(file ?? ""))}`);
    }
  }
  for (const job of jobs) {
    const isOwn = (one: Outcome) => one.n === job.n && one.url === job.url && isSaved(one);
    if (job.refused?.error === "file_exists" && records.some(isOwn)) {
      problems.push(`line ${job.n} ${pathOf(job.url)}: saved, though its name is a lower line's`);
    }
    const record = job.refused === undefined ? records.find(isOwn) : undefined;
    if (record === undefined) continue;
    if (job.sha256 !== undefined && job.sha256 !== digestOf(bodyOf(pathOf(job.url)))) {
      problems.push(`line ${job.n} ${pathOf(job.url)}: saved with another digest than the list's`);
    }
    if (!isCalled(record, job, template)) problems.push(`line ${job.n} ${pathOf(job.url)}: is called ${record.file}`);
  }
  const named = [...records, ...gone].flatMap(({ file }) => (file === undefined ? [] : [file]));
  for (const file of files.keys()) {
    if (own.has(file)) continue;
    const many = named.filter((one) => one === file).length;
    if (many !== 1) problems.push(`${file}: named by ${many} records`);
  }
  if (how.prune === true) {
    const inList = records.filter(({ n, url }) => jobs.some((job) => job.n === n && job.url === url));
    if (gone.length > 0 || inList.length !== records.length)
      problems.push("pruned, but something of other lines is left");
    return problems;
  }
  for (const [path, count] of bodiesIn(before)) {
    const now = bodiesIn(after).get(path) ?? 0;
    if (now < count) problems.push(`${path}: ${count} bodies before, ${now} now`);
  }
  return problems;
}

/** Whether a saved file has the name of the list or template; after any run with `--per-dir`, in any folder. */
function isCalled(
  { file, type }: { readonly file?: string; readonly type?: string },
  job: Job,
  template: string,
): boolean {
  const name = fileNames(template).of(job, new URL(job.url), type);
  return file === name || (template === PLAIN && file?.endsWith(`/${name}`) === true);
}

/** Number of files with the body of a path. */
function bodiesIn({ files }: Pick<Contents, "files">): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of files.values()) {
    const path = /^the body of (.*)\n$/.exec(text)?.[1];
    if (path !== undefined) counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return counts;
}

/** Only paths without a saved file are requested. */
function ofRequests({ list, jobs, how, atLast, asked }: Ran): string[] {
  if (how.update === true) return [];
  const problems: string[] = [];
  const bodies = recordedBodies(atLast);
  for (const [path, count] of asked) {
    const wrong = list.filter((line) => line.path === path && line.isOut !== true && line.digest === "wrong").length;
    const isMissing = MISSING.has(path);
    // A refused line may have the failure record of another line.
    const isOne = (job: Job) => pathOf(job.url) === path && (isMissing || job.refused === undefined);
    const lines = jobs.filter(isOne).length;
    const done = isMissing && how.retryFailed !== true ? missingIn(path, atLast) : (bodies.get(path) ?? 0);
    const needed = Math.max(0, lines - done) + wrong;
    if (count > needed) problems.push(`${path}: asked for ${count} times, ${done} done for ${lines} lines`);
  }
  return problems;
}

/** Number of recorded files with the body of a path: requests in flight at a kill may be repeated. */
function recordedBodies({ files, records, gone }: Contents): Map<string, number> {
  const recorded = new Map<string, string>();
  for (const { file, url } of [...lastOf(records), ...lastOf(gone)]) {
    const body = bodyOf(pathOf(url));
    if (file !== undefined && files.get(file) === body) recorded.set(file, body);
  }
  return bodiesIn({ files: recorded });
}

/** Number of permanently failed lines, including those that are moving to another number. */
function missingIn(path: string, { records, gone }: Contents): number {
  return [...lastOf(records), ...lastOf(gone)].filter(
    (one) => pathOf(one.url) === path && one.outcome === "failed" && one.error === "http_status",
  ).length;
}

/** The last record of each line: a killed run leaves earlier ones too. */
function lastOf(records: readonly Outcome[]): Outcome[] {
  const byNumber = new Map<number, Outcome>();
  for (const one of records) if (one.outcome !== "failed" || one.error !== DUPLICATE) byNumber.set(one.n, one);
  return [...byNumber.values()];
}

/** Writes the list to a file. */
export function written(path: string, list: readonly Line[], origin: string): void {
  writeFileSync(path, textOf(list, origin));
}
