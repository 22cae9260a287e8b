// The errors by which a call or a run ends: one family of classes, each error with a stable code, in words for its reader.

import { withoutUserinfo } from "./userinfo.ts";

/** Every code, and when an error has it. */
export const ERROR_CODES = {
  ERR_BULKGET_OPTION: "an option or the input is unknown or unusable",
  ERR_BULKGET_LIST: "a list cannot be read, or is not a list of URLs",
  ERR_BULKGET_FOLDER: "something in the output folder is in the way, and its owner has to decide about it",
  ERR_BULKGET_OTHER_LIST: "the output folder holds the run of another list",
  ERR_BULKGET_JOURNAL: "results.jsonl in the output folder is not a journal that this version can continue",
  ERR_BULKGET_LOCKED: "another run is using the output folder",
  ERR_BULKGET_DISK: "the file system cannot create, read or write a file",
} as const;

export type BulkgetErrorCode = keyof typeof ERROR_CODES;

/**
 * How a message names what its reader can do.
 * @internal
 */
export interface Wording {
  /** An option, within a sentence, by its name in the library. */
  option(name: string): string;
  /** The subject of a sentence about an option. */
  subject(name: string): string;
  /** Uses what a command of the shell prints as the list. */
  listFrom(command: string): string;
}

/** @internal */
export type Message = string | ((words: Wording) => string);

/** @internal */
export function inWords(message: Message, words: Wording): string {
  return typeof message === "string" ? message : message(words);
}

/**
 * What is done in most cases where a folder cannot be used.
 * @internal
 */
export function useAnotherFolder({ option }: Wording): string {
  return `use another folder (${option("outputDir")})`;
}

/** For a program: options are properties, and a list is a file. */
const LIBRARY: Wording = {
  option: (name) => `\`${name}\``,
  subject: (name) => name,
  listFrom: (command) => `${command} > new-list.txt`,
};

const messages = new WeakMap<BulkgetError, Message>();

/**
 * The message of an error for a reader other than a program.
 * @internal
 */
export function messageFor(error: BulkgetError, words: Wording): string {
  return withoutUserinfo(inWords(messages.get(error) ?? error.message, words));
}

/**
 * Every error that ends a call or a run, but for what the caller's own code throws. `code` is stable (ERROR_CODES has them all),
 * `message` is not.
 */
export class BulkgetError extends Error {
  readonly code: BulkgetErrorCode;
  static {
    BulkgetError.prototype.name = "BulkgetError";
  }
  /** @internal */
  constructor(code: BulkgetErrorCode, message: Message, options?: ErrorOptions) {
    super(withoutUserinfo(inWords(message, LIBRARY)), options);
    this.code = code;
    messages.set(this, message);
  }
}

/** An option or an input that cannot be used: thrown by the call, before anything is begun. */
export class OptionError extends BulkgetError {
  declare readonly code: "ERR_BULKGET_OPTION";
  /** The name of the option, where one is at fault; of the arguments themselves, "input" or "options". */
  readonly option: string | undefined;
  static {
    OptionError.prototype.name = "OptionError";
  }
  /**
   * `message` says what is wrong with the option, and does not name it.
   * @internal
   */
  constructor(message: Message, option?: string, options?: ErrorOptions) {
    const about: Message =
      option === undefined ? message : (words) => `${words.subject(option)}: ${inWords(message, words)}`;
    super("ERR_BULKGET_OPTION", about, options);
    this.option = option;
  }
}

/** A list cannot be read, or is not a list of URLs. */
export class ListError extends BulkgetError {
  declare readonly code: "ERR_BULKGET_LIST";
  static {
    ListError.prototype.name = "ListError";
  }
  /** @internal */
  constructor(message: Message, options?: ErrorOptions) {
    super("ERR_BULKGET_LIST", message, options);
  }
}

type FolderCode = "ERR_BULKGET_FOLDER" | "ERR_BULKGET_OTHER_LIST" | "ERR_BULKGET_DISK";

/** The output folder cannot be used. */
export class FolderError extends BulkgetError {
  declare readonly code: "ERR_BULKGET_FOLDER" | "ERR_BULKGET_OTHER_LIST" | "ERR_BULKGET_DISK";
  /** `usage` if that is for the caller to decide, `disk` if the file system refuses it. */
  readonly kind: "usage" | "disk";
  static {
    FolderError.prototype.name = "FolderError";
  }
  /** @internal */
  constructor(kind: "usage" | "disk", message: Message, options?: ErrorOptions & { readonly code?: FolderCode }) {
    super(options?.code ?? (kind === "disk" ? "ERR_BULKGET_DISK" : "ERR_BULKGET_FOLDER"), message, options);
    this.kind = kind;
  }
}

/** The journal in the output folder is not one that can be continued. */
export class JournalError extends BulkgetError {
  declare readonly code: "ERR_BULKGET_JOURNAL";
  static {
    JournalError.prototype.name = "JournalError";
  }
  /** @internal */
  constructor(message: Message, options?: ErrorOptions) {
    super("ERR_BULKGET_JOURNAL", message, options);
  }
}

/** Another run is using the output folder. */
export class LockedError extends BulkgetError {
  declare readonly code: "ERR_BULKGET_LOCKED";
  static {
    LockedError.prototype.name = "LockedError";
  }
  /** @internal */
  constructor(message: Message, options?: ErrorOptions) {
    super("ERR_BULKGET_LOCKED", message, options);
  }
}
