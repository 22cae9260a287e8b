// One row of the option table: all there is to say about an option. The command, the library and the documentation read it.

/** What an option takes; `types.ts` checks the library's values by it, `cli/value-types.ts` reads what is typed. */
export type OptionType =
  | "flag"
  | "choice"
  | "choice or function"
  | "choices"
  | "whole"
  | "duration"
  | "size"
  | "speed"
  | "rate"
  | "statuses"
  | "text"
  | "texts"
  | "cookies"
  | "headers"
  | "folder"
  | "file"
  | "pem"
  | "failure limit"
  | "reports"
  | "dispatcher"
  | "signal"
  | "function";

/** Types that only the library has, or only the command. */
type LibraryOnly = "dispatcher" | "signal" | "function";
type CommandOnly = "failure limit" | "reports";

export type LibraryType = Exclude<OptionType, CommandOnly>;
export type CommandType = Exclude<OptionType, LibraryOnly>;

export interface Row<T extends OptionType = OptionType> {
  readonly type: T;
  /** What is typed, with a placeholder for the value: "-o, --output-dir <dir>". Without it only the library has the option. */
  readonly flags?: string;
  /** One line of `--help`: at most 52 characters, together with the default. */
  readonly summary: string;
  /**
   * Paragraphs for `--help all`, the man page and docs/options.md; one of lines that begin with "- " is a list. What stands in
   * double quotes is shown as code.
   */
  readonly details: string;
  /** Why only the command has it, and what there is in its place. */
  readonly notInLibrary?: string;
  /** It needs a single process, always or with this value. */
  readonly singleProcess?: true | string;

  /** What is counted, as messages name it. */
  readonly unit?: string;
  /** What is named, as messages name it: "file", "socket". */
  readonly noun?: string;
  /** The range of a number, of each in a list, or of a text's length in characters; both ends are in it. */
  readonly least?: number;
  readonly most?: number;
  /** What it may be; of a number, besides a number. */
  readonly choices?: readonly (string | number)[];
  /** What a PEM text must have. */
  readonly pem?: "CERTIFICATE" | "PRIVATE KEY";
  /** No message shows its value. */
  readonly isSecret?: true;
  /** What a user does who wants no limit. */
  readonly unlimited?: string;

  /** Where the option is left out, or undefined. Of a failure limit: as it is typed. */
  readonly default?: unknown;
  /** What applies where there is no default: "no limit". */
  readonly otherwise?: string;
}

export type Rows = Readonly<Record<string, Row>>;

/** A heading of the help, and the options below it. */
export interface Group {
  readonly title: string;
  readonly rows: Rows;
}

/** 365 days: a longer wait is a mistake. */
const MAX_MS = 31_536_000_000;
/** The system takes no longer path (PATH_MAX). */
const MAX_PATH_CHARS = 4096;
/** A bundle of all public certificate authorities has a quarter of a million characters. */
const MAX_PEM_CHARS = 16_777_216;
const MAX_TEXT_CHARS = 65_536;

/** What rows of one type have in common. */
export const FLAG = { type: "flag", default: false } as const;
export const TEXT = { type: "text", least: 0, most: MAX_TEXT_CHARS } as const;
export const TEMPLATE = { type: "text", least: 1, most: MAX_PATH_CHARS } as const;
export const FILE = { type: "file", least: 1, most: MAX_PATH_CHARS } as const;
export const FOLDER = { type: "folder", least: 1, most: MAX_PATH_CHARS } as const;
export const PEM = { type: "pem", least: 1, most: MAX_PEM_CHARS, isSecret: true } as const;
export const DURATION = { type: "duration", unit: "milliseconds", least: 1, most: MAX_MS } as const;
export const SIZE = { type: "size", unit: "bytes", least: 0, most: Number.MAX_SAFE_INTEGER } as const;
