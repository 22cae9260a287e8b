// What robots.txt says (RFC 9309): each origin is asked once a run, and what it answered is kept within bounds.

import { createRequire } from "node:module";
import { type Failure, isFailure, isRetryable } from "../../core/failure.ts";
import type { Answer, Get, Permits, Skip } from "../../core/ports.ts";
import { rulesFor } from "./robots-rules.ts";

/** So much of a robots.txt is read: 500 KiB, which is what RFC 9309 section 2.5 asks for. */
const READ_BYTES = 512_000;

/** Tries of one robots.txt that cannot be had for now; after that, nothing of its origin is fetched in this run. */
const MOST_TRIES = 3;

/** Origins that are remembered, those used last; and all their rules together, in characters. */
const MAX_ORIGINS = 10_000;
const MAX_CHARS = 33_554_432;

/** No host is asked more rarely than once a minute, whatever its Crawl-delay. */
const MAX_DELAY_MS = 60_000;

/** A longer path is matched by its beginning: the time it takes grows with rules times path. */
const MAX_PATH = 4096;

export interface RobotsOptions {
  readonly fetch: Get["fetch"];
  /** Our product token, in lower case. */
  readonly agent: string;
}

type Robot = ReturnType<typeof import("robots-parser").default>;

interface Known {
  /** Undefined where everything is allowed. */
  readonly rules?: Robot;
  readonly chars: number;
  readonly delayMs: number;
  /** It could not be had, so often: for now, or any more. */
  readonly failure?: Failure;
  readonly tries: number;
}

const ALLOWED: Known = { chars: 0, delayMs: 0, tries: 0 };

const require = createRequire(import.meta.url);

/** The library, read when there are rules at all. */
function parsed(origin: string, text: string): Robot {
  const parse = require("robots-parser") as typeof import("robots-parser").default; // CommonJS: the module is the function
  return parse(`${origin}/robots.txt`, text);
}

export function robots({ fetch, agent }: RobotsOptions): Permits {
  const origins = new Map<string, Known>();
  const asking = new Map<string, Promise<Known>>();
  let chars = 0;

  return {
    of(target) {
      const known = origins.get(target.origin);
      if (known === undefined || isOpen(known)) return "unknown";
      remember(target.origin, known);
      return verdict(known, target);
    },
    async ask(target, from) {
      const { origin } = target;
      let look = asking.get(origin);
      if (look === undefined) {
        look = lookUp(origin, from).finally(() => asking.delete(origin));
        asking.set(origin, look);
      }
      return verdict(await look, target);
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
    const rules = rulesFor(text, agent);
    if (rules === "") return ALLOWED;
    const robot = parsed(origin, rules);
    const delayMs = Math.min(MAX_DELAY_MS, Math.max(0, (robot.getCrawlDelay("*") ?? 0) * 1000));
    return { rules: robot, chars: rules.length, delayMs, tries };
  }

  /** Puts it behind all others, and forgets the first of those where they are too many. */
  function remember(origin: string, known: Known): void {
    chars += known.chars - (origins.get(origin)?.chars ?? 0);
    origins.delete(origin);
    origins.set(origin, known);
    for (const [oldest, { chars: freed }] of origins) {
      if ((origins.size <= MAX_ORIGINS && chars <= MAX_CHARS) || oldest === origin) break;
      origins.delete(oldest);
      chars -= freed;
    }
  }

  function verdict({ rules, failure, tries }: Known, target: URL): Skip | Failure | undefined {
    if (failure !== undefined) {
      return isOpen({ failure, tries }) ? failure : { ...failure, known: true };
    }
    const { origin, pathname, search } = target;
    if (rules === undefined || pathname === "/robots.txt") return undefined; // RFC 9309 section 2.2.2
    const isAllowed = rules.isAllowed(`${origin}${`${pathname}${search}`.slice(0, MAX_PATH)}`, "*");
    return isAllowed === false ? { reason: "robots", detail: `disallowed by ${origin}/robots.txt` } : undefined;
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
