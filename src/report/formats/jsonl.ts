// The report format "jsonl": the record of each outcome as one line of JSON, as in results.jsonl.

import { serializeOutcome } from "../../core/serialize-outcome.ts";
import type { ReportFormat } from "./report-format.ts";

export const jsonl: ReportFormat = {
  name: "jsonl",
  reporter: (output) => ({
    start: () => output.start?.(),
    outcome(outcome) {
      // What a stop interrupted is not finished: the next run fetches it.
      if (outcome.outcome === "failed" && outcome.error === "interrupted") return;
      return output.write(serializeOutcome(outcome));
    },
    end: () => output.end(),
  }),
};
