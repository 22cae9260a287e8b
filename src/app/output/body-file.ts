// Writes a body as a new file, which has its name only when it is complete.

import { closeSync, unlinkSync } from "node:fs";
import { FolderError } from "../../core/errors.ts";
import { createNew } from "../../fs/open-nofollow.ts";
import { writeAll } from "../../fs/write-all.ts";
import { renameNoReplace } from "../../sink/files/link-or-copy.ts";
import { NoBodyError } from "./saved-body.ts";

/** The file is there already. */
export class FileTakenError extends Error {}

/** Throws a FileTakenError, a FolderError for a disk that cannot be written, and what `body` throws. */
export async function writeBodyFile(path: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  let fd: number | undefined;
  try {
    fd = createNew(part);
    for await (const piece of body) await writeAll(fd, [piece]);
    const open = fd;
    fd = undefined;
    closeSync(open);
    if (!renameNoReplace(part, path)) throw new FileTakenError(`${path}: is there already, and is not replaced`);
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    remove(part);
    // The last one is about the store that the body comes from.
    if ([NoBodyError, FileTakenError, FolderError].some((kind) => error instanceof kind)) throw error;
    throw new FolderError("disk", `${path}: cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not created.
  }
}
