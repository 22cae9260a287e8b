// Encodes text in the encodings that lists may have.

/** The encodings, with and without a byte order mark. */
export const ENCODINGS = [
  "UTF-8",
  "UTF-8 with BOM",
  "UTF-16LE",
  "UTF-16LE with BOM",
  "UTF-16BE",
  "UTF-16BE with BOM",
  "UTF-32LE",
  "UTF-32LE with BOM",
  "UTF-32BE",
  "UTF-32BE with BOM",
] as const;

export type Encoding = (typeof ENCODINGS)[number];

export function encoded(text: string, encoding: Encoding): Buffer {
  const [name = "", bom] = encoding.split(" with ");
  const all = bom === undefined ? text : `\ufeff${text}`;
  if (name === "UTF-8") return Buffer.from(all, "utf8");
  const isBig = name.endsWith("BE");
  if (name.startsWith("UTF-16")) {
    const bytes = Buffer.from(all, "utf16le");
    return isBig ? bytes.swap16() : bytes;
  }
  const points = Array.from(all, (character) => character.codePointAt(0) ?? 0);
  const bytes = Buffer.alloc(4 * points.length);
  for (const [i, point] of points.entries()) {
    if (isBig) bytes.writeUInt32BE(point, 4 * i);
    else bytes.writeUInt32LE(point, 4 * i);
  }
  return bytes;
}
