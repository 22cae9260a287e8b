// Selects the records that are shown one by one: a random sample, failures, and the slowest.

import type { Outcome } from "../../core/job.ts";
import { bottomK } from "../../core/structures/bottom-k.ts";
import type { Measured } from "./measured.ts";
import { phasesOf } from "./phases.ts";
import type { RequestTimes, Statistics, TableRow } from "./statistics.ts";

/** What a browser shows at once without a delay. */
const MAX_ROWS = 5000;
const MAX_REQUESTS = 5000;
const MAX_FAILURES = 2000;
const MAX_SLOWEST = 200;
/** Text of a record that is kept, in characters: the rows are at most some 30 MB. */
const MAX_CHARS = 1000;

type Row = Omit<TableRow, "why">;

export interface SamplesFold {
  /** `record`: the whole record, asked for only if it is kept. */
  add(record: Measured, whole: () => Outcome): void;
  chronology(): Statistics["chronology"];
  rows(): Statistics["rows"];
}

/**
 * A sample has the records whose numbers have the smallest hashes: it is random as far as the numbers have nothing to do with
 * the hash, and the same for the same records in any order.
 */
export function samplesFold(): SamplesFold {
  const chronology = bottomK<Row>(MAX_REQUESTS);
  const failures = bottomK<Row>(MAX_FAILURES);
  const slowest = bottomK<Row>(MAX_SLOWEST);
  const others = bottomK<Row>(MAX_ROWS);
  let all = 0;
  let timed = 0;
  let failed = 0;
  return {
    add(record, whole) {
      all++;
      const { n } = record;
      const key = hashOf(n);
      const rest = record.outcome === "failed" ? failures : others;
      if (record.outcome === "failed") failed++;
      const isTimed = record.endAtMs >= 0;
      if (isTimed) timed++;
      const inChronology = isTimed && chronology.accepts(key, n);
      const inRest = rest.accepts(key, n);
      const inSlowest = slowest.accepts(-record.totalMs, n);
      if (!inChronology && !inRest && !inSlowest) return;
      const row = rowOf(record, whole());
      if (inChronology) chronology.add(key, n, row);
      if (inRest) rest.add(key, n, row);
      if (inSlowest) slowest.add(-record.totalMs, n, row);
    },
    chronology() {
      const requests = chronology.items().map(requestOf);
      return { requests: requests.sort((a, b) => a.startAtMs - b.startAtMs || a.n - b.n), of: timed };
    },
    rows() {
      const shown = new Set<Row>();
      const rows: TableRow[] = [];
      const show = (why: TableRow["why"], some: readonly Row[]) => {
        for (const row of some) {
          if (shown.has(row)) continue;
          shown.add(row);
          rows.push({ ...row, why });
        }
      };
      show("failed", failures.items().toSorted(byNumber));
      const failuresShown = rows.length;
      show("slowest", slowest.items());
      const sample = others.items().filter((row) => !shown.has(row));
      show("sample", sample.slice(0, MAX_ROWS - rows.length).toSorted(byNumber));
      return { rows, failures: { shown: failuresShown, of: failed }, of: all };
    },
  };
}

function byNumber(a: Row, b: Row): number {
  return a.n - b.n;
}

function rowOf(record: Measured, whole: Outcome): Row {
  const { n, outcome, attempts, totalMs, bytes, endAtMs } = record;
  const reason = outcome === "skipped" ? textOf("reason", whole) : record.error;
  const [type, file, detail] = [textOf("type", whole), textOf("file", whole), textOf("detail", whole)];
  return {
    n,
    url: shortened(record.url),
    outcome,
    ...(reason !== undefined && { reason }),
    ...(record.status > 0 && { status: record.status }),
    attempts,
    startAtMs: endAtMs - totalMs - (record.waitMs || 0),
    phasesMs: phasesOf(record),
    totalMs,
    ...((outcome === "saved" || outcome === "unchanged") && { bytes }),
    ...(type !== undefined && { type }),
    ...(file !== undefined && { file }),
    ...(detail !== undefined && { detail }),
  };
}

function requestOf({ n, url, outcome, reason, status, attempts, startAtMs, phasesMs }: Row): RequestTimes {
  const rest = { ...(reason !== undefined && { reason }), ...(status !== undefined && { status }) };
  return { n, url, outcome, ...rest, attempts, startAtMs, phasesMs };
}

function textOf(key: string, whole: Outcome): string | undefined {
  const text: unknown = Object.entries(whole).find(([name]) => name === key)?.[1];
  return typeof text === "string" ? shortened(text) : undefined;
}

/** Without its middle, if it is long: the end distinguishes URLs of one host. */
function shortened(text: string): string {
  if (text.length <= MAX_CHARS) return text;
  const half = MAX_CHARS / 2;
  // A copy: V8 keeps the whole string alive for a slice of it (V8 issue 2869).
  return String(JSON.parse(JSON.stringify(`${text.slice(0, half - 1)}…${text.slice(-half)}`)));
}

/** MurmurHash3's finalizer over both halves of a number, with a fixed seed. */
function hashOf(n: number): number {
  return mixed(n ^ mixed(Math.floor(n / 2 ** 32) ^ SEED)) >>> 0;
}

const SEED = 0x2545_f491;

function mixed(word: number): number {
  let hash = word;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
