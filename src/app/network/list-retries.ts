// The retries of lists that are fetched from the web: those of the run, with a reason at their end.

import { FACTS, type Failure, isFailure } from "../../core/failure.ts";
import type { Answer, Get, RequestConditions } from "../../core/ports.ts";
import { parseUrl } from "../../core/url/parse-url.ts";
import { redacted } from "../../core/url/redact.ts";
import { decideRetry, MAX_RETRY_AFTER_MS } from "../../policy/retry.ts";
import { clock } from "../clock.ts";
import { SCHEDULE_DEFAULTS, type ScheduleOptions } from "../download.ts";

export interface ListRetries {
  /** Waits until the next try. Throws an error with the reason, after `what`, if there is none, or `stop` is aborted. */
  wait(what: string, failure: Failure, attempts: number): Promise<void>;
}

export function listRetries(
  { retries = SCHEDULE_DEFAULTS.retries, retryOn }: ScheduleOptions,
  stop: AbortSignal,
): ListRetries {
  const options = {
    retries,
    maxRetryAfterMs: MAX_RETRY_AFTER_MS,
    ...(retryOn === undefined ? {} : { retryOn: new Set(retryOn) }),
  };
  return {
    async wait(what, failure, attempts) {
      stop.throwIfAborted();
      const verdict = decideRetry(failure, attempts, options, Math.random);
      if ("giveUp" in verdict) throw new Error(`${what}${FACTS[failure.error].label}: ${failure.detail}`);
      await pause(verdict.delayMs, stop);
    },
  };
}

/** The URL of a list. Throws an error with the reason if it cannot be fetched. */
export function listTarget(url: string): URL {
  const target = parseUrl(url);
  if (isFailure(target)) throw new Error(`${redacted(url)}: ${target.detail}`);
  return target;
}

/** An answer with a body, or why there is none. */
export async function answerTo(get: Get, target: URL, conditions?: RequestConditions): Promise<Answer | Failure> {
  const answer = await new Promise<Answer | Failure>((resolve, reject) => {
    get.fetch(target, { ...conditions, isList: true }).then(resolve, reject);
  });
  if (isFailure(answer) || answer.skip === undefined) return answer;
  return { error: "http_status", detail: answer.skip.detail };
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  let onStop = () => {};
  let cancel = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      onStop = () => reject(new Error("stopped"));
      stop.addEventListener("abort", onStop, { once: true });
      cancel = clock.after(ms, resolve);
    });
  } finally {
    cancel();
    stop.removeEventListener("abort", onStop);
  }
}
