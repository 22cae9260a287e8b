// Fetches robots.txt once per origin and run, caches its rules within bounds, and checks URLs (RFC 9309).

import { type Failure, isFailure, isRetryable } from "../../core/failure.ts";
import type { Answer, Get } from "../../core/ports.ts";
import type { RobotsPolicy, Skip } from "../../core/run/robots-policy.ts";
import { originForm } from "../../core/url/origin-form.ts";
import { type Matcher, matcher } from "./matcher.ts";
import { rulesFor } from "./robots-rules.ts";

/** Maximum number of bytes read of a robots.txt: 500 KiB (RFC 9309 section 2.5). */
const MAX_READ_BYTES = 512_000;

/** Maximum number of tries of a robots.txt with transient failures; afterwards the run fetches nothing from its origin. */
const MAX_TRIES = 3;

/** Maximum number of cached origins, and of the bytes of their rules; the least recently used are removed. */
const MAX_ORIGINS = 10_000;
const MAX_RULES_BYTES = 33_554_432;

/** Maximum Crawl-delay that is obeyed, in milliseconds. */
const MAX_DELAY_MS = 60_000;

/** Length from which one robots.txt is parsed per turn of the event loop: half a MiB of rules takes some 10 ms. */
const LONG_TEXT_CHARS = 65_536;

/** Maximum delay of Node's timers, in milliseconds (Node's timers documentation); a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

export interface RobotsOptions {
  readonly fetch: Get["fetch"];
  /** Our product token, in lower case. */
  readonly agent: string;
  /** Maximum time of a URL, including its robots.txt. Default: no limit. */
  readonly maxTimeMs?: number;
}

interface OriginRules {
  /** Undefined if everything is allowed. */
  readonly rules?: Matcher;
  readonly delayMs: number;
  /** Why robots.txt could not be fetched, after this number of tries. */
  readonly failure?: Failure;
  readonly tries: number;
}

const ALLOWED: OriginRules = { delayMs: 0, tries: 0 };

const DEADLINE_PASSED: Failure = {
  error: "deadline",
  detail: "the whole URL, with its robots.txt, took longer than the maximum time",
};

export function robots({ fetch, agent, maxTimeMs = Number.POSITIVE_INFINITY }: RobotsOptions): RobotsPolicy {
  const origins = new Map<string, OriginRules>();
  const fetching = new Map<string, Promise<OriginRules>>();
  let bytes = 0;
  /** Resolves when the next long robots.txt may be parsed. */
  let parseTurn: Promise<void> = Promise.resolve();

  return {
    check(target) {
      const known = origins.get(target.origin);
      if (known === undefined || mayRetry(known)) return "unknown";
      cache(target.origin, known);
      return decide(known, target);
    },
    async fetchAndCheck(target, via, spentMs = 0) {
      const { origin } = target;
      let pending = fetching.get(origin);
      if (pending === undefined) {
        pending = fetchRules(origin, via).finally(() => fetching.delete(origin));
        fetching.set(origin, pending);
      }
      // After a timeout the fetch continues, for other URLs.
      const known = await within(maxTimeMs - spentMs, pending);
      return known === undefined ? DEADLINE_PASSED : decide(known, target);
    },
    delayMs(host) {
      const found = [origins.get(`https://${host}`), origins.get(`http://${host}`)];
      const delays = found.flatMap((known) => (known === undefined || mayRetry(known) ? [] : [known.delayMs]));
      return delays.length === 0 ? undefined : Math.max(...delays);
    },
  };

  async function fetchRules(origin: string, via: "list" | "redirect"): Promise<OriginRules> {
    const tries = (origins.get(origin)?.tries ?? 0) + 1;
    const known = await read(origin, via, tries);
    const { failure } = known;
    // A stop or a lack of file descriptors is not the server's failure.
    if (failure?.error !== "interrupted" && failure?.fdsExhausted !== true) cache(origin, known);
    return known;
  }

  async function read(origin: string, via: "list" | "redirect", tries: number): Promise<OriginRules> {
    const answer = await fetch(new URL("/robots.txt", origin), { robots: via });
    const text = isFailure(answer) ? answer : await readBeginning(answer);
    if (typeof text !== "string") {
      if (isUnavailable(text)) return ALLOWED;
      return { ...ALLOWED, failure: { ...text, detail: `robots.txt: ${text.detail}` }, tries };
    }
    if (text.length > LONG_TEXT_CHARS) {
      parseTurn = parseTurn.then(nextTurn);
      await parseTurn;
    }
    const rules = rulesFor(text, agent);
    if (rules === "") return ALLOWED;
    const compiled = matcher(rules);
    const delayMs = Math.min(MAX_DELAY_MS, Math.max(0, compiled.crawlDelay * 1000));
    return { rules: compiled, delayMs, tries };
  }

  /** Makes an origin the most recently used, and removes the least recently used ones beyond the bounds. */
  function cache(origin: string, known: OriginRules): void {
    bytes += bytesOf(known) - bytesOf(origins.get(origin));
    origins.delete(origin);
    origins.set(origin, known);
    for (const [oldest, oldRules] of origins) {
      if ((origins.size <= MAX_ORIGINS && bytes <= MAX_RULES_BYTES) || oldest === origin) break;
      origins.delete(oldest);
      bytes -= bytesOf(oldRules);
    }
  }

  function decide({ rules, failure, tries }: OriginRules, target: URL): Skip | Failure | undefined {
    if (failure !== undefined) {
      return mayRetry({ failure, tries }) ? failure : { ...failure, isFinal: true };
    }
    const { origin, pathname } = target;
    if (rules === undefined || pathname === "/robots.txt") return undefined; // RFC 9309 section 2.2.2
    const isAllowed = rules.allows(originForm(target));
    if (isAllowed === true) return undefined;
    const what = isAllowed === false ? "disallowed by" : "it takes too long to match it with the rules of";
    return { reason: "robots", detail: `${what} ${origin}/robots.txt` };
  }
}

function bytesOf(known: OriginRules | undefined): number {
  return known?.rules?.bytes ?? 0;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves with the value of `promise`, or with undefined after `ms` milliseconds. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  if (ms > MAX_TIMER_MS) return promise;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether robots.txt could not be fetched so far, and may be tried again. */
function mayRetry({ failure, tries }: Pick<OriginRules, "failure" | "tries">): boolean {
  return failure !== undefined && tries < MAX_TRIES && isRetryable(failure);
}

/**
 * Whether there is no robots.txt, so that everything is allowed (RFC 9309 sections 2.3.1.2 and 2.3.1.3). After 429 or another
 * transient failure there may be one.
 */
function isUnavailable(failure: Failure): boolean {
  const { error, status = 0 } = failure;
  if (error === "redirect_limit" || error === "redirect_refused") return true;
  return error === "http_status" && status < 500 && !isRetryable(failure);
}

/** Reads the beginning of a body, up to `MAX_READ_BYTES` and in whole lines. */
async function readBeginning({ body }: Answer): Promise<string | Failure> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const addPieces = (more: readonly Uint8Array[]) => {
    for (const piece of more) bytes += piece.length;
    pieces.push(...more);
  };
  if ("next" in body) {
    while (bytes <= MAX_READ_BYTES) {
      const more = await body.next();
      if (more === undefined) break;
      if (isFailure(more)) return more;
      addPieces(more);
    }
    body.cancel();
  } else addPieces(body);
  const text = Buffer.concat(pieces).toString("utf8", 0, Math.min(bytes, MAX_READ_BYTES));
  // A rule that is cut off would have another meaning.
  return bytes > MAX_READ_BYTES ? text.slice(0, text.lastIndexOf("\n") + 1) : text;
}
