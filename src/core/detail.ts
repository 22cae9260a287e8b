// What is said of a failure to a person, as it may be kept: short, on its own, safe to show and without passwords.

import { escaped, escapedStack } from "./escape.ts";
import { type Failure, isFailure } from "./failure.ts";
import { withoutUserinfo } from "./userinfo.ts";

/** In characters, before any is escaped. */
const MAX_DETAIL = 500;
const MAX_STACK = 4000;

/** No server sends a longer header block; of what is longer, no more is looked at. */
const MAX_SEEN = 65_536;

/** What came of a try, as it may wait and be recorded: a failure's detail may be a part of all that a server sent. */
export function bounded<T extends object>(tried: T | Failure): T | Failure {
  if (!isFailure(tried) || tried.error === "interrupted") return tried; // that is our own words
  const { error, detail } = tried;
  const seen = withoutUserinfo(detail.slice(0, MAX_SEEN));
  const shown = error === "internal" ? escapedStack(seen.slice(0, MAX_STACK)) : escaped(seen, MAX_DETAIL);
  return { ...tried, detail: copied(shown) };
}

/** V8 keeps a part of a text as a place in the whole: this one is on its own. */
function copied(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
