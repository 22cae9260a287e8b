// Text from outside, made safe to show: nothing in it can move a cursor, change a colour or turn the line around.

/** C0, DEL, C1; what cannot be seen or turns text around (Cf); line and paragraph separators; lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** At most `maxLength` characters of `text`, with what is unsafe written as \xNN or \u{N}. */
export function escaped(text: string, maxLength = 2000): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return short.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** The same, but for the line feeds before the frames of a stack: any other would let a text from outside add a line. */
export function escapedStack(text: string): string {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (lines.length === 0 || /^\s+at /.test(line)) lines.push(line);
    else lines.push(`${lines.pop()}\n${line}`);
  }
  return lines.map((line) => escaped(line)).join("\n");
}

/** JSON with all of that as JSON escapes: the same value, and safe to show. */
export function escapedJson(json: string): string {
  if (!/[^\x20-\x7e]/.test(json)) return json; // nearly always, and sooner seen
  return json.replace(UNSAFE, (character) =>
    Array.from({ length: character.length }, (_, i) => {
      return `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
    }).join(""),
  );
}

/**
 * A URL, safe to show, that is the same one to whoever reads it: what is unsafe is percent-encoded, which `new URL` does as
 * well. A control character becomes U+FFFF, which `parseUrl` refuses as well.
 */
export function escapedUrl(url: string): string {
  if (!/[^\x20-\x7e]/.test(url)) return url; // nearly always
  return url.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return "\uffff";
    return encodeURIComponent(code >= 0xd800 && code <= 0xdfff ? "\ufffd" : character); // half of a character
  });
}
