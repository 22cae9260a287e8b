// Fetches a list from the web, whole and in memory, by the client of the run and with its retries.

import { FACTS, type Failure, isFailure } from "../core/failure.ts";
import { parseUrl } from "../core/parse-url.ts";
import type { Answer, Get } from "../core/ports.ts";
import { redacted } from "../core/redact.ts";
import { decideRetry, MAX_RETRY_AFTER_MS } from "../policy/retry.ts";
import { clock } from "./clock.ts";
import { SCHEDULE_DEFAULTS, type ScheduleOptions } from "./download.ts";

/** Maximum size of a fetched list, in bytes: that of a sitemap by its protocol is 50 MiB. */
const MAX_LIST_BYTES = 67_108_864;

/** Returns a function that fetches a URL. It throws an error with the reason where the last try fails, or `stop` is aborted. */
export function listFetcher(
  get: () => Get,
  { retries = SCHEDULE_DEFAULTS.retries, retryOn }: ScheduleOptions,
  stop: AbortSignal,
): (url: string) => Promise<Buffer> {
  const options = {
    retries,
    maxRetryAfterMs: MAX_RETRY_AFTER_MS,
    ...(retryOn === undefined ? {} : { retryOn: new Set(retryOn) }),
  };

  return async (url) => {
    const target = parseUrl(url);
    if (isFailure(target)) throw new Error(`${redacted(url)}: ${target.detail}`);
    for (let attempts = 1; ; attempts++) {
      const result = await bodyOf(get(), target);
      if (!isFailure(result)) return result;
      stop.throwIfAborted();
      const verdict = decideRetry(result, attempts, options, Math.random);
      if ("giveUp" in verdict) throw new Error(`${redacted(url)}: ${FACTS[result.error].label}: ${result.detail}`);
      await pause(verdict.delayMs, stop);
    }
  };
}

async function bodyOf(get: Get, target: URL): Promise<Buffer | Failure> {
  const answer = await new Promise<Answer | Failure>((resolve, reject) => {
    get.fetch(target).then(resolve, reject);
  });
  if (isFailure(answer)) return answer;
  const { body, skip } = answer;
  if (skip !== undefined) return { error: "http_status", detail: skip.detail };
  if (!("next" in body)) {
    const whole = Buffer.concat(body);
    answer.free?.();
    return whole;
  }
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for (let batch = await body.next(); batch !== undefined; batch = await body.next()) {
    if (isFailure(batch)) return batch;
    for (const piece of batch) bytes += piece.length;
    pieces.push(...batch);
    if (bytes <= MAX_LIST_BYTES) continue;
    body.cancel();
    return { error: "too_large", detail: `over ${MAX_LIST_BYTES / 1024 ** 2} MiB` };
  }
  return Buffer.concat(pieces);
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  let onStop = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      onStop = () => reject(new Error("stopped"));
      stop.addEventListener("abort", onStop, { once: true });
      clock.after(ms, resolve);
    });
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}
