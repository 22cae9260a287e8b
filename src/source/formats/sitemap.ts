// The format "sitemap": sitemaps (sitemaps.org), and sitemap indexes with the sitemaps that they name.

import { StringDecoder } from "node:string_decoder";
import type { Job } from "../../core/job.ts";
import { toUrl } from "../../core/url/to-url.ts";
import { gunzipped } from "../compression/gunzip.ts";
import { onceOf } from "../fetched.ts";
import { pipeOf, quoted } from "../file-signature.ts";
import { peek } from "../peek.ts";
import { encodingOf, toUtf8 } from "./encoding.ts";
import { type Format, type FormatContext, UnreadableError } from "./format.ts";
import { brokenRow, rowJob } from "./table/table-jobs.ts";
import { xmlParser } from "./xml-parser.ts";

/** Maximum number of entries of one file, by the protocol. */
const MAX_ENTRIES = 50_000;

/** Maximum length of an element without another one in it, in characters: the parser holds it whole. */
const MAX_ELEMENT_CHARS = 1_048_576;

export const sitemapJobs: Format["jobs"] = async function* (bytes, context): AsyncGenerator<Job[]> {
  let row = 0;
  let origin: string | undefined;
  const jobOf = ({ url, line }: Entry): Job => {
    row++;
    return rowJob({ roles: { url } }, row, line, context);
  };
  const broken = (detail: string, line: number): Job[] => [brokenRow(detail, ++row, line, context)];

  for await (const { kind, entries } of entriesOf(bytes, context)) {
    if (kind === "urlset") {
      const jobs = entries.map(jobOf);
      context.onLines(row);
      yield jobs;
      continue;
    }
    for (const { url, line } of entries) {
      const target = toUrl(url);
      origin ??= target?.origin;
      if (target === undefined) yield broken("the sitemap index has no URL there", line);
      else if (target.origin !== origin) yield broken(`a sitemap of another origin than ${origin} is not read`, line);
      else yield* jobsOfChild(url, line);
    }
  }

  /** The jobs of one sitemap of an index. A line of it is the index's line that names it. */
  async function* jobsOfChild(url: string, line: number): AsyncGenerator<Job[]> {
    if (context.fetch === undefined) throw new Error("a sitemap index needs the network, which there is none here");
    const { body } = await context.fetch(url);
    const stored = await peek(onceOf(body));
    const isGzip = stored.head[0] === 0x1f && stored.head[1] === 0x8b;
    const { head, all } = isGzip ? await peek(gunzipped(stored.all)) : stored;
    for await (const { kind, entries } of entriesOf(all, { ...context, head, path: url })) {
      const jobs =
        kind === "urlset"
          ? entries.map((entry) => jobOf({ ...entry, line }))
          : entries.length === 0
            ? []
            : broken("a sitemap index within a sitemap index is not read", line);
      context.onLines(row);
      yield jobs;
      if (kind !== "urlset" && entries.length > 0) return;
    }
  }
};

interface Entry {
  readonly url: string;
  /** Where it begins in the file, from 1. */
  readonly line: number;
}

interface Entries {
  readonly kind: "urlset" | "sitemapindex";
  readonly entries: Entry[];
}

/** The entries of one file, in batches. Throws an UnreadableError for XML that is no sitemap. */
async function* entriesOf(
  bytes: AsyncGenerator<Buffer>,
  { head, path = "-" }: Pick<FormatContext, "head" | "path">,
): AsyncGenerator<Entries> {
  const parser = xmlParser();
  const decoder = new StringDecoder("utf8");
  let entries: Entry[] = [];
  let count = 0;
  let kind: Entries["kind"] | undefined;
  let prefix = "";
  let depth = 0;
  let url: string | undefined;
  let line = 0;
  let isLoc = false;
  let eventAt = 0;
  const isEntry = (name: string) => depth === 2 && name === prefix + (kind === "urlset" ? "url" : "sitemap");

  parser.on("opentag", ({ name }) => {
    depth++;
    eventAt = parser.position;
    if (depth === 1) {
      const [, found = "", root = ""] = /^(.*:)?([^:]*)$/.exec(name) ?? [];
      if (root !== "urlset" && root !== "sitemapindex") throw noSitemap(name, path);
      kind = root;
      prefix = found;
    } else if (isEntry(name)) {
      url = "";
      line = parser.line;
    } else isLoc = depth === 3 && url !== undefined && name === `${prefix}loc`;
  });
  const onText = (text: string) => {
    eventAt = parser.position;
    if (isLoc) url += text;
  };
  parser.on("text", onText);
  parser.on("cdata", onText);
  parser.on("closetag", ({ name }) => {
    eventAt = parser.position;
    isLoc = false;
    if (isEntry(name) && url !== undefined) {
      if (++count > MAX_ENTRIES) throw new Error(`a sitemap has at most ${MAX_ENTRIES} URLs (sitemaps.org)`);
      entries.push({ url: url.trim(), line });
      url = undefined;
    }
    depth--;
  });

  for await (const chunk of toUtf8(bytes, encodingOf(head))) {
    parser.write(decoder.write(chunk));
    if (parser.position - eventAt > MAX_ELEMENT_CHARS) throw new Error("an element of it is longer than 1 MiB");
    if (kind !== undefined) yield { kind, entries };
    entries = [];
  }
  parser.write(decoder.end()).close();
  if (kind !== undefined) yield { kind, entries };
}

function noSitemap(root: string, path: string): UnreadableError {
  const pipe = pipeOf(path);
  const [before, file] = pipe === undefined ? ["", ` ${quoted(path)}`] : [`${pipe} | `, ""];
  const command = `${before}grep -oE 'https?://[^"<>[:space:]]+'${file} | sed 's/&amp;/\\&/g'`;
  return new UnreadableError(
    ({ listFrom }) => `it is XML (<${root.slice(0, 40)}>), and no sitemap (${listFrom(command)})`,
  );
}
