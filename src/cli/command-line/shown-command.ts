// The command line as an archive shows it: without the values of headers and cookies, and without passwords in URLs.

import { HIDDEN, withoutUserinfo } from "../../core/url/userinfo.ts";
import { splitFlags } from "../../options/flags.ts";
import type { Row } from "../../options/row.ts";
import { TABLE } from "../../options/table.ts";

const SECRETS = Object.values<Row>(TABLE).flatMap(({ isSecret, flags }) =>
  isSecret === true && flags !== undefined ? [splitFlags(flags)] : [],
);
const NAMES = SECRETS.map(({ name }) => name);
const LETTERS = SECRETS.map(({ letter = "" }) => letter.slice(1)).join("");

/** Letters behind one dash, up to one whose value is secret. In doubt, it hides too much. */
const SHORT = new RegExp(`^(-[^-${LETTERS}]*[${LETTERS}])(.*)$`, "s");

/** `argv`: the arguments of the program. A word with other than plain characters is quoted as for a shell. */
export function shownCommand(argv: readonly string[]): string {
  let isSecret = false;
  const words = argv.map((word) => {
    if (isSecret) {
      isSecret = false;
      return HIDDEN;
    }
    const [name = word] = word.split("=", 1);
    if (NAMES.includes(name)) {
      isSecret = name === word;
      return isSecret ? word : `${name}=${HIDDEN}`;
    }
    const [, letters, value] = SHORT.exec(word) ?? [];
    if (letters === undefined) return withoutUserinfo(word);
    isSecret = value === "";
    return isSecret ? letters : `${letters}${HIDDEN}`;
  });
  return ["bulkget", ...words].map(quoted).join(" ");
}

/** A word of a command line, as a shell reads it. */
export function quoted(word: string): string {
  return /^[\w%+,./:=@^*-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
