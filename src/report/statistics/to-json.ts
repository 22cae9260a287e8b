// Serialises statistics for machines: the same data, with names in snake_case as in results.jsonl.

import type { Statistics } from "./statistics.ts";

/** One line of JSON, with its line feed. Times and durations are milliseconds; `is_` is left out, as of `retryable` in records. */
export function statisticsJson(statistics: Statistics): string {
  return `${JSON.stringify(renamed(statistics))}\n`;
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [snakeCase(key), renamed(one)]));
}

/** "oneAtATimeMs" -> "one_at_a_time_ms", "isExact" -> "exact" */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/^is_/, "");
}
