// The type of a row of the option table, which defines an option for command, library and documentation.

/** The type of an option's value. `types.ts` checks values of the library, `cli/command-line/value-types.ts` parses typed ones. */
export type OptionType =
  | "flag"
  | "choice"
  | "choice or function"
  | "choices"
  | "whole"
  | "shard"
  | "duration"
  | "size"
  | "speed"
  | "rate"
  | "statuses"
  | "text"
  | "texts"
  | "cookies"
  | "headers"
  | "columns"
  | "names"
  | "folder"
  | "file"
  | "pem"
  | "failure limit"
  | "reports"
  | "metrics"
  | "dispatcher"
  | "signal"
  | "function";

/** Types of the library only, and of the command only. */
type LibraryOnly = "dispatcher" | "signal" | "function";
type CommandOnly = "failure limit" | "reports" | "metrics";

export type LibraryType = Exclude<OptionType, CommandOnly>;
export type CommandType = Exclude<OptionType, LibraryOnly>;

export interface Row<T extends OptionType = OptionType> {
  readonly type: T;
  /** The flags, with a placeholder for the value: "-o, --output-dir <dir>". Absent: only the library has the option. */
  readonly flags?: string;
  /** One line of `--help`: at most 52 characters, together with the default. */
  readonly summary: string;
  /**
   * Paragraphs for `--help all`, the man page and docs/options.md. A paragraph whose lines begin with "- " is a list. Text in
   * double quotes is shown as code.
   */
  readonly details: string;
  /** Why only the command has the option, and what the library has instead. */
  readonly notInLibrary?: string;
  /** The option needs a single process: always, or with this value. */
  readonly singleProcess?: true | string;

  /** The unit of a number, for messages. */
  readonly unit?: string;
  /** The noun of a value, for messages: "file", "socket". */
  readonly noun?: string;
  /** The range of a number, of each number of a list, or of a text's length in characters, both inclusive. */
  readonly least?: number;
  readonly most?: number;
  /** The allowed values; for a number, values beside numbers. */
  readonly choices?: readonly (string | number)[];
  /** The block that a PEM text must contain. */
  readonly pem?: "CERTIFICATE" | "PRIVATE KEY";
  /** The value is shown in no message. */
  readonly isSecret?: true;
  /** How to set no limit, for messages. */
  readonly unlimited?: string;

  /** The value if the option is left out or undefined. For a failure limit: as it is typed. */
  readonly default?: unknown;
  /** Text for what applies without a default: "no limit". */
  readonly otherwise?: string;
}

export type Rows = Readonly<Record<string, Row>>;

/** A heading of the help, and the options below it. */
export interface Group {
  readonly title: string;
  readonly rows: Rows;
}

/** Maximum duration: 365 days. A longer one is a mistake. */
const MAX_MS = 31_536_000_000;
/** Maximum length of a path: PATH_MAX of Linux. */
const MAX_PATH_CHARS = 4096;
/** Maximum length of a PEM text. A bundle of all public certificate authorities has a quarter of a million characters. */
const MAX_PEM_CHARS = 16_777_216;
const MAX_TEXT_CHARS = 65_536;

/** Common parts of the rows of one type. */
export const FLAG = { type: "flag", default: false } as const;
export const TEXT = { type: "text", least: 0, most: MAX_TEXT_CHARS } as const;
export const TEMPLATE = { type: "text", least: 1, most: MAX_PATH_CHARS } as const;
export const FILE = { type: "file", least: 1, most: MAX_PATH_CHARS } as const;
export const FOLDER = { type: "folder", least: 1, most: MAX_PATH_CHARS } as const;
export const PEM = { type: "pem", least: 1, most: MAX_PEM_CHARS, isSecret: true } as const;
export const DURATION = { type: "duration", unit: "milliseconds", least: 1, most: MAX_MS } as const;
export const SIZE = { type: "size", unit: "bytes", least: 0, most: Number.MAX_SAFE_INTEGER } as const;
