// What the other shards of a list may own in the folder that they share: none of it is replaced.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type ListShard, layoutOf, STATE_FOLDER, STATE_LAYOUT } from "../../core/layout.ts";
import { recordedFiles } from "../../journal/verifying/recorded-files.ts";

export interface OtherShards {
  /** Whether a record of another shard names a file. Reads the journals at the first call. */
  recorded(file: string): boolean;
  /** The same, or another shard may have saved it without a record: it is under way, or was killed. */
  mayOwn(file: string): boolean;
}

export function otherShards(folder: string, { index, count }: ListShard): OtherShards {
  let journals: readonly ((file: string) => boolean)[] | undefined;

  const isRecorded = (file: string): boolean => {
    journals ??= journalsIn(folder, { index, count }).map((path) => recordedFiles(path));
    return journals.some((recorded) => recorded(file));
  };
  /** A run that is under way has a lock, and one that was killed the mark of its time span. */
  const isUnsure = (): boolean =>
    readdirSync(join(folder, STATE_FOLDER)).some(
      (name) =>
        /^\d+-of-\d+$/.test(name) &&
        name !== `${index}-of-${count}` &&
        [STATE_LAYOUT.lock, STATE_LAYOUT.unclean].some((file) => existsSync(join(folder, STATE_FOLDER, name, file))),
    );
  return { recorded: isRecorded, mayOwn: (file) => isUnsure() || isRecorded(file) };
}

function journalsIn(folder: string, { index, count }: ListShard): readonly string[] {
  const paths: string[] = [];
  for (let other = 1; other <= count; other++) {
    const path = join(folder, layoutOf({ index: other, count }).journal);
    if (other !== index && existsSync(path)) paths.push(path);
  }
  return paths;
}
