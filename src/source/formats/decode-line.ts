// Decodes a line as UTF-8, and percent-encodes the bytes of its URL that are not UTF-8.

const TAB = 0x09;
const SPACE = 0x20;

/**
 * Returns the text of `bytes` from `from` to `to`. As with curl and wget, a list in Latin-1 requests `/caf%E9`. After the URL,
 * bytes that are not UTF-8 become U+FFFD.
 */
export function decodeLine(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString("utf8", from, to);
  if (!text.includes("\ufffd")) return text;
  // A TAB among the blanks before a URL ends no column.
  let begin = from;
  while (begin < to && (bytes[begin] === TAB || bytes[begin] === SPACE)) begin++;
  const tab = bytes.indexOf(TAB, begin);
  const end = tab === -1 || tab > to ? to : tab;
  return `${percentEncoded(bytes.subarray(from, end))}${bytes.toString("utf8", end, to)}`;
}

function percentEncoded(bytes: Buffer): string {
  let text = "";
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = lengthAt(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += `${bytes.toString("utf8", from, at)}%${bytes.toString("hex", at, at + 1).toUpperCase()}`;
    from = ++at;
  }
  return text + bytes.toString("utf8", from);
}

/** Returns the length in bytes of the character at `at`; 0 if there is no valid one (RFC 3629 section 4). */
function lengthAt(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const second = bytes[at + 1] ?? 0;
  const min = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const max = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < min || second > max) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (let i = 2; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}
