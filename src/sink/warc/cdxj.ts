// Makes the index of a WARC file: a line per capture, sorted, by which players find a URL (CDXJ 0.1.0).

import { parseHead, responseHead } from "./parse-head.ts";
import type { Member } from "./read-members.ts";
import { membersIn } from "./read-members.ts";
import { surt } from "./surt.ts";

/** The media type of a response that has none, as in the indexes of pywb. */
const UNKNOWN_TYPE = "unk";

/** Returns the index of the first `end` bytes of an open WARC file. Its lines are in memory. Throws as `membersIn`. */
export async function cdxj(fd: number, filename: string, end: number): Promise<string> {
  const lines: string[] = [];
  for await (const member of membersIn(fd, end)) {
    const line = lineOf(member, filename);
    if (line !== undefined) lines.push(line);
  }
  // ASCII alone, of which UTF-16 and bytes have the same order.
  return lines.sort().join("");
}

/** Undefined for records that no player asks for. */
function lineOf({ offset, length, beginning }: Member, filename: string): string | undefined {
  const head = parseHead(beginning);
  if (head === undefined) throw new Error(`no record that a run has written at byte ${offset}`);
  const { fields, blockAt } = head;
  const kind = fields.get("WARC-Type");
  if (kind !== "response" && kind !== "revisit") return undefined;
  const uri = fields.get("WARC-Target-URI") ?? "";
  const { status, type } = responseHead(beginning.subarray(blockAt));
  const digest = fields.get("WARC-Payload-Digest") ?? "";
  const entry = {
    url: uri,
    mime: kind === "revisit" ? "warc/revisit" : (type ?? UNKNOWN_TYPE),
    status: status ?? "",
    digest: digest.slice(digest.indexOf(":") + 1),
    length: String(length),
    offset: String(offset),
    filename,
  };
  const timestamp = (fields.get("WARC-Date") ?? "").replace(/\D/g, "");
  return `${surt(uri)} ${timestamp} ${ascii(JSON.stringify(entry))}\n`;
}

function ascii(json: string): string {
  return json.replace(/[\x7f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
