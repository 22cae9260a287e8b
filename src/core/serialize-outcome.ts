// Serialises an outcome as a line of JSON, for results.jsonl and --report.

import type { Outcome } from "./job.ts";
import { escapedJson } from "./text/escape.ts";

let lastOutcome: Outcome | undefined;
let lastRecord = "";

/** Returns the record with its line feed. The last one is cached, since several reporters use it in turn. */
export function serializeOutcome(outcome: Outcome): string {
  if (outcome !== lastOutcome) {
    lastOutcome = outcome;
    lastRecord = `${escapedJson(JSON.stringify("body" in outcome ? { ...outcome, body: undefined } : outcome))}\n`;
  }
  return lastRecord;
}
