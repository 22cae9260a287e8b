// Where cookies lie: by host, with a bound on how many and how large.

import { copied } from "../semantics/headers.ts";

/** What has to be known of a cookie to keep it. */
export interface Keepable {
  domain: string | null;
  path: string | null;
  key: string;
  value: string;
  /** Attributes that nobody knows. */
  extensions?: string[] | null;
}

/** So many of one host: of more, those it set first are forgotten. In browsers it is 180. */
const MAX_OF_HOST = 1000;

/** How many in all, and their characters: of more, those of the host whose last cookie was set longest ago are forgotten. */
export interface StoreBounds {
  readonly cookies: number;
  readonly chars: number;
}

const OF_RUN: StoreBounds = { cookies: 100_000, chars: 16_777_216 };

/** So many are looked at for one request: hosts below each other may have 1,000 each. */
const MAX_FOUND = 1000;

/** The methods that tough-cookie's jar calls, each of which calls back at once. */
export interface CookieStore<C extends Keepable> {
  readonly synchronous: true;
  findCookie(domain: string, path: string, key: string, done: Done<C | undefined>): void;
  findCookies(host: string, path: string | null, isSpecial: boolean, done: Done<C[]>): void;
  putCookie(cookie: C, done: Done<void>): void;
  updateCookie(old: C, cookie: C, done: Done<void>): void;
  removeCookie(domain: string, path: string, key: string, done: Done<void>): void;
  readonly size: number;
  /** From now on, hosts that have a cookie already are not forgotten. */
  pin(): void;
}

type Done<T> = (error: Error | null, result?: T) => void;

export function cookieStore<C extends Keepable>(most: StoreBounds = OF_RUN): CookieStore<C> {
  /** Hosts in the order in which they were last set a cookie; the cookies of each in the order in which they came. */
  let hosts = new Map<string, Map<string, C>>();
  /** Those that are not forgotten. */
  const pinned = new Map<string, Map<string, C>>();
  let size = 0;
  let chars = 0;

  const of = (domain: string) => pinned.get(domain) ?? hosts.get(domain);
  const remove = (domain: string, id: string) => {
    const cookies = of(domain);
    const cookie = cookies?.get(id);
    if (cookies === undefined || cookie === undefined) return;
    cookies.delete(id);
    if (cookies.size === 0) hosts.delete(domain);
    size--;
    chars -= charsOf(cookie);
  };
  const put = (cookie: C) => {
    own(cookie);
    const domain = cookie.domain ?? "";
    const id = idOf(cookie.path, cookie.key);
    remove(domain, id);
    const cookies = of(domain) ?? new Map<string, C>();
    cookies.set(id, cookie);
    if (!pinned.has(domain)) {
      hosts.delete(domain);
      hosts.set(domain, cookies);
    }
    size++;
    chars += charsOf(cookie);
    for (const first of cookies.keys()) {
      if (cookies.size <= MAX_OF_HOST) break;
      remove(domain, first);
    }
    for (const [host, theirs] of hosts) {
      for (const first of theirs.keys()) {
        if (size <= most.cookies && chars <= most.chars) return;
        remove(host, first);
      }
    }
  };

  return {
    synchronous: true,
    findCookie(domain, path, key, done) {
      done(null, of(domain)?.get(idOf(path, key)));
    },
    /** More than fit the request, perhaps: the jar looks at each. It looks for their paths within this one, which takes long. */
    findCookies(host, path, _isSpecial, done) {
      const found: C[] = [];
      for (let at = 0; ; ) {
        for (const cookie of of(host.slice(at))?.values() ?? []) {
          if (path === null || cookie.path === null || path.startsWith(cookie.path)) found.push(cookie);
          if (found.length === MAX_FOUND) return done(null, found);
        }
        const dot = host.indexOf(".", at);
        if (dot === -1) return done(null, found);
        at = dot + 1;
      }
    },
    putCookie(cookie, done) {
      put(cookie);
      done(null);
    },
    updateCookie(_old, cookie, done) {
      put(cookie);
      done(null);
    },
    removeCookie(domain, path, key, done) {
      remove(domain, idOf(path, key));
      done(null);
    },
    get size() {
      return size;
    },
    pin() {
      for (const [host, cookies] of hosts) pinned.set(host, cookies);
      hosts = new Map();
    },
  };
}

function idOf(path: string | null, key: string): string {
  return `${path ?? ""}\0${key}`;
}

function charsOf({ key, value, path, domain }: Keepable): number {
  return key.length + value.length + (path?.length ?? 0) + (domain?.length ?? 0);
}

/** Its texts are parts of the answer that set it: in memory of their own they hold none of the rest. */
function own(cookie: Keepable): void {
  cookie.key = copied(cookie.key);
  cookie.value = copied(cookie.value);
  if (cookie.path !== null) cookie.path = copied(cookie.path);
  if (cookie.domain !== null) cookie.domain = copied(cookie.domain);
  cookie.extensions = null;
}
