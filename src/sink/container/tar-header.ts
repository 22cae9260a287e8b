// Writes the headers of tar members: ustar (POSIX.1-1988), with a pax header (POSIX.1-2001) only where ustar has no room.

/** The unit of the format: headers are one block, bodies are padded to blocks. */
export const BLOCK_BYTES = 512;

/** Two blocks of zeros end an archive. */
export const TAR_TRAILER_BYTES = 2 * BLOCK_BYTES;

export interface TarMember {
  /** The path, `/` between folders. */
  readonly name: string;
  readonly bytes: number;
  /** The time of last modification, in seconds since 1970. */
  readonly mtimeSeconds: number;
}

/** The longest name that a ustar header holds, in bytes. Its prefix field is not used: pax has no limit, and all readers know it. */
const MAX_NAME_BYTES = 100;

/** The largest size in 11 octal digits: 8 GiB less one byte. */
const MAX_SIZE = 0o77777777777;

/** The number of bytes after a body up to the next block. */
export function paddingOf(bytes: number): number {
  return (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

// Fields of a header by their offsets: name 0, mode 100, uid 108, gid 116, size 124, mtime 136, checksum 148, type 156,
// magic 257, version 263.
const TEMPLATE = Buffer.alloc(BLOCK_BYTES);
TEMPLATE.write("0000644\0" + "0000000\0" + "0000000\0", 100, "latin1");
TEMPLATE.write("        ", 148, "latin1"); // counts as blanks in the checksum
TEMPLATE.write("ustar\0" + "00", 257, "latin1");

const FILE = "0".charCodeAt(0);
const PAX_HEADER = "x".charCodeAt(0);

const ZERO = 0x30;

/** The position of the checksum, and of the size, the time and the type before and after it. */
const [SIZE_AT, MTIME_AT, SUM_AT, TYPE_AT] = [124, 136, 148, 156];

/** The length of a member's header: one block, or more with a pax header. */
export function tarHeaderBytes(member: TarMember): number {
  return needsPax(member) ? paxHeader(member).length : BLOCK_BYTES;
}

/** Writes the header of a member. Returns the position after it. */
export function writeTarHeader(member: TarMember, into: Buffer, at: number): number {
  if (!needsPax(member)) return writeBlock(member, FILE, into, at);
  const header = paxHeader(member);
  into.set(header, at);
  return at + header.length;
}

/** The header of a member, in a buffer of its own. */
export function tarHeader(member: TarMember): Buffer {
  const header = Buffer.alloc(tarHeaderBytes(member));
  writeTarHeader(member, header, 0);
  return header;
}

function needsPax({ name, bytes }: TarMember): boolean {
  return name.length > MAX_NAME_BYTES || bytes > MAX_SIZE || !isPrintable(name);
}

function paxHeader({ name, bytes, mtimeSeconds }: TarMember): Buffer {
  const isLarge = bytes > MAX_SIZE;
  const hasLongName = name.length > MAX_NAME_BYTES || !isPrintable(name);
  const records = (hasLongName ? paxRecord("path", name) : "") + (isLarge ? paxRecord("size", String(bytes)) : "");
  const contentBytes = Buffer.byteLength(records);
  const header = Buffer.alloc(2 * BLOCK_BYTES + contentBytes + paddingOf(contentBytes));
  const at = writeBlock({ name: "PaxHeader", bytes: contentBytes, mtimeSeconds }, PAX_HEADER, header, 0);
  header.write(records, at);
  // Readers without pax see the beginning of the name.
  const shown = name.replace(/[^\x20-\x7e]/g, "_").slice(0, MAX_NAME_BYTES);
  writeBlock({ name: shown, bytes: isLarge ? 0 : bytes, mtimeSeconds }, FILE, header, header.length - BLOCK_BYTES);
  return header;
}

const TEMPLATE_SUM = TEMPLATE.reduce((sum, byte) => sum + byte, 0);

/**
 * Writes one block; `name` is ASCII of at most 100 characters. Byte by byte: a call of `Buffer.write` costs as much as the
 * eleven digits that it writes. The fields that are written were zeros in the template, so that their sum is added to its own.
 */
function writeBlock({ name, bytes, mtimeSeconds }: TarMember, type: number, into: Buffer, at: number): number {
  into.set(TEMPLATE, at);
  let sum = TEMPLATE_SUM + type;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    into[at + i] = code;
    sum += code;
  }
  sum += writeOctal(bytes, 11, into, at + SIZE_AT);
  sum += writeOctal(mtimeSeconds, 11, into, at + MTIME_AT);
  into[at + TYPE_AT] = type;
  writeOctal(sum, 6, into, at + SUM_AT);
  into[at + SUM_AT + 6] = 0; // and a blank, which is there
  return at + BLOCK_BYTES;
}

/** Writes octal digits; a zero byte follows. Returns the sum of the digits' codes. */
function writeOctal(value: number, digits: number, into: Buffer, at: number): number {
  let rest = value;
  let sum = 0;
  for (let i = at + digits - 1; i >= at; i--) {
    const upper = Math.floor(rest / 8); // no bit operations: sizes have more than 32 bits
    const code = ZERO + rest - upper * 8;
    into[i] = code;
    sum += code;
    rest = upper;
  }
  return sum;
}

function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const restBytes = Buffer.byteLength(rest);
  let length = restBytes + 1;
  while (restBytes + String(length).length !== length) length++;
  return `${length}${rest}`;
}
