// Lines gathered and appended to a file in few writes: at most 100 ms or 64 KiB behind.

import { closeSync, openSync, writeSync } from "node:fs";

const DELAY_MS = 100;
const BATCH_CHARS = 65_536;

export interface Appender {
  /** Takes a line. Throws what an earlier write failed with: a line is never dropped in silence. */
  append(line: string): void;
  /** Writes what is left and closes the file. */
  close(): void;
}

/** Opens `path` with `flags` (`wx`: it must not be there) and appends to it. Throws what the file system says. */
export function appender(path: string, flags: "wx" | "w"): Appender {
  const fd = openSync(path, flags, 0o666);
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  let failed: { readonly error: unknown } | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === "") return;
    const bytes = Buffer.from(waiting, "utf8");
    waiting = "";
    // A full disk may take a part without an error: only the next write says so.
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    } catch (error) {
      failed = { error };
    }
  };
  const complain = () => {
    if (failed !== undefined) throw failed.error;
  };

  return {
    append(line) {
      complain();
      waiting += line;
      if (waiting.length >= BATCH_CHARS) {
        flush();
        complain();
      } else timer ??= setTimeout(flush, DELAY_MS);
    },
    close() {
      try {
        complain();
        flush();
        complain();
      } finally {
        clearTimeout(timer);
        closeSync(fd);
      }
    },
  };
}
