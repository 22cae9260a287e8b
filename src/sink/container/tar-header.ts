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

const FILE = "0";
const PAX_HEADER = "x";

/** The header of a member: one block, or more with a pax header. */
export function tarHeader({ name, bytes, mtimeSeconds }: TarMember): Buffer {
  const isLong = name.length > MAX_NAME_BYTES || !/^[\x20-\x7e]*$/.test(name);
  const isLarge = bytes > MAX_SIZE;
  if (!isLong && !isLarge) return block(name, bytes, mtimeSeconds, FILE);
  const records = (isLong ? paxRecord("path", name) : "") + (isLarge ? paxRecord("size", String(bytes)) : "");
  const content = Buffer.from(records);
  return Buffer.concat([
    block("PaxHeader", content.length, mtimeSeconds, PAX_HEADER),
    content,
    Buffer.alloc(paddingOf(content.length)),
    // Readers without pax see the beginning of the name.
    block(name.replace(/[^\x20-\x7e]/g, "_").slice(0, MAX_NAME_BYTES), isLarge ? 0 : bytes, mtimeSeconds, FILE),
  ]);
}

const TEMPLATE_SUM = TEMPLATE.reduce((sum, byte) => sum + byte, 0);

function block(name: string, bytes: number, mtimeSeconds: number, type: string): Buffer {
  const header = Buffer.allocUnsafe(BLOCK_BYTES);
  header.set(TEMPLATE);
  const ascii = name.slice(0, MAX_NAME_BYTES);
  const [size, mtime] = [octal(bytes), octal(mtimeSeconds)];
  header.write(ascii, 0, "latin1");
  header.write(size, 124, "latin1");
  header.write(mtime, 136, "latin1");
  header.write(type, 156, "latin1");
  // These fields were zeros: their bytes are what the sum of the template lacks.
  const sum = TEMPLATE_SUM + sumOf(ascii) + sumOf(size) + sumOf(mtime) + sumOf(type);
  header.write(sum.toString(8).padStart(6, "0"), 148, "latin1");
  header[154] = 0; // and a blank, which is there
  return header;
}

/** Eleven octal digits; a zero byte follows. */
function octal(value: number): string {
  return value.toString(8).padStart(11, "0");
}

function sumOf(ascii: string): number {
  let sum = 0;
  for (let i = 0; i < ascii.length; i++) sum += ascii.charCodeAt(i);
  return sum;
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const restBytes = Buffer.byteLength(rest);
  let length = restBytes + 1;
  while (restBytes + String(length).length !== length) length++;
  return `${length}${rest}`;
}
