// Escapes untrusted text for terminals: control characters, bidirectional overrides and invisible characters.

/** C0, DEL, C1; invisible and bidirectional characters (Cf); line and paragraph separators; lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Returns at most `maxLength` characters of `text`, with unsafe ones written as \xNN or \u{N}. */
export function escaped(text: string, maxLength = 2000): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return short.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** Escapes a stack, except the line feeds before its frames. Any other line feed could be from an untrusted message. */
export function escapedStack(text: string): string {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    if (lines.length === 0 || /^\s+at /.test(line)) lines.push(line);
    else lines.push(`${lines.pop()}\n${line}`);
  }
  return lines.map((line) => escaped(line)).join("\n");
}

/** Returns JSON of the same value, with unsafe characters as JSON escapes. */
export function escapedJson(json: string): string {
  if (!/[^\x20-\x7e]/.test(json)) return json; // the usual case, and a faster test
  return json.replace(UNSAFE, (character) =>
    Array.from({ length: character.length }, (_, i) => {
      return `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
    }).join(""),
  );
}

/**
 * Stands for a control character in a URL that is shown. The second character is no character (U+FFFE), so that no URL of a real
 * list has both.
 */
export const CONTROL_MARK = "\ufffd\ufffe";

/**
 * Returns an equivalent URL that is safe to show: unsafe characters are percent-encoded, as `new URL` does. A control
 * character becomes `CONTROL_MARK`, which `parseUrl` refuses as well.
 */
export function escapedUrl(url: string): string {
  if (!/[^\x20-\x7e]/.test(url)) return url; // the usual case
  return url.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return CONTROL_MARK;
    return encodeURIComponent(code >= 0xd800 && code <= 0xdfff ? "\ufffd" : character); // a lone surrogate
  });
}
