// Guesses the format of lines that are not URLs (CSV, JSON, HTML, host names), with a command that makes a list of them.

import type { Wording } from "../core/errors.ts";
import { pipeOf, quoted } from "./file-signature.ts";

interface Row {
  readonly noun: string;
  /** Matches a line of this format. */
  readonly line: RegExp;
  /** The first line alone decides. */
  readonly first?: true;
  /** A command that writes the URLs of the file `{}`, or without it of standard input, to stdout. */
  readonly command?: string;
  readonly advice?: string;
}

/** A command that finds URLs up to a blank or one of the `stop` characters. */
const grep = (stop: string) => `grep -oE 'https?://[^${stop}[:space:]]+' {}`;
const MARKUP = `${grep('"<>')} | sed 's/&amp;/\\&/g'`;
const JQ = `jq -r '.. | strings | select(test("^https?://"))' {}`;
const HOST = "(?:[\\w-]+\\.)+[\\w-]{2,}";

/** The formats. The first that matches the first line or half of the lines counts. */
const ROWS: readonly Row[] = [
  { noun: "URLs that are not valid", line: /^https?:/i, advice: "correct them" },
  { noun: "HTML", line: /^<(?:!doctype|html|head|body|!--|a |p>|ul|div|table)/i, first: true, command: MARKUP },
  { noun: "XML", line: /^<(?:\?xml|urlset|sitemapindex|rss|feed|opml)/i, first: true, command: MARKUP },
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
  { noun: "binary data", line: /[\0-\x08\x0e-\x1f]|\ufffd\ufffe|(?:%[89A-F][0-9A-F].?){3}/ },
];

/** Maximum length of a line that is matched, in characters: a list in one line has any length. */
const MAX_MATCHED_CHARS = 2000;

const ADVICE = "a list has one URL per line, with http:// or https:// in front";

/** Returns what the lines (at least one) look like, and the next step. `path`: the list's; `-` is standard input. */
export function guessFormat(lines: readonly string[], path: string, { listFrom }: Wording): string {
  const texts = lines.map((line) => line.slice(0, MAX_MATCHED_CHARS));
  const fits = ({ line, first }: Row) =>
    first === true ? line.test(texts[0] ?? "") : 2 * texts.filter((text) => line.test(text)).length >= texts.length;
  const row = ROWS.find(fits);
  if (row === undefined) return ADVICE;
  const { noun, command, advice = ADVICE } = row;
  if (command === undefined) return `it looks like ${noun}: ${advice}`;
  const pipe = pipeOf(path);
  const whole =
    pipe === undefined ? command.replace("{}", () => quoted(path)) : `${pipe} | ${command.replace(" {}", "")}`;
  return `it looks like ${noun}: ${listFrom(whole)}`;
}
