// Reads WARC files strictly, without the code of bulkget, and computes every digest anew.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";

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
export function recordsInFolder(folder: string): readonly WarcRecord[] {
  const records: WarcRecord[] = [];
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith(".warc.gz"))
    .toSorted()) {
    records.push(...recordsInFile(join(folder, name), name));
  }
  return records;
}

/** All records of a file. Throws an Error for anything that the standard does not allow, and for a wrong digest or length. */
export function recordsInFile(path: string, file = path): readonly WarcRecord[] {
  const bytes = readFileSync(path);
  const records: WarcRecord[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const { content, length } = memberAt(bytes, offset);
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
function memberAt(bytes: Buffer, offset: number): { content: Buffer; length: number } {
  const flags = bytes.readUInt32BE(offset) - 0x1f8b0800;
  if (flags !== 0 && flags !== 4) throw new Error(`no gzip member at ${offset}`);
  const dataAt = offset + 10 + (flags === 4 ? 2 + bytes.readUInt16LE(offset + 10) : 0);
  const { buffer: content, engine } = inflateRawSync(bytes.subarray(dataAt), { info: true }) as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
  const end = dataAt + engine.bytesWritten;
  if (bytes.readUInt32LE(end) !== crc32(content)) throw new Error(`a wrong CRC at ${offset}`);
  if (bytes.readUInt32LE(end + 4) !== content.length % 2 ** 32) throw new Error(`a wrong length at ${offset}`);
  const length = end + 8 - offset;
  if (flags === 4) {
    const extra = bytes.toString("latin1", offset + 10, offset + 16);
    const lengths = [bytes.readUInt32LE(offset + 16), bytes.readUInt32LE(offset + 20)];
    if (extra !== "\x0c\0sl\x08\0" || lengths[0] !== length || lengths[1] !== content.length) {
      throw new Error(`a wrong extra field at ${offset}`);
    }
  }
  return { content, length };
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

/** Checks what every run must leave: records where results.jsonl says, and an index of each file that has exactly these. */
export function expectSound(output: string): readonly WarcRecord[] {
  const records = recordsInFolder(output);
  const at = new Map(records.map((record) => [`${record.file} ${record.offset}`, record]));
  for (const line of readFileSync(join(output, "results.jsonl"), "utf8").trimEnd().split("\n")) {
    const { url, final_url: uri = url, shard, offset, bytes, outcome, refers_to: body } = JSON.parse(line) as Recorded;
    if (shard === undefined) {
      if (outcome !== "failed") throw new Error(`no place: ${line}`);
      continue;
    }
    const record = at.get(`${shard} ${offset}`);
    if (record === undefined) throw new Error(`no record there: ${line}`);
    if (record.fields.get("WARC-Target-URI") !== uri.replace(/\/\/[^/]*@/, "//"))
      throw new Error(`another URL: ${line}`);
    const isRevisit = body !== undefined && outcome !== "failed";
    if (record.type !== (isRevisit ? "revisit" : "response")) throw new Error(`a ${record.type}: ${line}`);
    const whole = body === undefined ? record : at.get(`${body.shard} ${body.offset}`);
    if (outcome !== "failed" && whole?.body.length !== bytes) throw new Error(`another length: ${line}`);
    if (isRevisit && whole?.fields.get("WARC-Record-ID") !== record.fields.get("WARC-Refers-To")) {
      throw new Error(`refers to another record: ${line}`);
    }
  }
  for (const name of new Set(records.map(({ file }) => file))) expectIndex(output, name, records);
  return records;
}

/** The bodies of all responses with this status by the numbers that are their paths. Throws an Error for a number that comes twice. */
export function bodiesInWarc(output: string, status: number): ReadonlyMap<number, Buffer> {
  const bodies = new Map<number, Buffer>();
  for (const { type, fields, head, body } of expectSound(output)) {
    if (type !== "response" || !head.startsWith(`HTTP/1.1 ${status} `)) continue;
    const n = Number(new URL(fields.get("WARC-Target-URI") ?? "").pathname.slice(1));
    if (bodies.has(n)) throw new Error(`${n} comes twice`);
    bodies.set(n, body);
  }
  return bodies;
}

interface Recorded {
  readonly url: string;
  readonly final_url?: string;
  readonly shard?: string;
  readonly offset?: number;
  readonly bytes?: number;
  readonly outcome: string;
  readonly refers_to?: { readonly shard: string; readonly offset: number };
}

function expectIndex(output: string, name: string, records: readonly WarcRecord[]): void {
  const lines = readFileSync(join(output, name.replace(".warc.gz", ".cdxj")), "utf8").split("\n");
  if (lines.pop() !== "") throw new Error(`${name}: the index has no line end`);
  const sorted = lines.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  if (lines.join() !== sorted.join()) throw new Error(`${name}: the index is not sorted`);
  const indexed = lines.map((line) => {
    const { url, digest, offset, length, filename } = JSON.parse(line.slice(line.indexOf("{"))) as Record<
      string,
      string
    >;
    return [url, digest, offset, length, filename].join(" ");
  });
  const captures = records.filter(({ file, type }) => file === name && (type === "response" || type === "revisit"));
  const wanted = captures.map(({ fields, offset, length }) => {
    const digest = fields.get("WARC-Payload-Digest")?.split(":")[1] ?? "";
    return [fields.get("WARC-Target-URI"), digest, offset, length, name].join(" ");
  });
  if (indexed.toSorted().join("\n") !== wanted.toSorted().join("\n")) throw new Error(`${name}: another index`);
}
