// What lines look like that are no URLs: CSV, JSON, bare host names; and what makes a list of them.

import type { Wording } from "../core/errors.ts";
import { quoted } from "./file-signature.ts";

interface Row {
  readonly noun: string;
  /** Whether a line looks so. */
  readonly line: RegExp;
  /** By the first line alone, whatever follows. */
  readonly first?: true;
  /** Writes the URLs of the file `{}` to stdout; without it, those of standard input. */
  readonly command?: string;
  readonly advice?: string;
}

/** A URL, up to a blank or one of these. */
const grep = (stop: string) => `grep -oE 'https?://[^${stop}[:space:]]+' {}`;
const MARKUP = `${grep('"<>')} | sed 's/&amp;/\\&/g'`;
const JQ = `jq -r '.. | strings | select(test("^https?://"))' {}`;
const HOST = "(?:[\\w-]+\\.)+[\\w-]{2,}";

/** The first that fits the first line, or half of the lines. */
const ROWS: readonly Row[] = [
  { noun: "URLs that are not valid", line: /^https?:/i, advice: "put them right" },
  { noun: "HTML", line: /^<(?:!doctype|html|head|body|!--|a |p>|ul|div|table)/i, first: true, command: MARKUP },
  { noun: "XML", line: /^<(?:\?xml|urlset|sitemapindex|rss|feed|opml)/i, first: true, command: MARKUP },
  { noun: "JSON lines", line: /^\{.*\}$/, command: JQ },
  { noun: "JSON", line: /^[[{]\s*(?:$|["[{\]}])/, first: true, command: JQ },
  { noun: "a shell script", line: /^(?:curl|wget|aria2c|http|export|echo|for|if|cd)\s/, command: grep(`"`) },
  { noun: "URLs in quotes", line: /^["'`<]\s*https?:\/\/[^"'`<>]*["'`>],?$/i, command: grep(`"<>\``) },
  {
    noun: "Markdown or YAML",
    line: /^(?:[-*+>]|\d+[.)])\s.*https?:|\]\(<?https?:|^\[[^\]]*\]: ?<?https?:/i,
    command: grep(`]()<>"`),
  },
  { noun: "a table whose first column is no URL", line: /\thttps?:\/\//i, command: grep("") },
  { noun: "CSV", line: /[,;|].*https?:\/\/|^"https?:\/\/[^"]*"[,;]./i, command: grep(`",;|`) },
  { noun: "CSV", line: new RegExp(`^[^,]+,${HOST}$`), command: "cut -d, -f2 {} | sed 's|^|https://|'" },
  { noun: "text with URLs in it", line: /https?:\/\//i, command: grep(`"<>`) },
  { noun: "URLs without https: in front", line: new RegExp(`^//${HOST}`), command: "sed 's|^|https:|' {}" },
  { noun: "paths of files", line: /^(?:[a-z]:[\\/]|\\\\|\.{0,2}\/)/i },
  {
    noun: "hosts without http:// or https:// in front",
    line: new RegExp(`^(?:${HOST}|localhost)(?::\\d+)?(?:[/?#]\\S*)?$`),
    command: "sed 's|^|https://|' {}",
  },
  { noun: "CSV", line: /^[^,;|]+[,;|]/ },
  { noun: "binary data", line: /[\0-\x08\x0e-\x1f\uffff]|(?:%[89A-F][0-9A-F].?){3}/ },
];

/** Lines longer than this are looked at so far, in characters: a list in one line may be as long as it likes. */
const MAX_LOOK = 2000;

const ADVICE = "a list has a URL a line, with http:// or https:// in front";

/** What at least one line looks like, and what to do. `path`: of the list; `-` is standard input. */
export function guessFormat(lines: readonly string[], path: string, { listFrom }: Wording): string {
  const texts = lines.map((line) => line.slice(0, MAX_LOOK));
  const fits = ({ line, first }: Row) =>
    first === true ? line.test(texts[0] ?? "") : 2 * texts.filter((text) => line.test(text)).length >= texts.length;
  const row = ROWS.find(fits);
  if (row === undefined) return ADVICE;
  const { noun, command, advice = ADVICE } = row;
  if (command === undefined) return `it looks like ${noun}: ${advice}`;
  const whole = path === "-" ? `… | ${command.replace(" {}", "")}` : command.replace("{}", () => quoted(path));
  return `it looks like ${noun}: ${listFrom(whole)}`;
}
