// Messages about columns of lines with unknown keys: one per key.

import type { UnknownColumn } from "./formats/table/columns.ts";

/** Maximum number of messages about unknown keys, for all lists together. */
const MAX_KEY_MESSAGES = 10;

/** Reports each unknown key once, for the first line that has it. */
export function unknownColumns(note: (text: string) => void) {
  const reported = new Set<string>();
  return (list: string) =>
    ({ key, text, isName }: UnknownColumn, line: number) => {
      if (reported.size >= MAX_KEY_MESSAGES || reported.has(key)) return;
      reported.add(key);
      // A text with an @ may contain a password.
      const shown = text.includes("@") ? `${key}=…` : shortened(text);
      const what = isName
        ? `is taken for the name of the file, as name=${shown} would be`
        : "is left out: the keys are n (digits), name, md5, sha1, sha256 and sha512";
      note(`${list}:${line}: "${shown}" ${what}`);
    };
}

/** Maximum length of a column in a message, in characters. */
const MAX_SHOWN_CHARS = 60;

function shortened(text: string): string {
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
}
