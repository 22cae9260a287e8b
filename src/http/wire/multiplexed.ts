// Many requests at a time on one connection (HTTP/2, RFC 9113); where a server does not speak it, one at a time.

import type { Connection, Route } from "./connection.ts";
import { type Keeper, Session } from "./session.ts";
import { Share } from "./share.ts";

export interface Multiplexed {
  /** A share in a connection that is open, or being opened; or a connection of its own, where it turns out so. */
  take(route: Route): Connection;
  /** A share in a connection that was opened after the one that is lost. */
  instead(lost: Connection): Connection;
}

/** Who keeps count of what is open, and has the connections for servers without HTTP/2. */
export interface Owner extends Keeper {
  oneAtATime(route: Route): Connection;
  newOne(route: Route): Connection;
}

/** So many servers are remembered to speak HTTP/1.1 only. */
const MAX_KNOWN = 10_000;

/** Shares connections by the key of their routes. */
export function multiplexed(keeper: Owner): Multiplexed {
  /** In the order in which they were opened. */
  const sessions = new Map<string, Session[]>();
  const speakOne = new Set<string>();

  const opened = (route: Route): Session => {
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
      const session = sessions.get(route.key)?.find(({ hasRoom }) => hasRoom) ?? opened(route);
      return new Share(session, onOne);
    },
    // Not one each: a server that goes away leaves a hundred requests behind, and would be met by as many connections.
    instead(lost) {
      const { route } = lost;
      if (speakOne.has(route.key)) return keeper.newOne(route);
      const all = sessions.get(route.key) ?? [];
      const before = lost instanceof Share ? all.indexOf(lost.session) : -1;
      return new Share(all.find(({ hasRoom }, i) => hasRoom && i > before) ?? opened(route), onOne);
    },
  };
}
