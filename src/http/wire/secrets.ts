// Hides the secrets of a request that is kept: credentials, and every header of the user that may be one.

import { HIDDEN, withoutUserinfo } from "../../core/url/userinfo.ts";
import { isSafeHeader } from "../semantics/redirect.ts";

/** Headers that bulkget sends itself, besides those that may be sent to any origin. */
const OWN_HEADERS = new Set(["host", "if-modified-since", "if-none-match", "if-range", "range"]);

const FIELD_LINE = /^([^:\r\n]*):([^\r\n]*)/gm;

let lastFields = "";
let lastShown = "";

/**
 * Returns header lines with `***` for values that may be secret: those that are not sent to the origins of redirects either. The
 * last result is kept, since most requests have the same lines.
 */
export function shownFields(fields: string): string {
  if (fields === lastFields) return lastShown;
  lastShown = fields.replace(FIELD_LINE, (line: string, name: string) => {
    const key = name.toLowerCase();
    return OWN_HEADERS.has(key) || isSafeHeader(key) ? line : `${name}: ${HIDDEN}`;
  });
  lastFields = fields;
  return lastShown;
}

/** Returns the target of a request without the passwords of URLs within it. */
export function shownPath(path: string): string {
  return path.includes("@") ? withoutUserinfo(path, true) : path;
}
