// Names the members of a tar sample by WebDataset's rule: one key up to the first dot, a different extension per member.

import { type FileNames, givenName } from "../names/file-names.ts";

/** The members of one sample. */
export interface SampleNames {
  readonly body: string;
  /** The record as JSON. */
  readonly record: string;
  /** The text of the line's row, if it has one. */
  readonly text: string;
}

const RECORD = "json";
const TEXT = "txt";

/**
 * The names for a file such as `000001.html`. WebDataset splits the last part of a path at its first dot, ignores names without
 * a dot, and refuses an extension that comes twice under one key (`base_plus_ext` and `group_by_keys` in webdataset/tariterators.py).
 * `hasText`: the sample has a member with text as well.
 */
export function sampleNames(file: string, hasText: boolean): SampleNames {
  const slash = file.lastIndexOf("/") + 1;
  const dot = file.indexOf(".", slash);
  const key = dot === -1 ? file : file.slice(0, dot);
  const extension = dot === -1 ? "" : file.slice(dot + 1);
  const lower = extension.toLowerCase();
  const isTaken = lower === RECORD || (hasText && lower === TEXT);
  const own = extension === "" ? "bin" : isTaken ? `body.${extension}` : extension;
  return { body: `${key}.${own}`, record: `${key}.${RECORD}`, text: `${key}.${TEXT}` };
}

/**
 * The naming by which lines have the same name if their bodies may be members of the same name: a reader keeps the last of those
 * only. Where the extension is known by the answer alone, names without it count: the records would be members of one name.
 */
export function memberNaming(names: FileNames): FileNames {
  return {
    ...names,
    isUncertain: false,
    before(job) {
      const expected = names.before(job);
      if (expected === undefined) return undefined;
      const { key, file = key } = expected;
      const isByKey = names.isUncertain && givenName(job) === undefined;
      const member = isByKey ? key : sampleNames(file, job.text !== undefined).body;
      return { key: member, file: member };
    },
  };
}
