// Many requests at a time on one connection (HTTP/2, RFC 9113); where a server does not speak it, one at a time.

import type { Failure } from "../../core/failure.ts";
import { readHeaders } from "../semantics/headers.ts";
import type { Connection, Handler, Request, Route } from "./connection.ts";
import { type Keeper, Session, type Way } from "./session.ts";
import type { Dispatcher } from "./undici.ts";

export interface Multiplexed {
  /** A share in a connection that is open, or being opened; or a connection of its own, where it turns out so. */
  take(route: Route): Connection;
  /** A share in a connection that is new. */
  fresh(route: Route): Connection;
}

/** Who keeps count of what is open, and has the connections for servers without HTTP/2. */
export interface Owner extends Keeper {
  oneAtATime(route: Route): Connection;
}

/** So many servers are remembered to speak HTTP/1.1 only. */
const MAX_KNOWN = 10_000;

/** Shares connections by the key of their routes. */
export function multiplexed(keeper: Owner): Multiplexed {
  const sessions = new Map<string, Session[]>();
  const speakOne = new Set<string>();

  const fresh = (route: Route): Session => {
    const { key } = route;
    const session: Session = new Session(route, keeper, () => {
      const others = sessions.get(key)?.filter((other) => other !== session) ?? [];
      if (others.length === 0) sessions.delete(key);
      else sessions.set(key, others);
    });
    const others = sessions.get(key);
    if (others === undefined) sessions.set(key, [session]);
    else others.push(session);
    return session;
  };
  const onOne = (route: Route) => {
    if (speakOne.size >= MAX_KNOWN) speakOne.clear();
    speakOne.add(route.key);
    return keeper.oneAtATime(route);
  };

  return {
    take(route) {
      if (speakOne.has(route.key)) return keeper.oneAtATime(route);
      const session = sessions.get(route.key)?.find(({ hasRoom }) => hasRoom) ?? fresh(route);
      return share(session, onOne);
    },
    fresh: (route) => (speakOne.has(route.key) ? keeper.oneAtATime(route) : share(fresh(route), onOne)),
  };
}

/** A share in a session: one request. */
function share(session: Session, onOne: (route: Route) => Connection): Connection {
  const { route } = session;
  const reused = session.answers > 0;
  let own: Connection | undefined;
  let stopWaiting: (() => void) | undefined;
  let abort: (() => void) | undefined;
  let readOn: (() => void) | undefined;
  let isOver = false;
  session.enter();

  const leave = () => {
    if (isOver) return;
    isOver = true;
    stopWaiting?.();
    session.leave();
  };
  const go = (way: Way, request: Request, handler: Handler) => {
    if (isOver) return;
    if (way === "one at a time") {
      own = onOne(route);
      own.send(request, handler);
    } else if ("error" in way) {
      leave();
      handler.onError(way.error);
    } else {
      const { path, fields } = request;
      const raw = rawHandler(handler);
      way.client.dispatch(
        { path, method: "GET", headers: listOf(fields) },
        raw as unknown as Dispatcher.DispatchHandler,
      );
    }
  };
  /** undici 7's handler of raw answers, which it calls without wrapping anything. */
  const rawHandler = (handler: Handler) => ({
    onConnect(stop: () => void) {
      if (isOver) return stop();
      abort = stop;
      handler.onConnect();
    },
    onResponseStarted() {
      if (!isOver) handler.onResponseStarted();
    },
    onHeaders(status: number, raw: readonly Buffer[], resume: () => void): boolean {
      if (isOver) return true;
      session.answers++;
      readOn = resume;
      const fields = textOf(raw);
      const headers = readHeaders(fields);
      if (headers.contentLength !== undefined && !Number.isSafeInteger(headers.contentLength)) {
        over(() => handler.onFailure({ ...BAD_LENGTH, status }));
      } else handler.onHeaders(status, headers, fields);
      return true;
    },
    onData: (chunk: Buffer) => isOver || handler.onData(chunk, true),
    onComplete() {
      if (!isOver) handler.onComplete();
    },
    onError(error: Error) {
      over(() => handler.onError(error));
    },
  });
  const over = (tell: () => void) => {
    if (isOver) return;
    leave();
    abort?.();
    tell();
  };

  return {
    route,
    get reused() {
      return own?.reused ?? reused;
    },
    isIdle: false,
    send(request, handler) {
      handler.onOpening();
      stopWaiting = session.when((way) => go(way, request, handler));
    },
    resume() {
      if (own !== undefined) own.resume();
      else if (!isOver) readOn?.();
    },
    release() {
      leave();
      own?.release();
    },
    drop() {
      if (own !== undefined) own.drop();
      const wasOver = isOver;
      leave();
      if (!wasOver) abort?.();
    },
  };
}

const BAD_LENGTH: Failure = { error: "protocol_error", detail: "a Content-Length that is none" };

/** Header lines as undici wants them: name and value in turn. */
function listOf(fields: string): string[] {
  return fields.split("\r\n").flatMap((line) => {
    const colon = line.indexOf(":");
    return colon === -1 ? [] : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}

/** Node has read them as Latin-1, and undici has written that down in UTF-8. */
function textOf(raw: readonly Buffer[]): string {
  let text = "";
  for (let i = 0; i + 1 < raw.length; i += 2) text += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return text;
}
