// Lines gathered and appended to a file in few writes: at most 100 ms or 64 KiB behind.

import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { checked, isSingleLinkFile, openToAppend } from "./open-nofollow.ts";
import { isNotSyncable, syncFile } from "./sync.ts";
import { writeAllSync } from "./write-all.ts";

const DELAY_MS = 100;
const BATCH_CHARS = 65_536;

const LF = 0x0a;

export interface FileAppender {
  /** The file's length in bytes before the first line. */
  readonly startBytes: number;
  /** Its length by what was written. */
  readonly bytes: number;
  /** The open file; not to be closed. */
  readonly fd: number;
  /** Takes a line. Throws what an earlier write failed with: a line is never dropped in silence. */
  append(line: string): void;
  /** Writes what is gathered: it is there even if this process is killed. Throws what that or an earlier write failed with. */
  flush(): void;
  /** Writes what is gathered, and waits until the disk has it. Rejects with what that or an earlier write failed with. */
  sync(): Promise<void>;
  /** Writes what is left and closes the file, which nothing may sync any more. */
  close(): void;
}

/** Where to go on in a file that is there: after so many bytes; what follows them is cut off. */
export interface From {
  readonly fromBytes: number;
}

/**
 * Opens `path` and appends to it: to a new file (`wx`: it must not be there), or to one that is there, which must be no
 * link. Throws what the file system says.
 */
export function fileAppender(path: string, how: "wx" | "w" | From): FileAppender {
  const fd = typeof how === "string" ? openSync(path, how === "wx" ? "ax+" : how, 0o666) : reopened(path);
  let startBytes = 0;
  try {
    if (typeof how === "object") startBytes = cutAt(fd, how.fromBytes);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let written = 0;
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  let failed: { readonly error: unknown } | undefined;
  let synced: Promise<void> = Promise.resolve();

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === "") return;
    const bytes = Buffer.from(waiting, "utf8");
    waiting = "";
    let done = 0;
    try {
      writeAllSync(fd, [bytes], (writtenBytes) => {
        done = writtenBytes;
      });
    } catch (error) {
      failed = { error };
      const whole = bytes.subarray(0, done).lastIndexOf(LF) + 1;
      cutOff(fd, done - whole);
      done = whole;
    }
    written += done;
  };
  const complain = () => {
    if (failed !== undefined) throw failed.error;
  };
  const flushed = () => {
    complain();
    flush();
    complain();
  };
  const syncOnce = async () => {
    flushed();
    try {
      await syncFile(fd);
    } catch (error) {
      if (isNotSyncable(error)) return;
      // What the system could not write it may have thrown away: a second sync would say that all is well.
      failed = { error };
      throw error;
    }
  };

  return {
    startBytes,
    fd,
    get bytes() {
      return startBytes + written;
    },
    append(line) {
      complain();
      waiting += line;
      if (waiting.length >= BATCH_CHARS) {
        flush();
        complain();
      } else timer ??= setTimeout(flush, DELAY_MS);
    },
    flush: flushed,
    sync() {
      // One after the other, whatever became of the one before: it told its own caller.
      synced = synced.then(syncOnce, syncOnce);
      return synced;
    },
    close() {
      try {
        flushed();
      } finally {
        clearTimeout(timer);
        closeSync(fd);
      }
    },
  };
}

function reopened(path: string): number {
  return checked(openToAppend(path), (stats) => {
    if (!isSingleLinkFile(stats)) throw new Error(`${path}: no file, or one with a second name (a hard link)`);
  });
}

/** Takes back the last bytes of a file, the beginning of a line that has no room. */
function cutOff(fd: number, bytes: number): void {
  if (bytes === 0) return;
  try {
    ftruncateSync(fd, fstatSync(fd).size - bytes);
  } catch {
    // A device, or a disk that is gone: whoever reads it next finds a torn line.
  }
}

/** Cuts a file off, ends its last line where that has no end, and gives its length. */
function cutAt(fd: number, fromBytes: number): number {
  const { size } = fstatSync(fd);
  // A file that has become shorter is somebody else's doing: its own end is where to go on.
  const bytes = Math.min(size, fromBytes);
  if (bytes < size) ftruncateSync(fd, bytes);
  const last = Buffer.alloc(1);
  if (bytes === 0 || (readSync(fd, last, 0, 1, bytes - 1) === 1 && last[0] === LF)) return bytes;
  return bytes + writeSync(fd, "\n");
}
