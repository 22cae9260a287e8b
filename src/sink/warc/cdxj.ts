// Makes the index of a WARC file: a line per capture, sorted, by which players find a URL (CDXJ 0.1.0).

import { BLANK_LINE, responseHead } from "./parse-head.ts";
import type { Member } from "./read-members.ts";
import { eachMember } from "./read-members.ts";
import { surt } from "./surt.ts";

/** The media type of a response that has none, as in the indexes of pywb. */
const UNKNOWN_TYPE = "unk";

/** Returns the index of the first `end` bytes of an open WARC file. Its lines are in memory. Rejects as `eachMember`. */
export async function cdxj(fd: number, filename: string, end: number): Promise<string> {
  const lines: string[] = [];
  await eachMember(fd, end, (member) => {
    const line = lineOf(member, filename);
    if (line !== undefined) lines.push(line);
  });
  // ASCII alone, of which UTF-16 and bytes have the same order.
  return lines.sort().join("");
}

/** The beginnings of the records that players ask for. Type is the first field of all of ours. */
const BEGINNING = Buffer.from("WARC/1.1\r\nWARC-Type: ");
const TYPES = ["response", "revisit"] as const;
const BLANK = Buffer.from(BLANK_LINE);

/** The first and the third letter of `request`. */
const [R, Q] = [0x72, 0x71];

/** Undefined for records that no player asks for. */
function lineOf({ offset, length, beginning }: Member, filename: string): string | undefined {
  if (
    beginning.length < BEGINNING.length ||
    beginning.compare(BEGINNING, 0, BEGINNING.length, 0, BEGINNING.length) !== 0
  )
    throw new Error(`no record that a run has written at byte ${offset}`);
  // Half of all records are requests: their heads are not read.
  if (beginning[BEGINNING.length] !== R || beginning[BEGINNING.length + 2] === Q) return undefined;
  const blockAt = beginning.indexOf(BLANK) + BLANK_LINE.length;
  const head = beginning.toString("latin1", 0, blockAt);
  const kind = TYPES.find((type) => head.startsWith(`${type}\r`, BEGINNING.length));
  if (kind === undefined) return undefined;
  const uri = fieldOf(head, "WARC-Target-URI");
  const { status = "", type = UNKNOWN_TYPE } = responseHead(beginning.subarray(blockAt));
  const mime = kind === "revisit" ? "warc/revisit" : type;
  const digest = fieldOf(head, "WARC-Payload-Digest");
  const timestamp = digitsOf(fieldOf(head, "WARC-Date"));
  const line =
    `${surt(uri)} ${timestamp} {"url":${JSON.stringify(uri)},"mime":${JSON.stringify(mime)},"status":"${status}",` +
    `"digest":"${digest.slice(digest.indexOf(":") + 1)}","length":"${length}","offset":"${offset}","filename":"${filename}"}\n`;
  return ascii(line);
}

/** Empty where there is none. */
function fieldOf(head: string, name: string): string {
  const at = head.indexOf(`\r\n${name}: `);
  if (at === -1) return "";
  const from = at + name.length + 4;
  return head.slice(from, head.indexOf("\r\n", from));
}

/** The digits of a date such as 2026-01-02T03:04:05.678Z. */
function digitsOf(date: string): string {
  const [year, month, day] = [date.slice(0, 4), date.slice(5, 7), date.slice(8, 10)];
  return year + month + day + date.slice(11, 13) + date.slice(14, 16) + date.slice(17, 19) + date.slice(20, 23);
}

function ascii(line: string): string {
  if (!/[\x7f-\uffff]/.test(line)) return line; // the usual case
  return line.replace(/[\x7f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
