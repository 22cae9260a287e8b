// Appends lines to a file in batches, at most 100 ms or 64 KiB late.

import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { checked, isSingleLinkFile, openToAppend } from "./open-nofollow.ts";
import { isNotSyncable, syncFile } from "./sync.ts";
import { writeAllSync } from "./write-all.ts";

const MAX_DELAY_MS = 100;
const BATCH_CHARS = 65_536;

const LF = 0x0a;

export interface FileAppender {
  /** The file's length before the first line. */
  readonly startBytes: number;
  /** The length that it should have now. */
  readonly bytes: number;
  /** The open file, which the caller must not close. */
  readonly fd: number;
  /** Queues a line. Throws the error of an earlier write: no line is lost without an error. */
  append(line: string): void;
  /** Writes the queued lines: they survive `kill -9`. Throws the error of this write or of an earlier one. */
  flush(): void;
  /**
   * Writes the queued lines and calls fsync: they survive a power loss. Rejects with the error of this write or of an
   * earlier one.
   */
  sync(): Promise<void>;
  /** Writes the queued lines and closes the file. No `sync` may be pending. Throws as `flush` does. */
  close(): void;
}

/** Continues an existing file after this many bytes; the rest is truncated. */
export interface From {
  readonly fromBytes: number;
}

/**
 * Opens a file for appending: `wx` a new file, `w` a new or truncated one, `From` an existing regular file without
 * links. Throws file-system errors.
 */
export function fileAppender(path: string, how: "wx" | "w" | From): FileAppender {
  const fd = typeof how === "string" ? openSync(path, how === "wx" ? "ax+" : how, 0o666) : reopen(path);
  let startBytes = 0;
  try {
    if (typeof how === "object") startBytes = truncateAt(fd, how.fromBytes);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let written = 0;
  let queued = "";
  let timer: NodeJS.Timeout | undefined;
  let failed: { readonly error: unknown } | undefined;
  let synced: Promise<void> = Promise.resolve();

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (queued === "") return;
    const bytes = Buffer.from(queued, "utf8");
    queued = "";
    let done = 0;
    try {
      writeAllSync(fd, [bytes], (writtenBytes) => {
        done = writtenBytes;
      });
    } catch (error) {
      failed = { error };
      const whole = bytes.subarray(0, done).lastIndexOf(LF) + 1;
      truncateLast(fd, done - whole);
      done = whole;
    }
    written += done;
  };
  const throwIfFailed = () => {
    if (failed !== undefined) throw failed.error;
  };
  const flushOrThrow = () => {
    throwIfFailed();
    flush();
    throwIfFailed();
  };
  const syncOnce = async () => {
    flushOrThrow();
    try {
      await syncFile(fd);
    } catch (error) {
      if (isNotSyncable(error)) return;
      // Linux may drop pages that it could not write, so that a second fsync succeeds
      // (wiki.postgresql.org/wiki/Fsync_Errors).
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
      throwIfFailed();
      queued += line;
      if (queued.length >= BATCH_CHARS) {
        flush();
        throwIfFailed();
      } else timer ??= setTimeout(flush, MAX_DELAY_MS);
    },
    flush: flushOrThrow,
    sync() {
      // One at a time. The error of the one before has been reported to its own caller.
      synced = synced.then(syncOnce, syncOnce);
      return synced;
    },
    close() {
      try {
        flushOrThrow();
      } finally {
        clearTimeout(timer);
        closeSync(fd);
      }
    },
  };
}

function reopen(path: string): number {
  return checked(openToAppend(path), (stats) => {
    if (!isSingleLinkFile(stats)) throw new Error(`${path}: no file, or one with a second name (a hard link)`);
  });
}

/** Truncates the last bytes of a file: the beginning of a line for which the disk has no room. */
function truncateLast(fd: number, bytes: number): void {
  if (bytes === 0) return;
  try {
    ftruncateSync(fd, fstatSync(fd).size - bytes);
  } catch {
    // A device, or a disk that is gone: a later reader finds an incomplete line.
  }
}

/** Truncates a file, adds a missing line feed at its end, and returns its length. */
function truncateAt(fd: number, fromBytes: number): number {
  const { size } = fstatSync(fd);
  // Another program may have truncated it further.
  const bytes = Math.min(size, fromBytes);
  if (bytes < size) ftruncateSync(fd, bytes);
  const last = Buffer.alloc(1);
  if (bytes === 0 || (readSync(fd, last, 0, 1, bytes - 1) === 1 && last[0] === LF)) return bytes;
  return bytes + writeSync(fd, "\n");
}
