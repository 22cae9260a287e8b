// Opens a list file or named pipe, and detects a file that was truncated while it was read.

import { constants, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { fileStream } from "../fs/file-stream.ts";

/** An opened list. Its reader destroys the stream. */
export interface OpenedList {
  readonly stream: Readable;
  /** To be called at the stream's end: throws if the file was truncated, since its last line may be half a URL. */
  readonly check: () => void;
}

/** Throws the file system's error. */
export function openList(path: string): OpenedList {
  const before = statSync(path);
  if (before.isFIFO() && process.platform === "linux") return { stream: openPipe(path), check() {} };
  const { stream, bytesRead } = fileStream(path);
  return {
    stream,
    check() {
      if (!before.isFile() || bytesRead() >= before.size) return;
      // Files in /sys report a length that differs from their content.
      if (statSync(path, { throwIfNoEntry: false })?.size !== before.size) throw new Error(TRUNCATED);
    },
  };
}

const TRUNCATED = "it was cut off while it was read";

/** Reads a FIFO as a socket: `fs` would block a thread in open or read until another process writes (nodejs/node#23220). */
function openPipe(path: string): Readable {
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
};

/** Returns the reason of a file system's error, for a message. */
export function reason(error: unknown): string {
  const { code = "", message = String(error) } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
