// The types of option values in the library: the check of each type, and its error message.

import { parseListShard, shardText } from "../core/list-shard.ts";
import type { LibraryType, Row } from "./row.ts";
import { shown, tagOf } from "./shown.ts";
import type { LibraryRow } from "./table.ts";

/** A checked copy of the value; or a message with what is wrong and what is accepted. */
export type Checked = { readonly value: unknown } | { readonly wrong: string };

/** Maximum number of entries of an array. */
const MAX_ENTRIES = 100_000;
const MAX_HEADERS = 1000;

type Check = (value: unknown, row: Row) => Checked;

/** One row per type. A check may throw an error of the caller's getter or proxy. */
const CHECKS: Readonly<Record<LibraryType, Check>> = {
  flag: (value, row) => (typeof value === "boolean" ? { value } : wrong(value, row, "true or false")),
  choice: (value, row) => (isChoice(value, row) ? { value } : wrong(value, row, choicesOf(row))),
  "choice or function": (value, row) =>
    typeof value === "function" || isChoice(value, row)
      ? { value }
      : wrong(value, row, `${(row.choices ?? []).map((one) => shown(one)).join(", ")} or a function`),
  whole: number,
  shard: (value, row) => {
    const shard = typeof value === "string" ? parseListShard(value) : undefined;
    return shard === undefined
      ? wrong(value, row, 'a shard such as "3/16", the third of 16')
      : { value: shardText(shard) };
  },
  size: number,
  speed: number,
  duration: number,
  rate: number,
  text,
  folder: text,
  file: text,
  pem: text,
  texts: (value, row) => list(value, row, "an array of strings", text),
  cookies: (value, row) =>
    typeof value === "string" ? text(value, row) : list(value, row, "a string or an array of strings", text),
  choices: (value, row) => list(value, row, `an array of some of ${(row.choices ?? []).join(", ")}`, CHECKS.choice),
  statuses: (value, row) => list(value, row, `an array of ${row.unit}`, number),
  headers,
  columns,
  names: (value, row) => list(value, row, "an array of strings", text),
  signal: (value, row) => (isSignal(value) ? { value } : wrong(value, row, "an AbortSignal")),
  dispatcher: (value, row) =>
    isDispatcher(value) ? { value } : wrong(value, row, "an undici Dispatcher: an object with a method dispatch"),
  function: (value, row) => (typeof value === "function" ? { value } : wrong(value, row, "a function")),
};

export function check(value: unknown, row: LibraryRow): Checked {
  return CHECKS[row.type](value, row);
}

/** The accepted range: "a whole number of bytes from 0 to 100". */
export function rangeOf({ type, unit, least = 0, most = Number.MAX_SAFE_INTEGER }: Row): string {
  const of = unit === undefined || unit === "HTTP statuses" ? "" : ` of ${unit}`;
  return `a ${isFraction(type) ? "" : "whole "}number${of} from ${inDigits(least)} to ${inDigits(most)}`;
}

/** Whether a number of that type may have a fraction. */
function isFraction(type: Row["type"]): boolean {
  return type === "duration" || type === "rate";
}

function inDigits(number: number): string {
  return Number.isInteger(number) ? String(number) : number.toPrecision(2);
}

function number(value: unknown, row: Row): Checked {
  const isGood = isWithin(value, row) && (isFraction(row.type) || Number.isInteger(value));
  if (isGood || isChoice(value, row)) return { value: value === 0 ? 0 : value };
  const or = (row.choices ?? []).map((one) => `, or ${shown(one)}`).join("");
  return wrong(value, row, `${rangeOf(row)}${or}`);
}

function isWithin(value: unknown, { least = 0, most = Number.MAX_SAFE_INTEGER }: Row): value is number {
  return typeof value === "number" && value >= least && value <= most;
}

function isChoice(value: unknown, { choices = [] }: Row): boolean {
  return choices.some((one) => one === value);
}

function choicesOf({ choices = [] }: Row): string {
  return choices
    .map((one) => shown(one))
    .join(" or ")
    .replace(/ or (?=.* or )/g, ", ");
}

function text(value: unknown, row: Row): Checked {
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = row;
  if (typeof value !== "string") return wrong(value, row, "a string");
  if (value.length < least || value.length > most)
    return wrong(value, row, `a string of ${least} to ${most} characters`);
  if (value.includes("\0")) return wrong(value, row, "a string without NUL in it");
  const isPem = row.pem === undefined || new RegExp(`^-----BEGIN [A-Z ]*${row.pem}-----`, "m").test(value);
  return isPem ? { value } : wrong(value, row, `a PEM text with a ${row.pem} in it`);
}

/** Checks every entry of an array, and returns a copy. */
function list(value: unknown, row: Row, wanted: string, check: Check): Checked {
  if (!Array.isArray(value)) return wrong(value, row, wanted);
  const { length } = value;
  if (!(length <= MAX_ENTRIES)) return { wrong: `more than ${MAX_ENTRIES} entries` };
  const copy: unknown[] = [];
  for (let i = 0; i < length; i++) {
    const one = check(value[i], row);
    if ("wrong" in one) return { wrong: `[${i}]: ${one.wrong}` };
    copy.push(one.value);
  }
  return { value: copy };
}

const HEADERS = "an object of strings by their names, a Headers, a Map, or an array of [name, value]";

/** Turns any collection of pairs of strings into an array of pairs. */
function headers(value: unknown, row: Row): Checked {
  const pairs = pairsOf(value);
  if (pairs === undefined) return wrong(value, row, HEADERS);
  const copy: [string, string][] = [];
  for (const pair of pairs) {
    if (copy.length === MAX_HEADERS) return { wrong: `more than ${MAX_HEADERS} headers` };
    const [name, content]: unknown[] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    if (typeof name !== "string") return { wrong: `an entry of it is no [name, value]; it takes ${HEADERS}` };
    if (typeof content !== "string")
      return { wrong: `the value of ${shown(name)} is ${shown(content, true)}, which is no string` };
    copy.push([name, content]);
  }
  return { value: copy };
}

/** An object of texts, each under one of the choices. */
function columns(value: unknown, row: Row): Checked {
  const { choices = [] } = row;
  const wanted = `an object of names of columns, by ${choices.join(", ")}`;
  if (typeof value !== "object" || value === null || tagOf(value) !== "Object") return wrong(value, row, wanted);
  const copy: Record<string, string> = {};
  for (const [role, name] of Object.entries(value)) {
    if (name === undefined) continue;
    if (!choices.includes(role) || typeof name !== "string") return { wrong: `${shown(role)} of it is not ${wanted}` };
    copy[role] = name;
  }
  return { value: copy };
}

function pairsOf(value: unknown): Iterable<unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Symbol.iterator in value)
    return typeof value[Symbol.iterator] === "function" ? (value as Iterable<unknown>) : undefined;
  return tagOf(value) === "Object" ? Object.entries(value) : undefined;
}

/** Accepts AbortSignals of other realms as well, such as those of jsdom. */
function isSignal(value: unknown): boolean {
  if (value instanceof AbortSignal) return true;
  if (typeof value !== "object" || value === null || tagOf(value) !== "AbortSignal") return false;
  const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
  return (
    typeof aborted === "boolean" && typeof addEventListener === "function" && typeof removeEventListener === "function"
  );
}

/** Accepts Dispatchers of any copy of undici, and the result of `compose`. */
function isDispatcher(value: unknown): boolean {
  return typeof value === "object" && value !== null && "dispatch" in value && typeof value.dispatch === "function";
}

function wrong(value: unknown, { isSecret, unlimited }: Row, wanted: string): Checked {
  const hint = unlimited !== undefined && typeof value === "number" ? `; ${unlimited}` : "";
  return { wrong: `${shown(value, isSecret)} is not ${wanted}${hint}` };
}
