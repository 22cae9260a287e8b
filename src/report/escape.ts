// Text from outside, made safe to show: nothing in it can move a cursor, change a colour or turn the line around.

/** C0, DEL, C1, line and paragraph separators, bidi and zero-width controls, lone surrogates. */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** At most `maxLength` characters of `text`, with what is unsafe written as \xNN or \u{N}. */
export function escaped(text: string, maxLength = 2000): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return short.replace(UNSAFE, (unit) => {
    const code = unit.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}
