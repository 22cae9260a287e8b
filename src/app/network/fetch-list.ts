// Fetches a list from the web, whole and in memory, by the client of the run and with its retries.

import { type Failure, isFailure } from "../../core/failure.ts";
import type { Answer, Get } from "../../core/ports.ts";
import { redacted } from "../../core/url/redact.ts";
import type { Fetch } from "../../source/fetched.ts";
import type { ScheduleOptions } from "../download.ts";
import { piecesOf } from "./list-body.ts";
import { answerTo, listRetries, listTarget } from "./list-retries.ts";

/** Maximum size of a fetched list, in bytes: that of a sitemap by its protocol is 50 MiB. */
const MAX_LIST_BYTES = 67_108_864;

/** Returns a function that fetches a URL. It throws an error with the reason where the last try fails, or `stop` is aborted. */
export function listFetcher(get: () => Get, schedule: ScheduleOptions, stop: AbortSignal): Fetch {
  const retries = listRetries(schedule, stop);
  return async (url) => {
    const target = listTarget(url);
    for (let attempts = 1; ; attempts++) {
      let link = "";
      const onFields = (fields: string) => {
        link = linksIn(fields);
      };
      const answer = await answerTo(get(), target, { onFields });
      const body = isFailure(answer) ? answer : await wholeBody(answer);
      if (!isFailure(body)) {
        const { finalUrl = target.href } = answer as Answer;
        return { body, url: finalUrl, link };
      }
      await retries.wait(`${redacted(url)}: `, body, attempts);
    }
  };
}

/** The values of all Link headers of an answer. A field may be repeated (RFC 9110 section 5.3). */
function linksIn(fields: string): string {
  return [...fields.matchAll(/^link:(.*)$/gim)].map(([, value = ""]) => value.trim()).join(", ");
}

async function wholeBody(answer: Answer): Promise<Buffer | Failure> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of piecesOf(answer)) {
    if (isFailure(piece)) return piece;
    bytes += piece.length;
    if (bytes > MAX_LIST_BYTES) return { error: "too_large", detail: `over ${MAX_LIST_BYTES / 1024 ** 2} MiB` };
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}
