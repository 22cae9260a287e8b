// Checks the options of a call of the library: each against its row in the option table; refuses unknown ones.

import { OptionError } from "../core/errors.ts";
import { nearest } from "./nearest.ts";
import { shown, tagOf } from "./shown.ts";
import { ELSEWHERE, type LibraryRow, OPTIONS, type OptionName } from "./table.ts";
import { check } from "./types.ts";

const NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/**
 * Returns a checked copy of the options, so that later changes have no effect. Each option is read once; undefined counts as left
 * out. Throws an OptionError for anything else, also if `given` is no object or its getters throw.
 */
export function checked(given: unknown): Readonly<Record<string, unknown>> {
  if (given === undefined) return {};
  const options = reading("options", () => objectOf(given));
  const unknown = reading("options", () => keysOf(options).find((key) => !Object.hasOwn(OPTIONS, key)));
  if (unknown !== undefined) throw new OptionError(noOption(unknown));
  const result: Record<string, unknown> = {};
  for (const name of NAMES) {
    const row: LibraryRow = OPTIONS[name];
    const answer = reading(name, () => {
      const value: unknown = options[name];
      return value === undefined ? undefined : check(value, row);
    });
    if (answer === undefined) continue;
    if ("wrong" in answer) throw new OptionError(answer.wrong, name);
    result[name] = answer.value;
  }
  return result;
}

/** Calls `read`, which runs the caller's code. Turns an error of it into an OptionError of that option. */
export function reading<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof OptionError) throw error;
    throw new OptionError(`cannot be read: ${messageOf(error)}`, name, { cause: error });
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : shown(error);
  } catch {
    return "it throws";
  }
}

function objectOf(given: unknown): Readonly<Record<string, unknown>> {
  const isOptions = typeof given === "object" && given !== null && !Array.isArray(given);
  // The exports of a module are often used as a configuration.
  if (isOptions && ["Object", "Module"].includes(tagOf(given))) return given as Record<string, unknown>;
  throw new OptionError(`${shown(given)} is not an object such as { concurrency: 20 }`, "options");
}

/** The enumerable keys: own names and symbols, and inherited names except those of Object.prototype. */
function keysOf(options: object): (string | symbol)[] {
  const keys: (string | symbol)[] = [];
  for (const key in options) if (Object.hasOwn(options, key) || !(key in Object.prototype)) keys.push(key);
  for (const key of Object.getOwnPropertySymbols(options)) {
    if (Object.getOwnPropertyDescriptor(options, key)?.enumerable === true) keys.push(key);
  }
  return keys;
}

function noOption(key: string | symbol): string {
  if (typeof key === "symbol") return `there is no option ${String(key)}`;
  const there = `there is no option ${shown(key)}`;
  if (Object.hasOwn(ELSEWHERE, key)) return `${there}: ${ELSEWHERE[key]}`;
  const meant = nearest(key, NAMES);
  return meant === undefined ? `${there} (there are: ${NAMES.join(", ")})` : `${there}: did you mean ${meant}?`;
}
