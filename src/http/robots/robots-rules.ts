// The part of a robots.txt that is for us: what the rest says, however long, is not kept.

/** Other records, such as Sitemap, begin and end no group (RFC 9309 section 2.2.4). */
const RULES = new Set(["allow", "disallow", "crawl-delay"]);

/** More in a row match no more, and only cost time. Fewer count: the longest rule wins (RFC 9309 section 2.2.2). */
const MAX_STARS = 8;
const STARS = new RegExp(`\\*{${MAX_STARS + 1},}`, "g");

/** Those that are not empty: there may be half a million others. */
const LINES = /[^\r\n]+/g;

/**
 * The rules of the groups that name `agent` (a product token in lower case), or, where none does, of those for `*`: as a
 * robots.txt with one group. Many names over many rules would multiply in a parser; here each line counts once.
 */
export function rulesFor(text: string, agent: string): string {
  const ours: string[] = [];
  const everybodys: string[] = [];
  let isNamed = false;
  let isOurs = false;
  let isEverybodys = false;
  let isOpen = false; // further names belong to the same group
  for (const line of text.replace(/^\ufeff/, "").match(LINES) ?? []) {
    const comment = line.indexOf("#");
    const record = comment === -1 ? line : line.slice(0, comment);
    const colon = record.indexOf(":");
    if (colon === -1) continue;
    const key = record.slice(0, colon).trim().toLowerCase();
    const value = record.slice(colon + 1).trim();
    if (key === "user-agent") {
      if (!isOpen) isOurs = isEverybodys = false;
      isOpen = true;
      const name = value.split("/", 1)[0]?.trim().toLowerCase();
      if (name === agent) isNamed = isOurs = true;
      else if (name === "*") isEverybodys = true;
    } else if (RULES.has(key)) {
      isOpen = false;
      const rule = `${key}: ${value.replace(STARS, "*".repeat(MAX_STARS))}`;
      if (isOurs) ours.push(rule);
      if (isEverybodys) everybodys.push(rule);
    }
  }
  const rules = isNamed ? ours : everybodys;
  return rules.length === 0 ? "" : ["user-agent: *", ...rules, ""].join("\n");
}
