// results.jsonl: one record per finished line, the report a machine reads.

import type { Reporter } from "../core/ports.ts";
import { appender } from "./appender.ts";
import { recordOf } from "./record.ts";

/** Writes records to a new file; `replace` takes one that is there. Throws what the file system says. */
export function journal(path: string, replace = false): Reporter {
  const file = appender(path, replace ? "w" : "wx");
  return {
    outcome(outcome) {
      // What was stopped under way is not finished: its line stays open for the next run.
      if (outcome.outcome === "failed" && outcome.error === "interrupted") return;
      file.append(recordOf(outcome));
    },
    end: () => file.close(),
  };
}
