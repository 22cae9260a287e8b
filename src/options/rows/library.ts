// Options that only the library has.

import type { Rows } from "../row.ts";

export const LIBRARY = {
  output: {
    type: "choice",
    summary: "files or memory",
    details: `
      Where bodies go: "files" writes them into "outputDir", "memory" returns each with its outcome, as "body". Bodies in memory have
      at most 64 MiB unless "maxFilesize" is given.`,
    choices: ["files", "memory"],
    default: "files",
  },
  dispatcher: {
    type: "dispatcher",
    summary: "undici Dispatcher to send all requests with",
    details: `
      A Dispatcher of undici (Agent, Pool, ProxyAgent, MockAgent) that sends all requests, instead of bulkget's own connections.`,
    otherwise: "own connections",
  },
  signal: {
    type: "signal",
    summary: "stops everything at once",
    details: `
      An AbortSignal that stops everything at once: the loop throws its reason.`,
    otherwise: "none",
  },
  onProgress: {
    type: "function",
    summary: "called with the progress of the run",
    details: `
      A function that is called with the progress of the run, at most 10 times per second and once at its end.`,
    otherwise: "none",
  },
} as const satisfies Rows;
