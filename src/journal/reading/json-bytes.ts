// Finds the ends of JSON values in bytes, for records that are parsed without JSON.parse.

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;

/** Whether the bytes at `at` are this ASCII text. */
export function matchesAt(line: Buffer, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (line[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The index after a value; -1 if JSON.parse is needed. */
export function afterValue(line: Buffer, at: number): number {
  const first = line[at] ?? 0;
  if (first === QUOTE) return afterString(line, at);
  if (first >= ZERO && first <= NINE) return afterNumber(line, at);
  if (first === 0x74 && matchesAt(line, at, "true")) return at + 4;
  if (first === 0x66 && matchesAt(line, at, "false")) return at + 5;
  return first === 0x5b ? afterStrings(line, at) : -1;
}

/** The index after a JSON string of printable ASCII whose only escapes are quotes and backslashes, as in ETags; otherwise -1. */
export function afterString(line: Buffer, at: number): number {
  if (line[at] !== QUOTE) return -1;
  for (let i = at + 1; ; i++) {
    const byte = line[i] ?? 0; // the line feed after the record ends the loop
    if (byte === QUOTE) return i + 1;
    if (byte < 0x20 || byte > 0x7e) return -1;
    if (byte !== BACKSLASH) continue;
    i++;
    if (line[i] !== QUOTE && line[i] !== BACKSLASH) return -1;
  }
}

function afterStrings(line: Buffer, start: number): number {
  for (let at = start + 1; ; at++) {
    at = afterString(line, at);
    if (at < 0) return -1;
    if (line[at] === 0x5d) return at + 1;
    if (line[at] !== COMMA) return -1;
  }
}

/** The index after digits with an optional fraction; -1 for other number forms, and for a leading zero. */
function afterNumber(line: Buffer, start: number): number {
  let at = afterDigits(line, start);
  if (line[start] === ZERO && at > start + 1) return -1;
  if (line[at] === 0x2e) {
    const fraction = at + 1;
    at = afterDigits(line, fraction);
    if (at === fraction) return -1;
  }
  return at;
}

function afterDigits(line: Buffer, start: number): number {
  let at = start;
  for (let byte = line[at] ?? 0; byte >= ZERO && byte <= NINE; byte = line[at] ?? 0) at++;
  return at;
}

/** The value of an integer of at most 15 digits; otherwise -1. */
export function integerIn(line: Buffer, start: number, end: number): number {
  if (end - start > 15) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (line[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
