// failed.txt: the lines that failed, as a list to be fed back, with their numbers or names. Only there if any failed.

import { renameSync } from "node:fs";
import type { Reporter } from "../core/ports.ts";
import { type Appender, appender } from "./appender.ts";

/** `URL<TAB>name`: the name is the list's own, or the line's number, which a list keeps where it is all digits. */
export function failedList(path: string): Reporter {
  const part = `${path}.part`;
  let file: Appender | undefined;
  return {
    outcome(outcome) {
      if (outcome.outcome !== "failed" || outcome.error === "interrupted") return;
      file ??= appender(part, "w");
      file.append(`${oneLine(outcome.url)}\t${oneLine(outcome.name ?? String(outcome.n).padStart(6, "0"))}\n`);
    },
    end() {
      if (file === undefined) return;
      file.close();
      renameSync(part, path);
    },
  };
}

/** A URL or name from a program may have anything in it; a list has one a line, and no TAB in either. */
function oneLine(text: string): string {
  return text.replace(/[\t\r\n]/g, " ");
}
