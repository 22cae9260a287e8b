// An outcome as a line of JSON: what results.jsonl and --report hold.

import { escapedJson } from "./escape.ts";
import type { Outcome } from "./job.ts";

let lastOutcome: Outcome | undefined;
let lastRecord = "";

/** The record, with its line feed. Serialised once, however many reporters ask for it in turn. */
export function serializeOutcome(outcome: Outcome): string {
  if (outcome !== lastOutcome) {
    lastOutcome = outcome;
    lastRecord = `${escapedJson(JSON.stringify("body" in outcome ? { ...outcome, body: undefined } : outcome))}\n`;
  }
  return lastRecord;
}
