// The size of a waiting job in memory, in characters of the texts that are not bounded otherwise.

import type { DuplicateSource, Job, KnownFile } from "../job.ts";

export function charsOf({ url, name, known, duplicateOf: twin, replaces, extra, text }: Job): number {
  let chars = url.length;
  if (name !== undefined) chars += name.length;
  if (known !== undefined) chars += knownChars(known);
  if (twin !== undefined) chars += duplicateChars(twin);
  if (replaces !== undefined) chars += replaces.length;
  if (text !== undefined) chars += text.length;
  if (extra !== undefined) chars += JSON.stringify(extra).length;
  return chars;
}

/** Without its URL, which is that of the lines that wait for it. */
export function duplicateChars(twin: DuplicateSource): number {
  return knownChars(twin) + (twin.retried_after ?? []).reduce((sum, why) => sum + why.length, 0);
}

function knownChars(known: Partial<KnownFile>): number {
  const { file, final_url, etag, last_modified, type, encoding } = known;
  return [file, final_url, etag, last_modified, type, encoding].reduce((sum, text) => sum + (text?.length ?? 0), 0);
}
