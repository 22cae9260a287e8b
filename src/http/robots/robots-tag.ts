// What X-Robots-Tag asks of us: a pure reading of its values.

/** The directives that can be heeded; `none` stands for `noindex, nofollow`. */
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

/** A name and a colon in front: whom the rest is for, unless it is one of those directives that have a value. */
const NAMED = /^([a-z0-9*][a-z0-9*._+-]*)\s*:(.*)$/s;
const VALUED = new Set(["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"]);

/**
 * The first directive that is both asked for and heeded. `values`: those of all X-Robots-Tag headers; `agent`: our product
 * token in lower case. What stands behind a name and a colon, to the next one in that header, is for that robot only
 * (Google Search Central, "Robots meta tag, data-nosnippet, and X-Robots-Tag specifications"); what is said to all holds
 * for each. A directive that is not known, or has a value, asks for nothing.
 */
export function directiveFor(
  values: readonly string[],
  agent: string,
  heeded: ReadonlySet<string>,
): string | undefined {
  for (const value of values) {
    let isOurs = true;
    for (const part of value.toLowerCase().split(",")) {
      const [, name, rest] = NAMED.exec(part.trim()) ?? [];
      if (name !== undefined && VALUED.has(name)) continue;
      if (name !== undefined) isOurs = name === agent || name === "*";
      if (!isOurs) continue;
      const word = (rest ?? part).trim();
      const found = (word === "none" ? ["noindex", "nofollow"] : [word]).find((one) => heeded.has(one));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
