// Lines that moved within the list: their files move along, by the new numbers, instead of being fetched again.

import { existsSync, lstatSync, renameSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import type { Job, Outcome } from "../core/job.ts";
import { inTheWay, isInside, makeFolder } from "./folder.ts";
import { isPossible, type Names } from "./names.ts";

/** A line, and the number under which an earlier run has saved its URL. */
export interface Move {
  readonly job: Job;
  readonly from: number;
}

export interface RehomeOptions {
  readonly folder: string;
  readonly state: string;
  readonly names: Names;
  /** The last record under a number. */
  readonly record: (n: number) => Outcome | undefined;
  /** Nothing is recorded under that number any more. */
  readonly forget: (n: number) => void;
  /** Takes the record under the new number. */
  readonly append: (outcome: Outcome) => void;
}

/** Makes the moves, each by a rename and a record; a file that others wait for is moved before its name is taken. Gives their number. */
export function rehome(moves: readonly Move[], options: RehomeOptions): number {
  const { folder, state, names, record, forget, append } = options;
  const byTarget = new Map(moves.map((move) => [move.job.n, move]));
  const bySource = new Map(moves.map((move) => [move.from, move]));
  const stashed = new Map<number, { readonly outcome: Outcome; readonly path: string }>();
  let made = 0;

  for (const move of moves) {
    // The lines that must go first: each waits at the number that the one before it wants.
    const chain = [move];
    const seen = new Set([move.job.n]);
    for (let next = bySource.get(move.job.n); next !== undefined; next = bySource.get(next.job.n)) {
      if (!byTarget.has(next.job.n)) break; // moved already
      if (seen.has(next.job.n)) {
        stash(next.from); // a ring: one of them steps aside
        break;
      }
      seen.add(next.job.n);
      chain.push(next);
    }
    for (const one of chain.reverse()) {
      if (byTarget.delete(one.job.n) && place(one)) made++;
    }
  }
  return made;

  function stash(n: number): void {
    const outcome = record(n);
    const file = fileOf(outcome);
    if (outcome === undefined || file === undefined) return;
    const path = `${state}/${n}-0.part`; // no name of a part that is kept
    if (!isBarred(file)) renamed(`${folder}/${file}`, path); // if not, then it cannot get its place either
    forget(n); // now: its number is another's by the time that it gets its place
    stashed.set(n, { outcome, path });
  }

  function place({ job, from }: Move): boolean {
    const there = stashed.get(from);
    const outcome = there?.outcome ?? record(from);
    const old = fileOf(outcome);
    if (outcome === undefined || old === undefined || !URL.canParse(job.url)) return false;
    const type = outcome.outcome === "failed" ? undefined : outcome.type;
    const file = names.of(job, new URL(job.url), type);
    const replaced = fileOf(record(job.n));
    const path = `${folder}/${file}`;
    if ((file !== old && file !== replaced && isThere(path)) || isBarred(file)) return false;
    if (there === undefined && isBarred(old)) return false;
    if (!renamed(there?.path ?? `${folder}/${old}`, path)) return false;
    if (there === undefined) forget(from);
    const { name: _name, list: _list, line: _line, ...rest } = outcome;
    const { n, name, list, line } = job;
    append({
      ...rest,
      n,
      file,
      ...(name === undefined ? {} : { name }),
      ...(list === undefined ? {} : { list }),
      ...(line === undefined ? {} : { line }),
    });
    if (replaced !== undefined && replaced !== file && replaced !== old) remove(`${folder}/${replaced}`);
    return true;
  }

  /** Whether a file's way leads through a link, or whatever else is no folder: it may lie anywhere. */
  function isBarred(file: string): boolean {
    try {
      return inTheWay(folder, file) !== undefined;
    } catch {
      return true;
    }
  }

  /** The file of a line that is no longer in the list, or has another URL now. */
  function remove(path: string): void {
    if (isInside(folder, path) && lstatSync(path).isFile()) unlinkSync(path);
  }
}

/** False where the file system does not do it: then the line is fetched again, and says what is wrong. */
function renamed(from: string, to: string): boolean {
  try {
    if (!existsSync(dirname(to))) makeFolder(dirname(to));
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

/** Whether anything has that name; one that cannot be looked at has nothing. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** A journal may have been tampered with. */
function fileOf(outcome: Outcome | undefined): string | undefined {
  const file = outcome?.file;
  return file !== undefined && isPossible(file) ? file : undefined;
}
