// Counts records by outcome, failures by kind, and answers by status.

import type { FailureKind } from "../../core/failure.ts";
import type { Measured } from "./measured.ts";
import type { Counts, FailureCount, Statistics } from "./statistics.ts";

export interface OutcomesFold {
  add(record: Measured): void;
  counts(): Omit<Counts, "unreadable">;
  /** Most frequent first; of `http_status`, one row for each status. */
  failures(): readonly FailureCount[];
  statuses(): Statistics["statuses"];
  oneAtATimeMs(): number;
}

export function outcomesFold(): OutcomesFold {
  const outcomes = { saved: 0, unchanged: 0, failed: 0, skipped: 0 };
  let [retryable, bytes, retries, duplicates, totalMs] = [0, 0, 0, 0, 0];
  const failures = new Map<FailureKind, Map<number, { urls: number }>>();
  const statuses = new Map<number, number>();

  const addFailure = ({ error, isRetryable, status }: Measured) => {
    if (error === undefined) return;
    if (isRetryable) retryable++;
    // The key has both what a row has beside the kind.
    const key = (error === "http_status" ? status || 0 : 0) * 2 + Number(isRetryable);
    const rows = failures.get(error) ?? new Map<number, { urls: number }>();
    if (rows.size === 0) failures.set(error, rows);
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { urls: 1 });
    else row.urls++;
  };

  return {
    add(record) {
      outcomes[record.outcome]++;
      bytes += record.bytes;
      totalMs += record.totalMs;
      if (record.attempts > 1) retries += record.attempts - 1;
      if (record.isDuplicate) duplicates++;
      if (record.status > 0) statuses.set(record.status, (statuses.get(record.status) ?? 0) + 1);
      addFailure(record);
    },
    counts() {
      const { saved, unchanged, failed, skipped } = outcomes;
      return { urls: saved + unchanged + failed + skipped, ...outcomes, retryable, bytes, retries, duplicates };
    },
    failures() {
      const rows = [...failures].flatMap(([error, byKey]) =>
        [...byKey].map(([key, { urls }]): FailureCount => {
          const status = key >> 1;
          return { error, ...(status > 0 && { status }), urls, isRetryable: (key & 1) === 1 };
        }),
      );
      return rows.sort((a, b) => b.urls - a.urls || order(a.error, b.error) || (a.status ?? 0) - (b.status ?? 0));
    },
    statuses: () => [...statuses].map(([status, urls]) => ({ status, urls })).sort((a, b) => a.status - b.status),
    oneAtATimeMs: () => totalMs,
  };
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
