// Prints the measurements of `bulkget tune` as a table: one row per concurrency, and the best one marked.

import { aligned, bytesText, durationText, type Paint, rateText, thousands } from "./format.ts";

/** The measurement of one concurrency. */
export interface StepRow {
  readonly concurrency: number;
  readonly ms: number;
  readonly finished: number;
  readonly bytes: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

const HEAD = ["-c", "URL/s", "bytes/s", "p50", "p95", "URLs", "failed"] as const;

/** The table by concurrency, without a line feed at its end; `knee` is marked. */
export function tuneTable(steps: readonly StepRow[], knee: number | undefined, paint: Paint): string {
  const [head = "", ...rows] = aligned([HEAD, ...steps.map((step) => cells(step))]);
  const lines = rows.map((row, i) => (steps[i]?.concurrency === knee ? `${row}  ${paint.good("<- the knee")}` : row));
  return [paint.faint(head), ...lines].join("\n");
}

function cells({ concurrency, ms, finished, bytes, failed, p50Ms, p95Ms }: StepRow): string[] {
  const seconds = ms / 1000;
  return [
    `${concurrency}`,
    rateText((finished - failed) / seconds),
    bytesText(bytes / seconds),
    finished === 0 ? "-" : durationText(p50Ms),
    finished === 0 ? "-" : durationText(p95Ms),
    thousands(finished),
    thousands(failed),
  ];
}
