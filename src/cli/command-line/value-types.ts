// The types of option values on the command line: how each is parsed, shown and completed.

import type { CommandType, Row, Rows } from "../../options/row.ts";
import {
  added,
  columns,
  duration,
  failOn,
  header,
  maxFailures,
  metricsTarget,
  names,
  nonBlank,
  oneOf,
  perSecond,
  reports,
  several,
  shard,
  size,
  someOf,
  speed,
  statuses,
  whole,
} from "./units.ts";

type ValuedType = Exclude<CommandType, "flag">;

interface ValueType {
  /** Parses a text; `before` is the value of a repeatable option so far. Throws a ValueError. */
  readonly parse: (row: Row) => (text: string, before?: never) => unknown;
  /** Formats a value as it is typed. Default: `String`. */
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
  shard: { parse: () => shard },
  whole: { parse: ({ least = 0, most = Number.MAX_SAFE_INTEGER, choices }: Row) => whole(least, most, words(choices)) },
  duration: { parse: () => duration, show: (ms: number) => `${ms / 1000}s` },
  size: {
    parse: (row: Row) => (typed: string) => size(typed, row.least),
    show: (bytes: number) => (bytes % 1024 ** 2 === 0 ? `${bytes / 1024 ** 2}M` : String(bytes)),
  },
  speed: { parse: () => speed },
  rate: { parse: () => perSecond },
  statuses: { parse: () => statuses },
  text: { parse: text },
  texts: { parse: ({ noun = "a text" }: Row) => several(noun), isRepeatable: true },
  cookies: { parse: () => added, completes: "files", isRepeatable: true },
  headers: { parse: () => header, isRepeatable: true },
  columns: { parse: () => columns, isRepeatable: true },
  names: { parse: () => names, isRepeatable: true },
  folder: { parse: () => nonBlank("the path of a folder (. is this one)"), completes: "folders" },
  file,
  pem: file,
  reports: { parse: ({ noun = "file" }: Row) => reports(noun), completes: "files", isRepeatable: true },
  metrics: { parse: () => metricsTarget, completes: "files" },
  "failure limit": { parse: ({ choices }: Row) => (choices === undefined ? maxFailures : failOn) },
} as const satisfies Readonly<Record<ValuedType, ValueType>>;

type ChoiceOf<R> = R extends { readonly choices: readonly (infer C)[] } ? C : never;

/** The type of a row's value on the command line. */
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

/** The values of a command line: an option with a default is always present. */
export type Parsed<T extends Rows> = {
  readonly [K in Always<T>]: ValueOf<T[K]>;
} & { readonly [K in Exclude<Typed<T>, Always<T>>]?: ValueOf<T[K]> };

/** The value type of a row; undefined for a flag, and for types of the library only. */
export function valueTypeOf({ type }: Pick<Row, "type">): ValueType | undefined {
  return Object.hasOwn(VALUE_TYPES, type) ? (VALUE_TYPES as Readonly<Record<string, ValueType>>)[type] : undefined;
}

/** Parses the text of a row's option. Throws a ValueError. */
export function parsedValue(row: Row, typed: string, before?: unknown): unknown {
  return valueTypeOf(row)?.parse(row)(typed, before as never);
}

/** The value of an option that is left out. */
export function defaultOf(row: Row): unknown {
  return row.type === "failure limit" && typeof row.default === "string" ? parsedValue(row, row.default) : row.default;
}

/** The default as it is typed, or the text for what applies without one; undefined if there is neither. */
export function shownDefault(row: Pick<Row, "type" | "default" | "otherwise">): string | undefined {
  const { type, default: value, otherwise } = row;
  if (otherwise !== undefined) return otherwise;
  if (value === undefined || type === "flag" || (Array.isArray(value) && value.length === 0)) return undefined;
  return valueTypeOf(row)?.show?.(value as never) ?? String(value);
}
