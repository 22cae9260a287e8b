// Pages with a Link header (RFC 8288) to the next one: of JSON or of text, by their first character.

import type { Job } from "../../core/job.ts";
import { redacted } from "../../core/url/redact.ts";
import { type Fetched, onceOf } from "../fetched.ts";
import { firstLines } from "../first-lines.ts";
import { lines } from "../formats/lines.ts";
import { itemJobs, jsonIn } from "./json-page.ts";
import { jsonPath } from "./json-path.ts";
import { nextLink } from "./link-header.ts";
import type { Page, PageContext, PageKind } from "./page.ts";
import { itemUrl, markerOf, namelessItem, urlOfMarker } from "./page-urls.ts";

/** The members of an array. */
const MEMBERS = jsonPath("$[*]");

export const linkPages: PageKind = {
  urlOf: urlOfMarker,
  async parse(fetched, context) {
    const reference = nextLink(fetched.link);
    const next = reference === undefined ? undefined : markerOf(reference, fetched.url, context.listing);
    const isJson =
      context.listing.items !== undefined || /^(?:\ufeff)?\s*[[{]/.test(fetched.body.toString("utf8", 0, 64));
    if (!isJson) return { ...(await textPage(fetched, context)), next };
    const jobs = itemJobs(jsonIn(fetched.body), context.listing.items ?? MEMBERS, fetched.url, context);
    return { jobs, lines: jobs.length, next };
  },
};

/** A list as in a file. With a base, its lines have names; without one they have URLs, or it is no list. */
async function textPage({ body }: Fetched, context: PageContext): Promise<Omit<Page, "next">> {
  const { base, url } = context.listing;
  const head = body.subarray(0, 512);
  if (/^\s*</.test(head.toString("latin1"))) throw new Error("it is HTML or XML, and no list");
  const first = base === undefined && context.offset === 0 ? firstLines(redacted(url.href)) : undefined;
  const jobs: Job[] = [];
  let count = 0;
  const onLines = (read: number) => {
    count = read;
  };
  for await (const batch of lines.jobs(onceOf(body), { ...context, head, onLines }))
    jobs.push(...(first?.accept(batch) ?? batch));
  first?.end();
  return { jobs: base === undefined ? jobs : jobs.map((job) => named(job, base)), lines: count };
}

/** The job of a line with the name of an item. */
function named(job: Job, base: string): Job {
  const url = itemUrl(job.url, "", base);
  return url === undefined
    ? { ...job, refused: { error: "invalid_row", detail: namelessItem(job.url) } }
    : { ...job, url };
}
