// Stores cookies by host, with bounds on their number and size.

import { copied } from "../semantics/headers.ts";

/** The fields of a cookie that the store uses. */
export interface StorableCookie {
  domain: string | null;
  path: string | null;
  key: string;
  value: string;
  /** Unknown attributes. */
  extensions?: string[] | null;
}

/** Maximum number of cookies of one host; the oldest are removed. Browsers keep 180. */
const MAX_COOKIES_PER_HOST = 1000;

/** Maximum number of cookies and of their characters. The cookies of the host that set none for the longest time are removed. */
export interface StoreBounds {
  readonly cookies: number;
  readonly chars: number;
}

const RUN_BOUNDS: StoreBounds = { cookies: 100_000, chars: 16_777_216 };

/** Maximum number of cookies considered for one request: a host and its parent domains may have 1,000 each. */
const MAX_COOKIES_CONSIDERED = 1000;

/** The methods of tough-cookie's Store that its jar calls; each calls back synchronously. */
export interface CookieStore<C extends StorableCookie> {
  readonly synchronous: true;
  findCookie(domain: string, path: string, key: string, done: Done<C | undefined>): void;
  findCookies(host: string, path: string | null, isSpecial: boolean, done: Done<C[]>): void;
  putCookie(cookie: C, done: Done<void>): void;
  updateCookie(old: C, cookie: C, done: Done<void>): void;
  removeCookie(domain: string, path: string, key: string, done: Done<void>): void;
  readonly size: number;
  /** Exempts the hosts that have cookies now from removal. */
  pin(): void;
}

type Done<T> = (error: Error | null, result?: T) => void;

export function cookieStore<C extends StorableCookie>(bounds: StoreBounds = RUN_BOUNDS): CookieStore<C> {
  /** Hosts, ordered by when they last set a cookie; the cookies of each in the order in which they were set. */
  let hosts = new Map<string, Map<string, C>>();
  /** Hosts that are not removed. */
  const pinned = new Map<string, Map<string, C>>();
  let size = 0;
  let chars = 0;

  const cookiesOf = (domain: string) => pinned.get(domain) ?? hosts.get(domain);
  const remove = (domain: string, id: string) => {
    const cookies = cookiesOf(domain);
    const cookie = cookies?.get(id);
    if (cookies === undefined || cookie === undefined) return;
    cookies.delete(id);
    if (cookies.size === 0) hosts.delete(domain);
    size--;
    chars -= charsOf(cookie);
  };
  const put = (cookie: C) => {
    copyTexts(cookie);
    const domain = cookie.domain ?? "";
    const id = idOf(cookie.path, cookie.key);
    remove(domain, id);
    const cookies = cookiesOf(domain) ?? new Map<string, C>();
    cookies.set(id, cookie);
    if (!pinned.has(domain)) {
      hosts.delete(domain);
      hosts.set(domain, cookies);
    }
    size++;
    chars += charsOf(cookie);
    for (const first of cookies.keys()) {
      if (cookies.size <= MAX_COOKIES_PER_HOST) break;
      remove(domain, first);
    }
    for (const [host, hostCookies] of hosts) {
      for (const first of hostCookies.keys()) {
        if (size <= bounds.cookies && chars <= bounds.chars) return;
        remove(host, first);
      }
    }
  };

  return {
    synchronous: true,
    findCookie(domain, path, key, done) {
      done(null, cookiesOf(domain)?.get(idOf(path, key)));
    },
    /** May return cookies that do not match the request, which the jar filters. Checks paths first: the jar's check is slow. */
    findCookies(host, path, _isSpecial, done) {
      const found: C[] = [];
      for (let at = 0; ; ) {
        for (const cookie of cookiesOf(host.slice(at))?.values() ?? []) {
          if (path === null || cookie.path === null || path.startsWith(cookie.path)) found.push(cookie);
          if (found.length === MAX_COOKIES_CONSIDERED) return done(null, found);
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

function charsOf({ key, value, path, domain }: StorableCookie): number {
  return key.length + value.length + (path?.length ?? 0) + (domain?.length ?? 0);
}

/** Copies the texts, which otherwise retain the whole answer in memory (V8's sliced strings, v8:2869). */
function copyTexts(cookie: StorableCookie): void {
  cookie.key = copied(cookie.key);
  cookie.value = copied(cookie.value);
  if (cookie.path !== null) cookie.path = copied(cookie.path);
  if (cookie.domain !== null) cookie.domain = copied(cookie.domain);
  cookie.extensions = null;
}
