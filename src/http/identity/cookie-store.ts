// Where the cookies of a run lie: by host, with a bound on how many and how large.

/** What has to be known of a cookie to keep it. */
export interface Keepable {
  readonly domain: string | null;
  readonly path: string | null;
  readonly key: string;
  readonly value: string;
}

/** So many of one host: of more, those it set first are forgotten. In browsers it is 180. */
const MAX_OF_HOST = 1000;

/** So many in all, and so many characters: of more, the hosts whose last cookie was set longest ago are forgotten. */
const MAX_COOKIES = 100_000;
const MAX_CHARS = 16_777_216;

/** The methods that tough-cookie's jar calls, each of which calls back at once. */
export interface CookieStore<C extends Keepable> {
  readonly synchronous: true;
  findCookie(domain: string, path: string, key: string, done: Done<C | undefined>): void;
  findCookies(host: string, path: string, isSpecial: boolean, done: Done<C[]>): void;
  putCookie(cookie: C, done: Done<void>): void;
  updateCookie(old: C, cookie: C, done: Done<void>): void;
  removeCookie(domain: string, path: string, key: string, done: Done<void>): void;
  readonly size: number;
  /** From now on, hosts that have a cookie already are not forgotten. */
  pin(): void;
}

type Done<T> = (error: Error | null, result?: T) => void;

export function cookieStore<C extends Keepable>(): CookieStore<C> {
  /** Hosts in the order in which they were last set a cookie; the cookies of each in the order in which they came. */
  const hosts = new Map<string, Map<string, C>>();
  let pinned: ReadonlySet<string> = new Set();
  let size = 0;
  let chars = 0;

  const remove = (domain: string, id: string) => {
    const cookies = hosts.get(domain);
    const cookie = cookies?.get(id);
    if (cookies === undefined || cookie === undefined) return;
    cookies.delete(id);
    if (cookies.size === 0) hosts.delete(domain);
    size--;
    chars -= charsOf(cookie);
  };
  const put = (cookie: C) => {
    const domain = cookie.domain ?? "";
    const id = idOf(cookie.path, cookie.key);
    remove(domain, id);
    const cookies = hosts.get(domain) ?? new Map<string, C>();
    hosts.delete(domain);
    hosts.set(domain, cookies.set(id, cookie));
    size++;
    chars += charsOf(cookie);
    for (const first of cookies.keys()) {
      if (cookies.size <= MAX_OF_HOST) break;
      remove(domain, first);
    }
    for (const [host, theirs] of hosts) {
      if (size <= MAX_COOKIES && chars <= MAX_CHARS) break;
      if (!pinned.has(host)) for (const first of theirs.keys()) remove(host, first);
    }
  };

  return {
    synchronous: true,
    findCookie(domain, path, key, done) {
      done(null, hosts.get(domain)?.get(idOf(path, key)));
    },
    /** More than fit the request, perhaps: the jar looks at each. */
    findCookies(host, _path, _isSpecial, done) {
      const found: C[] = [];
      for (let at = 0; ; ) {
        for (const cookie of hosts.get(host.slice(at))?.values() ?? []) found.push(cookie);
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
      pinned = new Set(hosts.keys());
    },
  };
}

function idOf(path: string | null, key: string): string {
  return `${path ?? ""}\0${key}`;
}

function charsOf({ key, value, path }: Keepable): number {
  return key.length + value.length + (path?.length ?? 0);
}
