// What the command reads for each type of option: how a text becomes a value, how a default is shown, what a shell completes.

import type { CommandType, Row, Rows } from "../options/row.ts";
import {
  added,
  duration,
  failOn,
  header,
  maxFailures,
  nonBlank,
  oneOf,
  perSecond,
  reports,
  several,
  size,
  someOf,
  speed,
  statuses,
  whole,
} from "./units.ts";

type ValuedType = Exclude<CommandType, "flag">;

interface ValueType {
  /** Reads a text; `before` is what a repeatable option has from earlier ones. Throws a ValueError. */
  readonly parse: (row: Row) => (text: string, before?: never) => unknown;
  /** A value as it is typed; otherwise `String` is. */
  readonly show?: (value: never) => string;
  readonly completes?: "files" | "folders";
  readonly isRepeatable?: true;
}

const text = () => (typed: string) => typed;
const file = { parse: ({ noun = "file" }: Row) => nonBlank(`the path of a ${noun}`), completes: "files" } as const;
const words = (choices: Row["choices"] = []) => choices.map(String);

/** One row per type. */
export const VALUE_TYPES = {
  choice: { parse: ({ choices }: Row) => oneOf(words(choices)) },
  "choice or function": { parse: ({ choices }: Row) => oneOf(words(choices)) },
  choices: { parse: ({ choices }: Row) => someOf(words(choices)) },
  whole: { parse: ({ least = 0, most = Number.MAX_SAFE_INTEGER, choices }: Row) => whole(least, most, words(choices)) },
  duration: { parse: () => duration, show: (ms: number) => `${ms / 1000}s` },
  size: {
    parse: () => size,
    show: (bytes: number) => (bytes % 1024 ** 2 === 0 ? `${bytes / 1024 ** 2}M` : String(bytes)),
  },
  speed: { parse: () => speed },
  rate: { parse: () => perSecond },
  statuses: { parse: () => statuses },
  text: { parse: text },
  texts: { parse: ({ noun = "a text" }: Row) => several(noun), isRepeatable: true },
  cookies: { parse: () => added, completes: "files", isRepeatable: true },
  headers: { parse: () => header, isRepeatable: true },
  folder: { parse: () => nonBlank("the path of a folder (. is this one)"), completes: "folders" },
  file,
  pem: file,
  reports: { parse: ({ noun = "file" }: Row) => reports(noun), completes: "files", isRepeatable: true },
  "failure limit": { parse: ({ choices }: Row) => (choices === undefined ? maxFailures : failOn) },
} as const satisfies Readonly<Record<ValuedType, ValueType>>;

type ChoiceOf<R> = R extends { readonly choices: readonly (infer C)[] } ? C : never;

/** What the command line has for a row. */
type ValueOf<R extends Row> = R["type"] extends "flag"
  ? boolean
  : R["type"] extends "choice" | "choice or function"
    ? ChoiceOf<R>
    : R["type"] extends "choices"
      ? readonly ChoiceOf<R>[]
      : R["type"] extends "whole"
        ? number | ChoiceOf<R>
        : R["type"] extends ValuedType
          ? ReturnType<ReturnType<(typeof VALUE_TYPES)[R["type"]]["parse"]>>
          : never;

type Typed<T extends Rows> = { [K in keyof T]: T[K] extends { readonly flags: string } ? K : never }[keyof T];
type Always<T extends Rows> = { [K in Typed<T>]: "default" extends keyof T[K] ? K : never }[Typed<T>];

/** A command line as its rows say: what has a default is always there. */
export type Parsed<T extends Rows> = {
  readonly [K in Always<T>]: ValueOf<T[K]>;
} & { readonly [K in Exclude<Typed<T>, Always<T>>]?: ValueOf<T[K]> };

/** The row of a type that takes a value; undefined of a flag, and of what cannot be typed. */
export function valueTypeOf({ type }: Pick<Row, "type">): ValueType | undefined {
  return Object.hasOwn(VALUE_TYPES, type) ? (VALUE_TYPES as Readonly<Record<string, ValueType>>)[type] : undefined;
}

/** The text as the value that the row's option has for it. Throws a ValueError. */
export function parsedValue(row: Row, typed: string, before?: unknown): unknown {
  return valueTypeOf(row)?.parse(row)(typed, before as never);
}

/** What the option has where it is left out. */
export function defaultOf(row: Row): unknown {
  return row.type === "failure limit" && typeof row.default === "string" ? parsedValue(row, row.default) : row.default;
}

/** The default as a person would type it, or what applies without one; undefined where there is nothing to show. */
export function shownDefault(row: Pick<Row, "type" | "default" | "otherwise">): string | undefined {
  const { type, default: value, otherwise } = row;
  if (otherwise !== undefined) return otherwise;
  if (value === undefined || type === "flag" || (Array.isArray(value) && value.length === 0)) return undefined;
  return valueTypeOf(row)?.show?.(value as never) ?? String(value);
}
