// Writes the index beside a WARC file that has just got its final name.

import { promises } from "node:fs"; // node:fs/promises would be loaded for runs without archives as well
import { join } from "node:path";
import { indexNameOf } from "../../core/layout.ts";
import { CREATE_FLAGS, NEW_FILE_MODE } from "../../fs/open-nofollow.ts";
import { cdxj } from "./cdxj.ts";

export interface IndexOptions {
  readonly folder: string;
  readonly state: string;
  /** fsync before the final name. */
  readonly isSynced: boolean;
}

/** Does nothing for shards without an index. Throws errno errors, and an Error where another file has the name. */
export async function writeIndex(shard: string, { folder, state, isSynced }: IndexOptions): Promise<void> {
  const name = indexNameOf(shard);
  if (name === undefined) return;
  const text = await indexOf(join(folder, shard), shard);
  const [temporary, final] = [join(state, name), join(folder, name)];
  await promises.rm(temporary, { force: true }); // a killed run may have left it
  const file = await promises.open(temporary, CREATE_FLAGS, NEW_FILE_MODE);
  try {
    await file.writeFile(text);
    if (isSynced) await file.sync();
  } finally {
    await file.close();
  }
  try {
    await promises.link(temporary, final);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const isWritten = (await promises.readFile(final, "latin1")) === text; // by a run that was killed
    if (!isWritten) throw new Error(`${final}: not the index of ${shard}; move it away and run the same command again`);
  }
  await promises.rm(temporary);
}

async function indexOf(path: string, shard: string): Promise<string> {
  const file = await promises.open(path);
  try {
    return await cdxj(file.fd, shard, (await file.stat()).size);
  } finally {
    await file.close();
  }
}
