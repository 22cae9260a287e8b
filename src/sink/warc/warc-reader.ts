// Reads a body back out of the response record of a WARC file, and checks its digest.

import { fstatSync } from "node:fs";
import type { ShardReader } from "../container/shard-reader.ts";
import { inflatedMember } from "./gzip/inflate-member.ts";
import { headEnd, parseHead } from "./parse-head.ts";
import { type DigestLabel, startDigest } from "./records/digest.ts";

/** More than the heads of a record and of its HTTP message can have together. */
const MAX_HEAD_BYTES = 1_048_576;

export const warcReader: ShardReader = async function* warcReader(fd, { offset }) {
  let head = Buffer.alloc(0);
  let left: number | undefined;
  let wanted = "";
  let digest = startDigest("sha1");
  for await (const piece of inflatedMember(fd, offset, fstatSync(fd).size).pieces) {
    let rest = piece;
    if (left === undefined) {
      head = Buffer.concat([head, piece]);
      const record = parseHead(head);
      const bodyAt = record === undefined ? -1 : headEnd(head, record.blockAt);
      if (record === undefined || bodyAt === -1) {
        if (head.length > MAX_HEAD_BYTES) break;
        continue;
      }
      wanted = record.fields.get("WARC-Payload-Digest") ?? "";
      digest = startDigest(wanted.split(":")[0] as DigestLabel); // another one cannot be computed, and throws
      left = Number(record.fields.get("Content-Length")) - (bodyAt - record.blockAt);
      rest = head.subarray(bodyAt);
    }
    const body = rest.subarray(0, left);
    left -= body.length;
    digest.update(body);
    if (body.length > 0) yield body;
  }
  if (left !== 0) throw new Error(`no whole record of a response at byte ${offset}`);
  if (digest.result().text !== wanted)
    throw new Error(`the body of the record at byte ${offset} is not as it was archived`);
};
