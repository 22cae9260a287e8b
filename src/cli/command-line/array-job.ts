// Decides which shard a task of an array job is, by the variables of its scheduler: `--shard auto`.

import { escaped } from "../../core/text/escape.ts";
import { ARRAY_SCHEDULERS, type ArrayScheduler } from "./array-schedulers.ts";

/** The variables of a process: `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A shard of a list. */
export interface ArrayShard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
  /** The scheduler, for messages: "Slurm array". */
  readonly source: string;
}

export interface ArrayProblem {
  /** The reason and the next step, for a message that begins with the option. */
  readonly problem: string;
}

/** The number of digits of an id. LSF has the largest ones: 2147483646. */
const ID = /^\d{1,10}$/;
const MAX_SHOWN_CHARS = 40;

/**
 * Returns the shard of this task. `count` is the number of shards of the whole run, if the user wrote it. Without it, the ids
 * of the task's array are all shards; with it, the array may be a part of them, and its ids count from the lowest one that the
 * scheduler allows: 0, but 1 in Grid Engine and LSF.
 *
 * A problem is: no scheduler; several that disagree, but for launchers (`mpirun`, `srun`) of a single process; ids that are no
 * range, or that `count` does not fit; one id alone without `count`, since it may be a part of an array that is submitted again.
 */
export function arrayShard(env: Environment, count?: number): ArrayShard | ArrayProblem {
  const set = ARRAY_SCHEDULERS.filter((row) => isSet(env, row));
  const several = set.filter((row) => !isSingleProcess(env, row));
  const candidates = several.length > 0 ? several : set;
  const [first, ...others] = candidates;
  if (first === undefined) return { problem: noScheduler() };
  const shard = shardOf(env, first, count);
  if (others.every((row) => isSame(shard, shardOf(env, row, count)))) return shard;
  const names = candidates.map(({ name, id }) => `${id} (${name})`).join(" and ");
  const ways = candidates.map((row) => `--shard ${inShell(row, count)}`).join(" or ");
  return { problem: `${names} are set at once, and differ: write which of them counts, as ${ways}` };
}

function shardOf(env: Environment, row: ArrayScheduler, count?: number): ArrayShard | ArrayProblem {
  const id = numberOf(env, row.id);
  if (typeof id !== "number") return id;
  const found = count === undefined ? numberedByRange(env, row, id) : numberedByCount(env, row, id, count);
  return "problem" in found ? found : { ...found, source: row.name };
}

type Numbered = Omit<ArrayShard, "source"> | ArrayProblem;

/** Without a number of shards from the user: the array is the whole run. */
function numberedByRange(env: Environment, row: ArrayScheduler, id: number): Numbered {
  const size = row.size === undefined ? undefined : numberOf(env, row.size);
  if (row.range === undefined) {
    if (size === undefined) return { problem: `${row.id} does not tell how many shards there are: ${addCount(row)}` };
    if (typeof size !== "number") return size;
    if (id < size) return { index: id + 1, count: size };
    return { problem: `${row.id} is ${id}, and ${row.size} is ${size}: write the shard itself, as in --shard 3/16` };
  }
  const first = row.range.first === undefined ? row.lowestId : numberOf(env, row.range.first);
  if (typeof first !== "number") return first;
  const last = numberOf(env, row.range.last);
  if (typeof last !== "number") return last;
  const step = has(env, row.range.step) ? numberOf(env, row.range.step) : 1;
  if (typeof step !== "number") return step;
  const index = (id - first) / step;
  const count = Math.floor((last - first) / step) + 1;
  const ids = `${row.id} is ${id} of ${first}-${last}${step === 1 ? "" : `:${step}`}`;
  if (size !== undefined && typeof size !== "number") return size;
  if (!(Number.isInteger(index) && index >= 0 && index < count)) return { problem: noRange(ids, row) };
  if (size !== undefined && size !== count) return { problem: noRange(`${ids}, but there are ${size} tasks`, row) };
  if (count === 1) return { problem: `${row.id} is ${id}, alone in its array: ${addCount(row)}` };
  return { index: index + 1, count };
}

/** With a number of shards from the user: the array is the whole run or a part of it. */
function numberedByCount(env: Environment, row: ArrayScheduler, id: number, count: number): Numbered {
  if (row.range === undefined && row.size !== undefined) {
    const size = numberOf(env, row.size);
    if (typeof size !== "number") return size;
    if (size !== count) {
      return { problem: `${row.size} is ${size}, not ${count}: write --shard auto, or start ${row.example(count)}` };
    }
  }
  const last = row.range === undefined || !has(env, row.range.last) ? id : numberOf(env, row.range.last);
  if (typeof last !== "number") return last;
  const largest = Math.max(id, last);
  if (id >= row.lowestId && largest - row.lowestId < count) return { index: id - row.lowestId + 1, count };
  const counted = `${row.id} counts from ${row.lowestId}`;
  const wrong = id < row.lowestId ? id : largest;
  const otherwise = row.oftenFromOne ? `, or write --shard ${inShell(row, count, 1)} if ids count from 1` : "";
  return { problem: `${counted}, and this array has id ${wrong}: start ${row.example(count)}${otherwise}` };
}

function isSet(env: Environment, { id, idOutside, besides = id }: ArrayScheduler): boolean {
  return has(env, id) && has(env, besides) && env[id] !== idOutside;
}

function has(env: Environment, name: string): boolean {
  return env[name] !== undefined && env[name] !== "";
}

/** Whether a launcher started this process alone. */
function isSingleProcess(env: Environment, { isLauncher, size }: ArrayScheduler): boolean {
  return isLauncher === true && size !== undefined && env[size] === "1";
}

function isSame(a: ArrayShard | ArrayProblem, b: ArrayShard | ArrayProblem): boolean {
  return !("problem" in a) && !("problem" in b) && a.index === b.index && a.count === b.count;
}

function numberOf(env: Environment, name: string): number | ArrayProblem {
  const text = env[name] ?? "";
  if (ID.test(text)) return Number(text);
  const what = text === "" ? "not set" : `"${escaped(text, MAX_SHOWN_CHARS)}", which is no whole number`;
  return { problem: `${name} is ${what}: write the shard itself, as in --shard 3/16` };
}

/** The value of --shard in a shell that is the same in every task: ids count from `lowest`. */
function inShell({ id, size, range, lowestId }: ArrayScheduler, count?: number, lowest = lowestId): string {
  const n = count ?? (range === undefined && size !== undefined ? `$${size}` : "<n>");
  return `"${lowest === 1 ? `$${id}` : `$((${id} + 1))`}/${n}"`;
}

function noRange(ids: string, row: ArrayScheduler): string {
  return `${ids}, which is not every shard of a run: ${addCount(row)}`;
}

function addCount(row: ArrayScheduler): string {
  const add = "add the number of shards of the whole run, as in --shard auto/16";
  if (!row.oftenFromOne) return add;
  return `${add} if ids count from 0, or write --shard ${inShell(row, 16, 1)} if they count from 1`;
}

function noScheduler(): string {
  const names = ARRAY_SCHEDULERS.map(({ id }) => id).join(", ");
  return `no variable of a scheduler is set (${names}): start it in an array job, or write the shard itself, as in --shard 3/16`;
}
