// Extracts the rules for our product token from a robots.txt, and keeps nothing of the rest.

/** The records of a group. Others, such as Sitemap, neither begin nor end a group (RFC 9309 section 2.2.4). */
const RULES = new Set(["allow", "disallow", "crawl-delay"]);

/** Maximum number of stars in a row. More match the same; fewer would shorten the rule, and the longest wins (RFC 9309 section 2.2.2). */
const MAX_STARS = 8;
const STARS = new RegExp(`\\*{${MAX_STARS + 1},}`, "g");

/** Lines that are not empty: a file may have half a million empty ones. */
const LINES = /[^\r\n]+/g;

/**
 * Returns the rules of the groups that name `agent` (a product token in lower case), or, if none does, of the groups for `*`, as
 * a robots.txt with one group. Each line is processed once, even in groups of many names, which a parser would multiply.
 */
export function rulesFor(text: string, agent: string): string {
  const ownRules: string[] = [];
  const commonRules: string[] = [];
  let isNamed = false;
  let isOwn = false;
  let isCommon = false;
  let isHeader = false; // further names belong to the same group
  for (const line of text.replace(/^\ufeff/, "").match(LINES) ?? []) {
    const comment = line.indexOf("#");
    const record = comment === -1 ? line : line.slice(0, comment);
    const colon = record.indexOf(":");
    if (colon === -1) continue;
    const key = record.slice(0, colon).trim().toLowerCase();
    const value = record.slice(colon + 1).trim();
    if (key === "user-agent") {
      if (!isHeader) isOwn = isCommon = false;
      isHeader = true;
      const name = value.split("/", 1)[0]?.trim().toLowerCase();
      if (name === agent) isNamed = isOwn = true;
      else if (name === "*") isCommon = true;
    } else if (RULES.has(key)) {
      isHeader = false;
      const rule = `${key}: ${value.replace(STARS, "*".repeat(MAX_STARS))}`;
      if (isOwn) ownRules.push(rule);
      if (isCommon) commonRules.push(rule);
    }
  }
  const rules = isNamed ? ownRules : commonRules;
  return rules.length === 0 ? "" : ["user-agent: *", ...rules, ""].join("\n");
}
