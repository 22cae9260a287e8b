// Claims on names that the list gives: two chunks that are committed at the same time may have lines of one name.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { STATE_FOLDER } from "../../../core/layout.ts";
import { makeFolder } from "../../../sink/folder/output-folder.ts";

/** The folder of claims, which is there from the first line on that the list names. */
const CLAIMS = "names";

/** Whether lines of the list have names: then the commit of any chunk looks for them. */
export function areNamesClaimed(folder: string): boolean {
  return existsSync(join(folder, STATE_FOLDER, CLAIMS));
}

/** Whether a chunk that is being committed has claimed a name. */
export function isClaimedByOther(folder: string, file: string, chunk: number): boolean {
  const owner = ownerOf(claimPath(folder, file));
  return owner !== undefined && owner !== chunk;
}

function claimPath(folder: string, file: string): string {
  return join(folder, STATE_FOLDER, CLAIMS, createHash("sha256").update(file).digest("hex"));
}

/**
 * Claims a name for a chunk, before its existing file is looked for. False if another chunk has it, whose file is not there yet. A
 * claim of a killed attempt is that of the next attempt at the chunk. Throws file-system errors.
 */
export function claimName(folder: string, file: string, chunk: number): boolean {
  const path = claimPath(folder, file);
  for (let i = 0; ; i++) {
    try {
      writeFileSync(path, String(chunk), { flag: "wx" });
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") return ownerOf(path) === chunk;
      if (code !== "ENOENT" || i > 0) throw error;
      makeFolder(join(folder, STATE_FOLDER, CLAIMS));
    }
  }
}

/** Removes the claims of a chunk, whose files have their names. Never throws. */
export function releaseNames(folder: string, files: readonly string[], chunk: number): void {
  if (files.length === 0) return;
  for (const file of files) {
    const path = claimPath(folder, file);
    if (ownerOf(path) === chunk) attempt(() => unlinkSync(path));
  }
}

/** The chunk that has a claim; NaN for one that is being written, undefined for none. */
function ownerOf(path: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(path, "utf8"), 10);
  } catch {
    return undefined;
  }
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // It does no harm: other claims are there, or another worker has removed it.
  }
}
