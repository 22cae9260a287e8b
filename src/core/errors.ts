// The error classes of the library and the command: each error has a stable code, and a message for its reader.

import { withoutUserinfo } from "./url/userinfo.ts";

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
 * The words of a message that depend on its reader: a program or a user of the command.
 * @internal
 */
export interface Wording {
  /** Returns the reader's name of an option, for use within a sentence. `name`: its name in the library. */
  option(name: string): string;
  /** Returns the reader's name of an option, as the subject of a sentence. */
  subject(name: string): string;
  /** Returns how to use the output of a shell command as the list. */
  listFrom(command: string): string;
  /** The bodies go into an object store: the folder has only the state of the run. */
  readonly isInStore?: boolean;
}

/** @internal */
export type Message = string | ((words: Wording) => string);

/** @internal */
export function inWords(message: Message, words: Wording): string {
  return typeof message === "string" ? message : message(words);
}

/**
 * Returns the usual advice where a folder cannot be used.
 * @internal
 */
export function useAnotherFolder({ option, isInStore = false }: Wording): string {
  if (!isInStore) return `use another folder (${option("outputDir")})`;
  return `use another folder for the state (${option("state")}) with another prefix (${option("outputDir")})`;
}

/** The words for a program: options are properties, and a list is a file. */
const LIBRARY: Wording = {
  option: (name) => `\`${name}\``,
  subject: (name) => name,
  listFrom: (command) => `${command} > new-list.txt`,
};

const messages = new WeakMap<BulkgetError, Message>();

/**
 * Returns the message of an error for another reader than a program.
 * @internal
 */
export function messageFor(error: BulkgetError, words: Wording): string {
  return withoutUserinfo(inWords(messages.get(error) ?? error.message, words));
}

/**
 * Words an error for a run whose bodies go into an object store, and returns it.
 * @internal
 */
export function inStore(error: unknown): unknown {
  const message = error instanceof BulkgetError ? messages.get(error) : undefined;
  if (!(error instanceof BulkgetError) || message === undefined) return error;
  const worded = (words: Wording) => inWords(message, { ...words, isInStore: true });
  messages.set(error, worded);
  error.message = withoutUserinfo(worded(LIBRARY));
  return error;
}

/**
 * The base class of all errors that end a call or a run, except those thrown by the caller's code. `code` is stable (ERROR_CODES has them all),
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

/** An option or an input that cannot be used: thrown by the call, before the run starts. */
export class OptionError extends BulkgetError {
  declare readonly code: "ERR_BULKGET_OPTION";
  /** The name of the wrong option, if there is one; "input" or "options" for the arguments themselves. */
  readonly option: string | undefined;
  static {
    OptionError.prototype.name = "OptionError";
  }
  /**
   * `message` is the reason without the option's name.
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
  /** `usage` if the caller has to decide, `disk` if the file system refuses it. */
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

/** The journal in the output folder cannot be continued. */
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
