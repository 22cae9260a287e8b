// Detects the Unicode encoding of a list and converts it to UTF-8; refuses a list that changes its encoding.

export type Encoding = "UTF-8" | "UTF-16LE" | "UTF-16BE" | "UTF-32LE" | "UTF-32BE";

/**
 * Detects the encoding by the byte order mark, else by the zeros in the first character, which is ASCII in any list, as in JSON
 * (RFC 4627 section 3). Four bytes suffice.
 */
export function encodingOf(head: Uint8Array): Encoding {
  const [a, b, c, d] = head;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? "UTF-32LE" : "UTF-16LE";
  if (a === 0xfe && b === 0xff) return "UTF-16BE";
  if (a === 0 && b === 0) return (c === 0xfe && d === 0xff) || (c === 0 && isText(d)) ? "UTF-32BE" : "UTF-8";
  if (a === 0 && isText(b)) return "UTF-16BE";
  if (!isText(a) || b !== 0) return "UTF-8";
  return c === 0 && d === 0 ? "UTF-32LE" : "UTF-16LE";
}

function isText(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x20 && byte <= 0x7e) || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}

/** Converts text to UTF-8, with the byte order mark. Throws where another encoding begins, after returning the text before it. */
export function toUtf8(chunks: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<Buffer> {
  if (encoding === "UTF-8") return utf8(chunks);
  const isBig = encoding.endsWith("BE");
  return encoding.startsWith("UTF-16") ? utf16(chunks, encoding, isBig) : utf32(chunks, encoding, isBig);
}

function mixedEncodings(other: string, encoding: Encoding): Error {
  return new Error(`${other} follows ${encoding} (PowerShell's >> does that): save the list in one encoding`);
}

/** Six ASCII characters with one or three zeros between any two: UTF-16 or UTF-32, in either byte order. */
const ZEROS = /[\t\n\r -~](?:(\0|\0\0\0)[\t\n\r -~])(?:\1[\t\n\r -~]){4}/;

/** Maximum length of a match of `ZEROS`. */
const MAX_ZEROS = 21;

/** Returns the index at which another encoding begins, and its name. */
function zerosIn(text: string): { readonly at: number; readonly other: string } | undefined {
  const found = ZEROS.exec(text);
  if (found === null) return undefined;
  const at = found.index + (/^[\n\r]/.test(found[0]) ? 1 : 0); // the end of the line before
  return { at, other: found[1] === "\0" ? "UTF-16" : "UTF-32" };
}

/** Passes on chunks without a zero unchanged. */
async function* utf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer = NOTHING;
  for await (const chunk of chunks) {
    if (held.length === 0 && !chunk.includes(0)) {
      yield chunk;
      continue;
    }
    const bytes = Buffer.concat([held, chunk]);
    const change = zerosIn(bytes.toString("latin1"));
    if (change !== undefined) {
      yield bytes.subarray(0, change.at);
      throw mixedEncodings(change.other, "UTF-8");
    }
    // Holds back the possible beginning of a match that continues in the next chunk.
    const from = Math.max(0, bytes.length - MAX_ZEROS);
    const to = bytes.includes(0, from) ? from : bytes.length;
    held = bytes.subarray(to);
    yield bytes.subarray(0, to);
  }
  if (held.length > 0) yield held;
}

async function* utf16(chunks: AsyncIterable<Buffer>, encoding: Encoding, isBig: boolean): AsyncGenerator<Buffer> {
  const misread = MISREAD[isBig ? "big" : "little"];
  let rest: Buffer = NOTHING;
  let held = "";
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk]);
    const whole = bytes.subarray(0, bytes.length & ~1);
    rest = bytes.subarray(whole.length);
    const text = held + (isBig ? whole.swap16() : whole).toString("utf16le");
    held = "";
    if (/^[\x01-\x7f]*$/.test(text)) {
      yield Buffer.from(text, "latin1");
      continue;
    }
    const change = misread(text) ?? zerosIn(text);
    if (change !== undefined) {
      yield Buffer.from(text.slice(0, change.at));
      throw mixedEncodings(change.other, encoding);
    }
    // Holds back half a surrogate pair or the beginning of a match; neither extends over the end of a line.
    const to = Math.max(text.lastIndexOf("\n") + 1, text.length - MAX_ZEROS);
    const end = to > 0 && isTrailing(text.charCodeAt(to)) ? to - 1 : to;
    held = text.slice(end);
    yield Buffer.from(text.slice(0, end));
  }
  if (held !== "") yield Buffer.from(held);
  checkRest(rest);
}

function isTrailing(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Returns a function that finds ASCII of another encoding in text that was decoded as UTF-16. */
function misreading(colonSlash: RegExp, other: Encoding) {
  // Printable ASCII and line ends with swapped bytes: no text has six of these in a row.
  const swapped = new RegExp(`(?:\0?[${unitsWith(0)}\u0900\u0a00\u0d00]){6}|\ufffe`);
  return (text: string) => {
    const url = colonSlash.exec(text);
    if (url !== null) return { at: url.index, other: "UTF-8" };
    const found = swapped.exec(text);
    if (found === null) return undefined;
    return { at: found.index, other: found[0].includes("\0") ? "UTF-32" : other };
  };
}

/** Returns the code units with this lower byte and printable ASCII as upper byte. */
function unitsWith(low: number): string {
  return Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(((0x20 + i) << 8) | low)).join("");
}

/** `://` of UTF-8, beginning at the first or second byte of a code unit; otherwise these are consecutive Kangxi radicals. */
const MISREAD = {
  little: misreading(new RegExp(`\u2f3a[${unitsWith(0x2f)}]|[\u3a00-\u3aff]\u2f2f`), "UTF-16BE"),
  big: misreading(new RegExp(`\u3a2f[\u2f00-\u2fff]|[${unitsWith(0x3a)}]\u2f2f`), "UTF-16LE"),
} as const;

async function* utf32(chunks: AsyncIterable<Buffer>, encoding: Encoding, isBig: boolean): AsyncGenerator<Buffer> {
  let rest: Buffer = NOTHING;
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk]);
    const whole = bytes.length & ~3;
    let text = "";
    for (let at = 0; at < whole; at += 4) {
      const point = isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
      if (point > 0x10_ff_ff || (point >= 0xd800 && point <= 0xdfff)) {
        yield Buffer.from(text);
        throw mixedEncodings(bytes.subarray(at, at + 4).includes(0) ? "another encoding" : "UTF-8", encoding);
      }
      text += String.fromCodePoint(point);
    }
    rest = bytes.subarray(whole);
    yield Buffer.from(text);
  }
  checkRest(rest);
}

const NOTHING = Buffer.alloc(0);

/** Ignores a line end appended as ASCII (`echo >> list`); throws for any other incomplete character. */
function checkRest(rest: Buffer): void {
  if (rest.some((byte) => byte !== 0 && !/\s/.test(String.fromCharCode(byte)))) {
    throw new Error("it ends in the middle of a character");
  }
}
