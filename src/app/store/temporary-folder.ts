// A temporary folder for what is fetched out of an object store.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FolderError } from "../../core/errors.ts";

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

/** Throws a FolderError. */
export function temporaryFolder(): TemporaryFolder {
  try {
    const path = mkdtempSync(join(tmpdir(), "bulkget-"));
    return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
  } catch (error) {
    throw asTemporaryError(error);
  }
}

/** A file-system error of what is in the folder as a FolderError; any other error unchanged. */
export function asTemporaryError(error: unknown): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const why = `cannot be used for temporary files: ${message}; TMPDIR names another folder`;
  return new FolderError("disk", `${tmpdir()}: ${why}`, { cause: error });
}
