// Writes the folder of a made-up run: a journal of any number of records, with many hosts, failures, retries and types.

import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { numbers } from "../numbers.ts";

const RECORDS_A_WRITE = 5000;
const START_MS = Date.parse("2026-01-01T00:00:00.000Z");

export interface MadeUp {
  readonly records: number;
  /** Hosts, the first with most URLs: host h has about 1 / h of them. */
  readonly hosts?: number;
  /** Share of the lines with a second record, of a later run, 0 to 1. */
  readonly repeated?: number;
  /** Share of the URLs that fail, 0 to 1. */
  readonly failing?: number;
  readonly seed?: number;
}

const TYPES = ["text/html; charset=utf-8", "image/jpeg", "image/png", "application/pdf", "application/json"];
const FAILURES = [
  '"error":"http_status","detail":"404 Not Found","retryable":false,"status":404',
  '"error":"http_status","detail":"503 Service Unavailable after 3 attempts","retryable":true,"status":503',
  '"error":"connect_timeout","detail":"no connection within 10 s","retryable":true',
  '"error":"dns_not_found","detail":"getaddrinfo ENOTFOUND","retryable":true',
  '"error":"truncated","detail":"2,000 of 5,000 bytes","retryable":true,"status":200',
];

/** Writes `results.jsonl` into the folder, the same bytes for the same options. */
export function writeMadeUpJournal(folder: string, options: MadeUp): void {
  mkdirSync(folder, { recursive: true });
  const fd = openSync(join(folder, "results.jsonl"), "w");
  try {
    let text = "";
    for (const line of madeUpLines(options)) {
      text += line;
      if (text.length < RECORDS_A_WRITE * 100) continue;
      writeSync(fd, text);
      text = "";
    }
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

/** Lines with their line feeds. */
export function* madeUpLines(options: MadeUp): Generator<string> {
  const { records, hosts = 30_000, repeated = 0, failing = 0.04, seed = 1 } = options;
  const random = numbers(seed);
  const lines = Math.round(records * (1 - repeated));
  for (let i = 1; i <= records; i++) {
    const n = i <= lines ? i : 1 + Math.floor(random() * lines);
    const host = Math.floor(hosts ** random());
    const url = `https://host${host}.example/${Math.floor(random() * 1e6)}/page-${n}.html?session=${Math.floor(random() * 1e9)}`;
    const connect = random() < 0.1 ? openedOf(random) : "";
    const ttfb = round(20 - 80 * Math.log(1 - random()) + (connect === "" ? 0 : 200));
    const body = round(-30 * Math.log(1 - random()));
    const time = new Date(START_MS + i * 5 + Math.floor(random() * 500)).toISOString();
    const attempts = random() < 0.03 ? 2 + Math.floor(random() * 3) : 1;
    const again =
      attempts > 1 ? `,"wait_ms":${round(1000 * random())},"retried_after":["connection_lost: closed"]` : "";
    const times = `"total_ms":${round(ttfb + body + (attempts - 1) * 100)},"time":"${time}"${connect}${again}`;
    if (random() < failing) {
      const kind = FAILURES[Math.floor(random() * FAILURES.length)] ?? "";
      yield `{"n":${n},"url":"${url}","outcome":"failed",${kind},"attempts":${attempts},${times}}\n`;
      continue;
    }
    const bytes = Math.floor(10 ** (1 + 5 * random()));
    const type = TYPES[Math.floor(random() ** 2 * TYPES.length)] ?? "";
    const file = `${String(n).padStart(6, "0")}.html`;
    const saved = `"status":200,"bytes":${bytes},"attempts":${attempts},"ttfb_ms":${ttfb},${times}`;
    const more = `"type":"${type}","etag":"\\"${(bytes * 7919).toString(16)}-${n.toString(36)}\\""`;
    yield `{"n":${n},"url":"${url}","outcome":"saved","file":"${file}",${saved},${more},"last_modified":"Thu, 01 Jan 2026 00:00:00 GMT"}\n`;
  }
}

function openedOf(random: () => number): string {
  return `,"dns_ms":${round(30 * random())},"connect_ms":${round(80 * random())},"tls_ms":${round(90 * random())}`;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
