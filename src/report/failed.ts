// failed.txt: the lines that failed, as a list to be fed back, with their numbers or names. Only there if any failed.

import { renameSync, rmSync } from "node:fs";
import type { Reporter } from "../core/ports.ts";
import { type Appender, appender } from "./appender.ts";

/** `URL<TAB>000042`, or `URL<TAB>name<TAB>n=42` where the list gave a name: either keeps the number when it is fed back. */
export function failedList(path: string): Reporter {
  const part = `${path}.part`;
  let file: Appender | undefined;
  return {
    outcome(outcome) {
      if (outcome.outcome !== "failed" || outcome.error === "interrupted") return;
      file ??= fresh(part);
      const { n, url, name } = outcome;
      const columns = [url, name ?? String(n).padStart(6, "0")].map(oneLine);
      if (name !== undefined && Number(name) !== n) columns.push(`n=${n}`);
      file.append(`${columns.join("\t")}\n`);
    },
    end() {
      if (file === undefined) return;
      file.close();
      renameSync(part, path);
    },
  };
}

/** A new file, never through a link that was planted there. */
function fresh(path: string): Appender {
  rmSync(path, { force: true });
  return appender(path, "wx");
}

/** A URL or name from a program may have anything in it; a list has one a line, and no TAB in either. */
function oneLine(text: string): string {
  return text.replace(/[\t\r\n]/g, " ");
}
