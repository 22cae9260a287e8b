// Finds the directive of X-Robots-Tag headers that applies to us.

/** The directives that an option can select; `none` means `noindex, nofollow`. */
export const DIRECTIVES = [
  "noai",
  "noimageai",
  "noindex",
  "noimageindex",
  "nofollow",
  "noarchive",
  "nosnippet",
  "notranslate",
] as const;

export type Directive = (typeof DIRECTIVES)[number];

/** A name and a colon: the robot that the rest is for, unless the name is a directive with a value. */
const ROBOT_PREFIX = /^([a-z0-9*][a-z0-9*._+-]*)\s*:(.*)$/s;
const DIRECTIVES_WITH_VALUE = new Set(["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"]);

/**
 * Returns the first directive in the headers that is one of `heeded`; undefined if there is none. `values`: of all X-Robots-Tag
 * headers; `agent`: our product token in lower case. Directives after a name and a colon, up to the next name in that header,
 * are for that robot only (Google Search Central, "Robots meta tag, data-nosnippet, and X-Robots-Tag specifications");
 * directives without a name are for all. Unknown directives and those with a value are ignored.
 */
export function directiveFor(
  values: readonly string[],
  agent: string,
  heeded: ReadonlySet<string>,
): string | undefined {
  for (const value of values) {
    let isForUs = true;
    for (const part of value.toLowerCase().split(",")) {
      const [, name, rest] = ROBOT_PREFIX.exec(part.trim()) ?? [];
      if (name !== undefined && DIRECTIVES_WITH_VALUE.has(name)) continue;
      if (name !== undefined) isForUs = name === agent || name === "*";
      if (!isForUs) continue;
      const word = (rest ?? part).trim();
      const found = (word === "none" ? ["noindex", "nofollow"] : [word]).find((one) => heeded.has(one));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
