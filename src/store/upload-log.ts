// Remembers open multipart uploads in a file, so that the next run aborts those that a killed one has left.

import { closeSync, readFileSync, unlinkSync } from "node:fs";
import { openOrCreateToAppend } from "../fs/open-nofollow.ts";
import { writeAllSync } from "../fs/write-all.ts";

export interface UploadLog {
  /** Before the upload of a key is begun: without an id, its key finds it. Throws errno errors. */
  beginning(key: string): void;
  begun(key: string, id: string): void;
  /** The upload is completed or aborted. */
  ended(key: string): void;
  /** Closes the log, and removes it where no upload is open. */
  close(): void;
}

/** What a killed run may have left: a key, and its upload's id where that was written. */
export interface OpenUpload {
  readonly key: string;
  readonly id?: string | undefined;
}

interface Entry {
  readonly key?: unknown;
  readonly id?: unknown;
  readonly ended?: unknown;
}

/** Returns the uploads that are open by a log; undefined where there is no log. Throws other errno errors. */
export function openUploads(path: string): readonly OpenUpload[] | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const open = new Map<string, OpenUpload>();
  for (const line of text.split("\n")) {
    const { key, id, ended } = entryOf(line);
    if (typeof key !== "string") continue;
    if (ended === true) open.delete(key);
    else open.set(key, { key, id: typeof id === "string" ? id : undefined });
  }
  return [...open.values()];
}

/** A line that was cut by a kill is no entry: nothing was sent after it. */
function entryOf(line: string): Entry {
  try {
    return Object(JSON.parse(line)) as Entry;
  } catch {
    return {};
  }
}

/** Opens a new log, when the first upload begins. `path`: its entries must have been dealt with. */
export function uploadLog(path: string): UploadLog {
  let fd: number | undefined;
  const open = new Set<string>();
  const write = (entry: object) => {
    fd ??= openOrCreateToAppend(path);
    writeAllSync(fd, [Buffer.from(`${JSON.stringify(entry)}\n`)]);
  };
  return {
    beginning(key) {
      open.add(key);
      write({ key });
    },
    begun: (key, id) => write({ key, id }),
    ended(key) {
      open.delete(key);
      write({ key, ended: true });
    },
    close() {
      if (fd === undefined) return;
      closeSync(fd);
      fd = undefined;
      if (open.size === 0) unlinkSync(path);
    },
  };
}

/** Removes a log whose entries were dealt with. Throws errno errors. */
export function removeUploadLog(path: string): void {
  unlinkSync(path);
}
