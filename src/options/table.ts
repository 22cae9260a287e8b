// The table of options: one row each, with what it takes, its unit and range or choices, and what holds where it is left out.

import type { ORDERS } from "../core/scheduler/order.ts";
import { DIRECTIVES } from "../http/robots/robots-tag.ts";
import { VERSION } from "../version.ts";

/** What an option takes. */
export type Type =
  | "flag"
  | "choice"
  | "choice or function"
  | "whole"
  | "number"
  | "text"
  | "texts"
  | "text or texts"
  | "choices"
  | "wholes"
  | "headers"
  | "signal"
  | "dispatcher"
  | "function";

export interface Row {
  readonly type: Type;
  /** What is counted, as messages name it. */
  readonly unit?: string;
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
  /** Where it is left out, or undefined. */
  readonly default?: unknown;
}

/** 365 days: a longer wait is a mistake. */
const MAX_MS = 31_536_000_000;
const MAX_BYTES = Number.MAX_SAFE_INTEGER;
/** The system takes no longer path (PATH_MAX). */
const MAX_PATH = 4096;
/** A bundle of all public certificate authorities has a quarter of a million characters. */
const MAX_PEM = 16_777_216;
const MAX_TEXT = 65_536;

const flag = { type: "flag", default: false } as const;
const path = { type: "text", least: 1, most: MAX_PATH } as const;
const pem = { type: "text", least: 1, most: MAX_PEM, isSecret: true } as const;
const ms = { type: "number", unit: "milliseconds", least: 1, most: MAX_MS } as const;
const bytes = { type: "whole", unit: "bytes", least: 0, most: MAX_BYTES } as const;
/** One a day at least: with less, a list never ends. */
const starts = {
  type: "number",
  unit: "URLs a second",
  least: 1 / 86_400,
  most: 1_000_000,
  unlimited: "leave it out for no limit",
} as const;

/** The one description of every option of the library; the command has the same ranges and choices. */
export const OPTIONS = {
  output: { type: "choice", choices: ["files", "memory"], default: "files" },
  outputDir: { ...path, default: "downloads" },
  name: { ...path, default: "{n:6}{ext}" },
  perDir: { type: "whole", least: 1, most: 1_000_000_000 },
  force: flag,
  update: flag,
  prune: flag,
  retryFailed: flag,
  dedupe: flag,
  hash: { type: "choice", choices: ["sha256"] },
  durability: { type: "choice", choices: ["none", "run", "file"], default: "run" },
  minFree: { ...bytes, default: 67_108_864 },

  concurrency: { type: "whole", least: 1, most: 10_000, choices: ["auto"], default: 50 },
  perHost: { type: "whole", least: 1, most: 10_000 },
  rate: starts,
  hostRate: starts,
  limitRate: { ...bytes, unit: "bytes a second", least: 1, unlimited: "leave it out for no limit" },
  order: {
    type: "choice or function",
    choices: ["fair", "list", "longest"] satisfies (keyof typeof ORDERS)[],
    default: "fair",
  },
  retries: { type: "whole", least: 0, most: 100, default: 3 },
  retryOn: { type: "wholes", unit: "HTTP statuses", least: 100, most: 599 },

  connectTimeoutMs: { ...ms, default: 10_000 },
  timeoutMs: { ...ms, default: 30_000 },
  maxTimeMs: { ...ms, choices: [Number.POSITIVE_INFINITY] },
  minSpeed: { ...bytes, unit: "bytes a second", default: 100 },
  maxFilesize: { ...bytes, unlimited: "leave it out for no limit" },
  maxRedirs: { type: "whole", least: 0, most: 1000, default: 10 },
  headers: { type: "headers", isSecret: true },
  userAgent: { type: "text", least: 0, most: MAX_TEXT, default: `bulkget/${VERSION}` },
  cookie: { type: "text or texts", least: 0, most: MAX_TEXT, isSecret: true },
  noCookies: flag,
  netrc: flag,
  netrcFile: path,
  proxy: { type: "text", least: 0, most: MAX_TEXT, isSecret: true },
  publicOnly: flag,
  resolve: { type: "texts", least: 1, most: MAX_TEXT },
  unixSocket: path,
  insecure: flag,
  ca: { ...pem, pem: "CERTIFICATE" },
  cert: { ...pem, pem: "CERTIFICATE" },
  key: { ...pem, pem: "PRIVATE KEY" },
  compressed: flag,
  http2: flag,
  dispatcher: { type: "dispatcher" },
  robots: flag,
  respect: { type: "choices", choices: DIRECTIVES },

  deadlineMs: { ...ms, choices: [Number.POSITIVE_INFINITY] },
  signal: { type: "signal" },
  onProgress: { type: "function" },
} as const satisfies Readonly<Record<string, Row>>;

export type OptionName = keyof typeof OPTIONS;

/** What is asked for elsewhere under these names, and the way to it here. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  workers: "the library runs in one process; the command has --workers",
  report: "outcomes come from the loop; the command has --report",
  quiet: "the library writes nothing to the terminal",
  verbose: "the library writes nothing to the terminal; outcomes come from the loop",
  failOn: "count the failed in the loop or in `summary`; the command has --fail-on",
  maxFailures: "leave the loop with `break` when there are too many; the command has --max-failures",
  cacert: "did you mean ca, which takes the PEM text itself?",
  agent: "did you mean dispatcher, which takes an undici Dispatcher such as its Agent? Node's http.Agent is not taken",
};
