// Pages of Amazon S3's ListObjectsV2, as other stores send them too: XML with keys and a continuation token.

import type { Job } from "../../core/job.ts";
import { brokenRow, rowJob } from "../formats/table/table-jobs.ts";
import { xmlParser } from "../formats/xml-parser.ts";
import type { Listing, PageContext, PageKind } from "./page.ts";
import { itemUrl, namelessItem, withParam } from "./page-urls.ts";

export const s3Pages: PageKind = {
  urlOf({ url }, marker) {
    const first = url.searchParams.get("list-type") === "2" ? url : withParam(url, "list-type", "2");
    return marker === "" ? first.href : withParam(first, "continuation-token", marker).href;
  },
  async parse({ body }, context) {
    const { keys, isTruncated, token, isEncoded } = resultIn(body.toString("utf8"));
    if (isTruncated && token === "")
      throw new Error("it is cut off (IsTruncated) without a NextContinuationToken, as version 1 of the API is");
    const base = context.listing.base ?? baseOf(context.listing);
    const jobs = keys.map((key, i) => jobOf(isEncoded ? decoded(key) : key, i + 1, base, context));
    return { jobs, lines: jobs.length, next: isTruncated ? token : undefined };
  },
};

function jobOf(key: string, row: number, base: string, context: PageContext): Job {
  const line = context.offset + row;
  // A key may look like a URL, and is none.
  const url = /^https?:\/\//i.test(key)
    ? base + key.split("/").map(encodeURIComponent).join("/")
    : itemUrl(key, "", base);
  return url === undefined
    ? brokenRow(namelessItem(key), row, line, context)
    : rowJob({ roles: { url } }, row, line, context);
}

/** The bucket: the listing's URL without its query. */
function baseOf({ url }: Listing): string {
  const bucket = new URL(url);
  bucket.search = "";
  bucket.hash = "";
  return bucket.href.endsWith("/") ? bucket.href : `${bucket.href}/`;
}

/** `EncodingType` url: as in forms, a blank is a plus. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", "%20"));
  } catch {
    return key;
  }
}

function resultIn(text: string) {
  const parser = xmlParser();
  const keys: string[] = [];
  const values = new Map<string, string>();
  const open: string[] = [];
  let held = "";
  parser.on("opentag", ({ name }) => {
    open.push(name.replace(/^.*:/, ""));
    held = "";
    const [root = ""] = open;
    if (root !== "ListBucketResult") throw new Error(`it is XML (<${root.slice(0, 40)}>), not a ListBucketResult`);
  });
  const onText = (more: string) => {
    held += more;
  };
  parser.on("text", onText);
  parser.on("cdata", onText);
  parser.on("closetag", () => {
    const [, parent, child] = open;
    if (open.length === 3 && parent === "Contents" && child === "Key") keys.push(held);
    else if (open.length === 2 && parent !== undefined) values.set(parent, held.trim());
    open.pop();
    held = "";
  });
  parser.write(text.replace(/^\ufeff/, "")).close();
  return {
    keys,
    isTruncated: values.get("IsTruncated") === "true",
    token: values.get("NextContinuationToken") ?? "",
    isEncoded: values.get("EncodingType") === "url",
  };
}
