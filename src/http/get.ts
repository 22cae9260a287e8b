// The Get socket: routes, repeats on a fresh connection, redirects, decoding; one answer or one failure.

import type { ConnectionTimes } from "../core/connection-times.ts";
import { type Failure, isFailure } from "../core/failure.ts";
import { hostKey } from "../core/host-key.ts";
import { originForm } from "../core/origin-form.ts";
import type { Answer, Get, Skip } from "../core/ports.ts";
import { Deferred } from "../core/structures/deferred.ts";
import { answerOf, type Decoding, skippedAnswer } from "./answer.ts";
import { basicAuthorization } from "./connect/basic-auth.ts";
import { addTimings, type ConnectTiming } from "./connect/connect-timing.ts";
import { bufferPool } from "./exchange/buffer-pool.ts";
import { Exchange } from "./exchange/exchange.ts";
import { DEADLINE } from "./exchange/failure-details.ts";
import { type Reply, STALE } from "./exchange/reply.ts";
import { tickFor, timeoutTimer } from "./exchange/timeouts.ts";
import type { Connection, Request } from "./h1/connection.ts";
import { type Cookies, mergeCookies, redirectCookies } from "./identity/cookies.ts";
import type { GetOptions } from "./options.ts";
import {
  commonHeaders,
  createOrigin,
  hasHeader,
  headerLines,
  headerValues,
  type Origin,
  withCookie,
} from "./origin.ts";
import { ownConnections } from "./own-connections.ts";
import { conditionalHeaders, isConditional, type SentConditions } from "./semantics/conditional.ts";
import { decodeBody } from "./semantics/content-decoding.ts";
import { decoderMemory } from "./semantics/decoder-memory.ts";
import { excerpt } from "./semantics/headers.ts";
import { nextTarget } from "./semantics/redirect.ts";

/** As many redirects as RFC 9309 section 2.3.1.2 wants for robots.txt. */
const ROBOTS_REDIRECTS = 5;

/** Of one request, in one attempt: a new connection of HTTP/1.1 needs one; one of HTTP/2 may go away before it is our turn. */
const MAX_REPEATS = 5;

/** So many origins are remembered; with more, they are worked out anew. */
const MAX_ORIGINS = 1000;

/** The Get socket. */
export function getter(options: GetOptions): Get {
  const watching = timeoutTimer(tickFor([options.connectTimeoutMs, options.timeoutMs, options.maxTimeMs]));
  const { throttle } = options;
  const pool = options.carrier ?? ownConnections(options);
  const meter = { bytes: 0 };
  const memory = bufferPool();
  const room = decoderMemory();
  const wire = { limits: options, timer: watching, meter, buffers: memory, throttle };
  const { respect: _, ...bounds } = options;
  const robotsWire = { ...wire, limits: { ...bounds, maxFileBytes: Number.POSITIVE_INFINITY } };
  const origins = new Map<string, Origin>();
  const common = commonHeaders(options);
  const { authorize = basicAuthorization, cookies, noCookies = false } = options;
  const ownAuthorization = hasHeader(common, "authorization");
  const ownCookies = headerValues(common, "cookie");
  const ownCookie = ownCookies.length > 0;
  const ownConditions = isConditional(common);

  const originOf = (target: URL, key: string): Origin => {
    let origin = origins.get(key);
    if (origin === undefined) {
      if (origins.size >= MAX_ORIGINS) origins.clear();
      origin = createOrigin(target, common, options);
      origins.set(key, origin);
    }
    return origin;
  };

  /** Credentials, and whatever else the user adds, are for the origin that the list names and for no other. */
  const fieldsAtHome = (listed: URL, origin: Origin): string => {
    const authorization = ownAuthorization ? undefined : authorize(listed);
    return authorization === undefined ? origin.fields : origin.fields + headerLines(["Authorization", authorization]);
  };
  /** Undefined where nothing is sent but what is among the header headerLines already. */
  const cookieFor = (target: URL, isHome: boolean, jar = cookies): string | undefined => {
    if (!isHome || !ownCookie) return jar?.header(target, isHome);
    const kept = jar?.header(target, false);
    return kept && mergeCookies(kept, ownCookies);
  };

  /** How encoded bodies are decoded, if they are. */
  const decoding = (isRobots: boolean, untilMs: number): Decoding | undefined => {
    if (!options.compressed && !isRobots) return undefined;
    const maxBytes = isRobots ? Number.POSITIVE_INFINITY : options.maxFileBytes;
    return (body, encoding) => decodeBody(body, encoding, maxBytes, (bytes) => room.acquire(bytes, untilMs));
  };

  return {
    fetch(first, ask, follow) {
      const startedMs = performance.now();
      const leftMs = options.maxTimeMs - (ask?.spentMs ?? 0);
      const untilMs = startedMs + leftMs;
      const asked = ask === undefined || ownConditions ? undefined : conditionalHeaders(ask);
      const isRobots = ask?.robots !== undefined;
      const on = isRobots ? robotsWire : wire;
      const most = isRobots ? ROBOTS_REDIRECTS : options.maxRedirects;
      const home = first.origin;
      let target = first;
      let cookie = isRobots ? undefined : cookieFor(first, true);
      /** What redirects set, where nothing else keeps it. */
      let jar: Cookies | undefined;
      let redirects = 0;
      let request: Request;
      let terms: SentConditions | undefined;
      let connection: Connection;
      let repeats = 0;
      const coming = new Deferred<Answer | Failure>();
      let opened: ConnectionTimes | undefined;
      const heard = (reply: Reply, steps: ConnectTiming | undefined) => {
        if (steps !== undefined) opened = addTimings(opened, steps);
        settle(resultOf, reply);
      };
      settle(leftMs > 0 ? send : () => DEADLINE, first);
      return coming;

      /** Makes a step, and says what it comes to, if to anything. A throw is a bug. */
      function settle<Given>(step: (given: Given) => Answer | Failure | undefined, given: Given): void {
        let result: Answer | Failure | undefined;
        try {
          result = step(given);
        } catch (error) {
          return coming.reject(error);
        }
        if (result === undefined) return;
        if (isRobots) return coming.resolve(result); // what befell it is no line's
        if (isFailure(result) && result.at === undefined && target.origin !== first.origin)
          result = { ...result, at: hostKey(target) };
        coming.resolve(opened === undefined ? result : { ...result, opened });
      }

      function send(next: URL): Failure | undefined {
        target = next;
        const key = target === first ? home : target.origin;
        const origin = originOf(target, key);
        if (origin.blocked !== undefined) return origin.blocked;
        const isHome = key === home && ask?.robots !== "redirect";
        let fields = isHome ? fieldsAtHome(first, origin) : origin.safeFields;
        if (cookie !== undefined)
          fields = ownCookie ? withCookie(fields, cookie) : fields + headerLines(["Cookie", cookie]);
        if (asked !== undefined) fields += headerLines(asked.headers);
        terms = asked === undefined ? undefined : { ...asked, target };
        const path = origin.prefix + originForm(target);
        request = cookies === undefined ? { path, fields } : { path, fields, onFields: takeFrom(cookies, target) };
        connection = pool.acquire(isHome ? origin.route : origin.anonymousRoute);
        repeats = 0;
        new Exchange(on, connection, untilMs, terms, heard).send(request);
        return undefined;
      }

      /** What a reply comes to; undefined where there is to be another one. */
      function resultOf(reply: Reply): Answer | Failure | undefined {
        if (reply === STALE) {
          // A reused connection turned out to be closed: repeated at once on another one, and no attempt of its own.
          if (repeats++ === MAX_REPEATS) return { error: "connection_lost", detail: "closed before the first byte" };
          connection = pool.replace(connection);
          new Exchange(on, connection, untilMs, terms, heard).send(request);
          return undefined;
        }
        if (isFailure(reply)) return reply;
        if ("skip" in reply) return skippedAnswer(reply.status, reply.skip, target, first, startedMs);
        if ("body" in reply) {
          jar = undefined; // a large body takes long, and needs no cookies
          return answerOf(reply, target, first, startedMs, decoding(isRobots, untilMs));
        }
        const next = nextTarget(reply, target);
        if (isFailure(next)) return next;
        if (++redirects > most) return tooMany(most, next, reply.status);
        if (reply.setCookies !== "" && !noCookies && (cookies === undefined || isRobots)) {
          jar ??= redirectCookies();
          jar.setCookies(reply.setCookies, target);
        }
        const isNextHome = next.origin === home && ask?.robots !== "redirect";
        cookie = isRobots && jar === undefined ? undefined : cookieFor(next, isNextHome, jar);
        if (follow !== undefined && next.origin !== target.origin && !follow(target, next)) return held(next);
        const nowMs = performance.now();
        if (nowMs >= untilMs) return DEADLINE;
        if (isRobots || options.leave === undefined) return send(next);
        const { status } = reply;
        const permitted = (permit: Skip | Failure | undefined) => {
          if (permit === undefined) return performance.now() < untilMs ? send(next) : DEADLINE;
          return isFailure(permit)
            ? { ...permit, at: hostKey(next) }
            : skippedAnswer(status, permit, next, first, startedMs);
        };
        options.leave(next, (ask?.spentMs ?? 0) + nowMs - startedMs).then(
          (permit) => settle(permitted, permit),
          (error) => coming.reject(error),
        );
        return undefined;
      }
    },
    ...(throttle === undefined ? {} : { throttle }),
    resize: (most) => pool.resize(most),
    receivedBytes: () => meter.bytes,
    abort() {
      room.abort();
      for (const one of watching.all()) if (one instanceof Exchange) one.abort();
    },
    close() {
      watching.stop();
      throttle?.close();
      pool.close();
    },
  };
}

function takeFrom(cookies: Cookies, from: URL): (fields: string) => void {
  return (fields) => cookies.setCookies(fields, from);
}

/** The job waits for the host where its redirect leads. */
function held(next: URL): Failure {
  return { error: "interrupted", detail: `waits for ${next.host}`, at: hostKey(next), held: true };
}

function tooMany(most: number, { href }: URL, status: number): Failure {
  return { error: "redirect_limit", detail: `more than ${most} redirects, the last one to ${excerpt(href)}`, status };
}
