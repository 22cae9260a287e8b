// What robots.txt says (RFC 9309): each origin is asked once a run, and what it answered is kept within bounds.

import { type Failure, isFailure, isRetryable } from "../../core/failure.ts";
import { originForm } from "../../core/origin-form.ts";
import type { Answer, Get, RobotsPolicy, Skip } from "../../core/ports.ts";
import { type Matcher, matcher } from "./matcher.ts";
import { rulesFor } from "./robots-rules.ts";

/** So much of a robots.txt is read: 500 KiB, which is what RFC 9309 section 2.5 asks for. */
const READ_BYTES = 512_000;

/** Tries of one robots.txt that cannot be had for now; after that, nothing of its origin is fetched in this run. */
const MOST_TRIES = 3;

/** Origins that are remembered, those used last; and all their rules together, in bytes. */
const MAX_ORIGINS = 10_000;
const MAX_BYTES = 33_554_432;

/** No host is asked more rarely than once a minute, whatever its Crawl-delay. */
const MAX_DELAY_MS = 60_000;

/** Of longer ones, in characters, one is read in each turn of the event loop: half a MiB of rules takes some 10 ms. */
const LONG_TEXT = 65_536;

/** The longest time that Node's timers take, in milliseconds: no URL waits so long for its robots.txt. */
const MAX_TIMER_MS = 2_147_483_647;

export interface RobotsOptions {
  readonly fetch: Get["fetch"];
  /** Our product token, in lower case. */
  readonly agent: string;
  /** What a URL may take in all, what its robots.txt take included. Default: no limit. */
  readonly maxTimeMs?: number;
}

interface Known {
  /** Undefined where everything is allowed. */
  readonly rules?: Matcher;
  readonly delayMs: number;
  /** It could not be had, so often: for now, or any more. */
  readonly failure?: Failure;
  readonly tries: number;
}

const ALLOWED: Known = { delayMs: 0, tries: 0 };

const LATE: Failure = {
  error: "deadline",
  detail: "the whole URL, with its robots.txt, took longer than the maximum time",
};

export function robots({ fetch, agent, maxTimeMs = Number.POSITIVE_INFINITY }: RobotsOptions): RobotsPolicy {
  const origins = new Map<string, Known>();
  const asking = new Map<string, Promise<Known>>();
  let bytes = 0;
  /** When the next long robots.txt may be read. */
  let turn: Promise<void> = Promise.resolve();

  return {
    check(target) {
      const known = origins.get(target.origin);
      if (known === undefined || isOpen(known)) return "unknown";
      remember(target.origin, known);
      return verdict(known, target);
    },
    async ask(target, from, spentMs = 0) {
      const { origin } = target;
      let look = asking.get(origin);
      if (look === undefined) {
        look = lookUp(origin, from).finally(() => asking.delete(origin));
        asking.set(origin, look);
      }
      // The look-up goes on, for others.
      const known = await within(maxTimeMs - spentMs, look);
      return known === undefined ? LATE : verdict(known, target);
    },
    delayMs(host) {
      const found = [origins.get(`https://${host}`), origins.get(`http://${host}`)];
      const delays = found.flatMap((known) => (known === undefined || isOpen(known) ? [] : [known.delayMs]));
      return delays.length === 0 ? undefined : Math.max(...delays);
    },
  };

  async function lookUp(origin: string, from: "home" | "away"): Promise<Known> {
    const tries = (origins.get(origin)?.tries ?? 0) + 1;
    const known = await read(origin, from, tries);
    const { failure } = known;
    // A stop, or too few file descriptors, says nothing of the server.
    if (failure?.error !== "interrupted" && failure?.scarce !== true) remember(origin, known);
    return known;
  }

  async function read(origin: string, from: "home" | "away", tries: number): Promise<Known> {
    const answer = await fetch(new URL("/robots.txt", origin), { robots: from });
    const text = isFailure(answer) ? answer : await beginning(answer);
    if (typeof text !== "string") {
      if (isUnavailable(text)) return ALLOWED;
      return { ...ALLOWED, failure: { ...text, detail: `robots.txt: ${text.detail}` }, tries };
    }
    if (text.length > LONG_TEXT) {
      turn = turn.then(nextTurn);
      await turn;
    }
    const rules = rulesFor(text, agent);
    if (rules === "") return ALLOWED;
    const compiled = matcher(rules);
    const delayMs = Math.min(MAX_DELAY_MS, Math.max(0, compiled.crawlDelay * 1000));
    return { rules: compiled, delayMs, tries };
  }

  /** Puts it behind all others, and forgets the first of those where they are too many. */
  function remember(origin: string, known: Known): void {
    bytes += bytesOf(known) - bytesOf(origins.get(origin));
    origins.delete(origin);
    origins.set(origin, known);
    for (const [oldest, theirs] of origins) {
      if ((origins.size <= MAX_ORIGINS && bytes <= MAX_BYTES) || oldest === origin) break;
      origins.delete(oldest);
      bytes -= bytesOf(theirs);
    }
  }

  function verdict({ rules, failure, tries }: Known, target: URL): Skip | Failure | undefined {
    if (failure !== undefined) {
      return isOpen({ failure, tries }) ? failure : { ...failure, known: true };
    }
    const { origin, pathname } = target;
    if (rules === undefined || pathname === "/robots.txt") return undefined; // RFC 9309 section 2.2.2
    const isAllowed = rules.allows(originForm(target));
    if (isAllowed === true) return undefined;
    const what = isAllowed === false ? "disallowed by" : "it takes too long to match it with the rules of";
    return { reason: "robots", detail: `${what} ${origin}/robots.txt` };
  }
}

function bytesOf(known: Known | undefined): number {
  return known?.rules?.bytes ?? 0;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What comes within so many milliseconds; undefined where it comes later. */
async function within<T>(ms: number, coming: Promise<T>): Promise<T | undefined> {
  if (ms > MAX_TIMER_MS) return coming;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([coming, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether it could not be had so far, and may be asked for again. */
function isOpen({ failure, tries }: Pick<Known, "failure" | "tries">): boolean {
  return failure !== undefined && tries < MOST_TRIES && isRetryable(failure);
}

/**
 * Whether there is no robots.txt, and so nothing to forbid anything (RFC 9309 sections 2.3.1.2 and 2.3.1.3). A server that
 * asks for less (429) or for another try has one, perhaps.
 */
function isUnavailable(failure: Failure): boolean {
  const { error, status = 0 } = failure;
  if (error === "redirect_limit" || error === "redirect_refused") return true;
  return error === "http_status" && status < 500 && !isRetryable(failure);
}

/** As much of it as is read, in whole lines. */
async function beginning({ body }: Answer): Promise<string | Failure> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const take = (more: readonly Uint8Array[]) => {
    for (const piece of more) bytes += piece.length;
    pieces.push(...more);
  };
  if ("next" in body) {
    while (bytes <= READ_BYTES) {
      const more = await body.next();
      if (more === undefined) break;
      if (isFailure(more)) return more;
      take(more);
    }
    body.cancel();
  } else take(body);
  const text = Buffer.concat(pieces).toString("utf8", 0, Math.min(bytes, READ_BYTES));
  // A rule that is cut off would say something else.
  return bytes > READ_BYTES ? text.slice(0, text.lastIndexOf("\n") + 1) : text;
}
