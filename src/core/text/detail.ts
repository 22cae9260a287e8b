// Limits and escapes the detail of a failure: short, without control characters and passwords.

import { type Failure, isFailure } from "../failure.ts";
import { withoutUserinfo } from "../url/userinfo.ts";
import { escaped, escapedStack } from "./escape.ts";

/** Maximum lengths in characters, before escaping. */
const MAX_DETAIL = 500;
const MAX_STACK = 4000;

/** Maximum number of characters that are searched for passwords: more than the longest header block. */
const MAX_SEARCHED = 65_536;

/** Returns the result of a try with a bounded detail: it may contain anything that a server sent. */
export function bounded<T extends object>(tried: T | Failure): T | Failure {
  if (!isFailure(tried) || tried.error === "interrupted") return tried; // its detail is bulkget's own
  const { error, detail } = tried;
  const seen = withoutUserinfo(detail.slice(0, MAX_SEARCHED));
  const shown = error === "internal" ? escapedStack(seen.slice(0, MAX_STACK)) : escaped(seen, MAX_DETAIL);
  return { ...tried, detail: copied(shown) };
}

/** Copies a string: V8 keeps the whole string alive for a slice of it (V8 issue 2869). */
function copied(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
