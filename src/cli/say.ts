// What the command says to the person, or the log, at stderr: named, and safe to show.

import { escapedStack } from "../report/escape.ts";

export function say(text: string): void {
  process.stderr.write(`bulkget: ${escapedStack(text)}\n`);
}
