// What the command says to the person, or the log, at stderr: named, and safe to show.

import { escaped } from "../report/escape.ts";

export function say(text: string): void {
  process.stderr.write(
    `bulkget: ${text
      .split("\n")
      .map((part) => escaped(part))
      .join("\n")}\n`,
  );
}
