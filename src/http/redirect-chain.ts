// Follows the redirects of one URL to its final answer, within one time limit.

import { type Failure, isFailure } from "../core/failure.ts";
import type { ConnectionTimes } from "../core/http/connection-times.ts";
import type { Answer, RequestConditions } from "../core/ports.ts";
import type { Skip } from "../core/run/robots-policy.ts";
import { Deferred } from "../core/structures/deferred.ts";
import { hostKey } from "../core/url/host-key.ts";
import { answerOf, type Decoding, skippedAnswer } from "./answer.ts";
import { DEADLINE } from "./exchange/failure-details.ts";
import { RepeatedRequest, type RequestListener } from "./exchange/repeated-request.ts";
import type { ExchangeContext, Reply, STALE } from "./exchange/reply.ts";
import type { ConnectionPool } from "./h1/connection-pool.ts";
import { type Cookies, redirectCookies } from "./identity/cookies.ts";
import type { GetOptions } from "./options.ts";
import type { RequestBuilder } from "./request-builder.ts";
import { conditionalHeaders } from "./semantics/conditional.ts";
import { excerpt } from "./semantics/headers.ts";
import { nextTarget, type Redirect } from "./semantics/redirect.ts";
import { WireLog } from "./wire/wire-log.ts";

/** What all chains share: one object for URLs of the list, and one for robots.txt. */
export interface ChainContext {
  readonly exchange: ExchangeContext;
  readonly pool: ConnectionPool;
  readonly requests: RequestBuilder;
  readonly maxTimeMs: number;
  readonly maxRedirects: number;
  /** The jar of the run, if its cookies are sent. */
  readonly cookies: Cookies | undefined;
  /** Whether the cookies that redirects set are sent in the rest of the chain, if `cookies` does not keep them. */
  readonly keepsRedirectCookies: boolean;
  /** Returns how encoded bodies are decoded; undefined if they are not. */
  readonly decoding: (untilMs: number) => Decoding | undefined;
  readonly checkRedirect: GetOptions["checkRedirect"] | undefined;
  /** robots.txt is requested for many URLs: its timings and hosts are recorded with none of them. */
  readonly isRobots: boolean;
  /** Keep what is sent and received. */
  readonly keepsWire: boolean;
}

/** Called before a redirect to another origin; false ends the chain with a failure that has `waitsForHost`. */
export type Follow = (from: URL, next: URL) => boolean;

type Result = Answer | Failure;

/**
 *     start ──▶ request ──▶ reply ──┬─ answer, skip or failure ──▶ result
 *                  ▲                └─ redirect ──▶ permission ──┬─ refused ──▶ result
 *                  └─────────────────────────────────────────────┘
 *
 * State: `target`, the URL that was requested last; `redirects`, the number of redirects that led to it; `jar`, the cookies that
 * they set; `opened`, the timings of all connections. The rest is constant.
 */
export class RedirectChain implements RequestListener {
  private readonly context: ChainContext;
  private readonly listed: URL;
  private readonly listedOrigin: string;
  private readonly conditions: RequestConditions | undefined;
  private readonly headers: ReturnType<typeof conditionalHeaders>;
  private readonly follow: Follow | undefined;
  private readonly isLast: boolean;
  private readonly startedMs = performance.now();
  private readonly untilMs: number;
  private readonly result = new Deferred<Result>();
  private target: URL;
  private redirects = 0;
  private jar: Cookies | undefined;
  private opened: ConnectionTimes | undefined;
  private readonly log: WireLog | undefined;

  /** `listed`: the URL of the list, with which the chain begins. `isLast`: no other URL of its origin is expected soon. */
  constructor(
    context: ChainContext,
    listed: URL,
    conditions: RequestConditions | undefined,
    follow: Follow | undefined,
    isLast: boolean,
  ) {
    this.context = context;
    this.listed = listed;
    this.listedOrigin = listed.origin;
    this.target = listed;
    this.conditions = conditions;
    this.follow = follow;
    this.isLast = isLast;
    this.log = context.keepsWire ? new WireLog() : undefined;
    this.untilMs = this.startedMs + (context.maxTimeMs - (conditions?.spentMs ?? 0));
    this.headers =
      conditions === undefined || context.requests.isConditional ? undefined : conditionalHeaders(conditions);
  }

  start(): Deferred<Result> {
    this.attempt(() => (this.untilMs > this.startedMs ? this.request(this.listed) : DEADLINE));
    return this.result;
  }

  onReply(reply: Exclude<Reply, typeof STALE>, opened: ConnectionTimes | undefined): void {
    this.opened = opened;
    this.attempt(() => this.evaluate(reply));
  }

  onThrow(error: unknown): void {
    this.result.reject(error);
  }

  /** Makes a step, which returns the result, or undefined if the chain continues. It throws only because of a bug. */
  private attempt(step: () => Result | undefined): void {
    let result: Result | undefined;
    try {
      result = step();
    } catch (error) {
      return this.result.reject(error);
    }
    if (result !== undefined) this.result.resolve(this.context.isRobots ? result : this.recorded(result));
  }

  private request(next: URL): Failure | undefined {
    const { context, listed, untilMs, opened, headers } = this;
    this.target = next;
    const origin = next === listed ? this.listedOrigin : next.origin;
    const isListed = origin === this.listedOrigin && this.conditions?.robots !== "redirect";
    const jar = this.jar ?? context.cookies;
    const prepared = context.requests.build(
      next,
      origin,
      isListed ? listed : undefined,
      jar,
      headers,
      this.conditions?.headers,
      this.conditions?.onFields,
    );
    if ("error" in prepared) return prepared;
    const { route } = prepared;
    const logged = this.log?.begin(next, prepared.request) ?? prepared.request;
    const request = this.isLast && isListed ? { ...logged, isLast: true } : logged;
    const sent = headers === undefined ? undefined : { ...headers, target: next };
    new RepeatedRequest(context.exchange, context.pool, route, request, sent, untilMs, opened, this).send();
    return undefined;
  }

  private evaluate(reply: Exclude<Reply, typeof STALE>): Result | undefined {
    const { listed, target, startedMs, log } = this;
    if (isFailure(reply)) return log?.withResponse(reply) ?? reply;
    if ("skip" in reply) return skippedAnswer(reply.status, reply.skip, target, listed, startedMs);
    if (!("body" in reply)) return this.redirect(reply);
    this.jar = undefined; // a large body takes long, and needs no cookies
    const answer = answerOf(reply, target, listed, startedMs, this.context.decoding(this.untilMs));
    const wire = log?.wire();
    return wire === undefined || isFailure(answer) ? answer : { ...answer, wire };
  }

  private redirect(reply: Redirect): Result | undefined {
    const { target, context, follow, log } = this;
    const next = this.nextOf(reply);
    if (isFailure(next)) return log?.withResponse(next) ?? next;
    log?.addHop();
    if (reply.setCookies !== "" && context.keepsRedirectCookies) {
      this.jar ??= redirectCookies();
      this.jar.setCookies(reply.setCookies, target);
    }
    if (follow !== undefined && next.origin !== target.origin && !follow(target, next)) return waitsFor(next);
    const nowMs = performance.now();
    if (nowMs >= this.untilMs) return DEADLINE;
    if (context.checkRedirect === undefined) return this.request(next);
    context.checkRedirect(next, (this.conditions?.spentMs ?? 0) + nowMs - this.startedMs).then(
      (refusal) => this.attempt(() => this.permitted(next, reply.status, refusal)),
      (error) => this.result.reject(error),
    );
    return undefined;
  }

  private nextOf(reply: Redirect): URL | Failure {
    const { maxRedirects } = this.context;
    const next = nextTarget(reply, this.target);
    if (isFailure(next) || ++this.redirects <= maxRedirects) return next;
    return tooManyRedirects(maxRedirects, next, reply.status);
  }

  private permitted(next: URL, status: number, refusal: Skip | Failure | undefined): Result | undefined {
    if (refusal === undefined) return performance.now() < this.untilMs ? this.request(next) : DEADLINE;
    if (isFailure(refusal)) return { ...refusal, at: hostKey(next) };
    return skippedAnswer(status, refusal, next, this.listed, this.startedMs);
  }

  /** Adds the host of a failure, if it is not that of the list, and the timings. */
  private recorded(result: Result): Result {
    const { target, opened } = this;
    const isElsewhere = isFailure(result) && result.at === undefined && target.origin !== this.listedOrigin;
    const located = isElsewhere ? { ...result, at: hostKey(target) } : result;
    return opened === undefined ? located : { ...located, opened };
  }
}

/** The job waits for the host to which it is redirected. */
function waitsFor(next: URL): Failure {
  return { error: "interrupted", detail: `waits for ${next.host}`, at: hostKey(next), waitsForHost: true };
}

function tooManyRedirects(maxRedirects: number, { href }: URL, status: number): Failure {
  const detail = `more than ${maxRedirects} redirects, the last one to ${excerpt(href)}`;
  return { error: "redirect_limit", detail, status };
}
