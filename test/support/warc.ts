// Reads WARC files strictly, without the code of bulkget, and computes every digest anew.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInflateRaw } from "node:zlib";

export interface WarcRecord {
  readonly file: string;
  readonly offset: number;
  /** Length of its gzip member, in bytes. */
  readonly length: number;
  readonly type: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly block: Buffer;
  /** The HTTP head in the block, with its blank line, as latin1; empty where there is none. */
  readonly head: string;
  readonly body: Buffer;
}

const REQUIRED = ["WARC-Type", "WARC-Record-ID", "WARC-Date", "Content-Length", "Content-Type", "WARC-Block-Digest"];
const ID = /^<urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}>$/;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** All records of all WARC files of a folder. */
export async function recordsInFolder(folder: string): Promise<readonly WarcRecord[]> {
  const records: WarcRecord[] = [];
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith(".warc.gz"))
    .toSorted()) {
    records.push(...(await recordsInFile(join(folder, name), name)));
  }
  return records;
}

/** All records of a file. Throws an Error for anything that the standard does not allow, and for a wrong digest or length. */
export async function recordsInFile(path: string, file = path): Promise<readonly WarcRecord[]> {
  const bytes = readFileSync(path);
  const records: WarcRecord[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const { content, length } = await memberAt(bytes, offset);
    records.push(parsed(content, { file, offset, length }));
    offset += length;
  }
  const ids = records.map(({ fields }) => fields.get("WARC-Record-ID"));
  if (new Set(ids).size !== ids.length) throw new Error(`${file}: an ID comes twice`);
  if (records[0]?.type !== "warcinfo") throw new Error(`${file}: does not begin with warcinfo`);
  if (records[0].fields.get("WARC-Filename") !== file.slice(file.lastIndexOf("/") + 1)) {
    throw new Error(`${file}: warcinfo names another file`);
  }
  return records;
}

/** The gzip member at a position, its CRC and length checked. */
async function memberAt(bytes: Buffer, offset: number): Promise<{ content: Buffer; length: number }> {
  if (bytes.readUInt32BE(offset) !== 0x1f8b0800) throw new Error(`no gzip member at ${offset}`);
  const inflate = createInflateRaw();
  const pieces: Buffer[] = [];
  inflate.end(bytes.subarray(offset + 10));
  for await (const piece of inflate as AsyncIterable<Buffer>) pieces.push(piece);
  const content = Buffer.concat(pieces);
  const end = offset + 10 + inflate.bytesWritten;
  if (bytes.readUInt32LE(end) !== crc32(content)) throw new Error(`a wrong CRC at ${offset}`);
  if (bytes.readUInt32LE(end + 4) !== content.length % 2 ** 32) throw new Error(`a wrong length at ${offset}`);
  return { content, length: end + 8 - offset };
}

const CRC_TABLE = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function parsed(content: Buffer, place: { file: string; offset: number; length: number }): WarcRecord {
  const where = `${place.file} at ${place.offset}`;
  const headEnd = content.indexOf("\r\n\r\n");
  const [version, ...lines] = content.toString("utf8", 0, headEnd).split("\r\n");
  if (version !== "WARC/1.1") throw new Error(`${where}: begins with ${version}`);
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name = "", value = ""] = /^([A-Za-z-]+): (\S.*)$/.exec(line) ?? [];
    if (name === "") throw new Error(`${where}: no field: ${JSON.stringify(line)}`);
    if (fields.has(name)) throw new Error(`${where}: ${name} comes twice`);
    fields.set(name, value);
  }
  for (const name of REQUIRED) if (!fields.has(name)) throw new Error(`${where}: has no ${name}`);
  if (!ID.test(fields.get("WARC-Record-ID") ?? "")) throw new Error(`${where}: ${fields.get("WARC-Record-ID")}`);
  if (!DATE.test(fields.get("WARC-Date") ?? "")) throw new Error(`${where}: ${fields.get("WARC-Date")}`);
  const uri = fields.get("WARC-Target-URI");
  if (uri !== undefined && new URL(uri).href !== uri) throw new Error(`${where}: ${uri}`);
  const length = Number(fields.get("Content-Length"));
  const block = content.subarray(headEnd + 4, headEnd + 4 + length);
  if (content.toString("latin1", headEnd + 4 + length) !== "\r\n\r\n")
    throw new Error(`${where}: a wrong Content-Length`);
  expectDigest(`${where}: block`, fields.get("WARC-Block-Digest"), block);
  const type = fields.get("WARC-Type") ?? "";
  const isHttp = fields.get("Content-Type")?.startsWith("application/http;msgtype=") === true;
  const blank = block.indexOf("\r\n\r\n");
  const head = isHttp ? block.toString("latin1", 0, blank + 4) : "";
  if (isHttp && blank === -1) throw new Error(`${where}: no HTTP head`);
  const body = block.subarray(head.length);
  if (type === "response") expectDigest(`${where}: payload`, fields.get("WARC-Payload-Digest"), body);
  return { ...place, type, fields, block, head, body };
}

function expectDigest(what: string, digest: string | undefined, bytes: Buffer): void {
  const [label = "", value] = digest?.split(":") ?? [];
  const computed = base32(createHash(label).update(bytes).digest());
  if (value !== computed) throw new Error(`${what}: ${digest} is not ${computed}`);
}

/** By the definition: the bits in groups of five, zeros behind the last. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.padEnd(Math.ceil(bits.length / 5) * 5, "0").match(/.{5}/g) ?? [];
  const text = groups.map((group) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(group, 2)]).join("");
  return text.padEnd(Math.ceil(text.length / 8) * 8, "=");
}
