// Opens a list, a file or a pipe that has a name, and says why it cannot be read to its end.

import { constants, createReadStream, openSync, statSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";

/** The bytes of a list, to be destroyed by who reads them; it fails where a file has become shorter meanwhile. */
export interface OpenedList {
  readonly stream: Readable;
  /** Called at its end: throws for a file that was cut off, whose last line may be half a URL. */
  readonly check: () => void;
}

/** Throws what the file system says. */
export function openList(path: string): OpenedList {
  const before = statSync(path);
  if (before.isFIFO() && process.platform === "linux") return { stream: pipe(path), check() {} };
  const stream = createReadStream(path);
  return {
    stream,
    check() {
      if (!before.isFile() || stream.bytesRead >= before.size) return;
      // Files of /sys say a length that they never have.
      if (statSync(path, { throwIfNoEntry: false })?.size !== before.size) throw new Error(CUT);
    },
  };
}

const CUT = "it was cut off while it was read";

/** Waits without a thread: one that blocks in `open` or `read` would keep the process from ending, as long as nobody writes. */
function pipe(path: string): Readable {
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
};

/** What the file system said, for a person. */
export function reason(error: unknown): string {
  const { code = "", message = String(error) } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
