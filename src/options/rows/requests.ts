// Options of requests: time and size limits, headers, credentials, cookies, compression and robots.

import { DIRECTIVES } from "../../http/robots/robots-tag.ts";
import { VERSION } from "../../version.ts";
import { DURATION, FILE, FLAG, type Rows, SIZE, TEXT } from "../row.ts";

export const REQUESTS = {
  connectTimeoutMs: {
    ...DURATION,
    flags: "--connect-timeout <time>",
    summary: "limit for DNS, TCP, TLS and proxy",
    details: `
      Time limit for making a connection: DNS, TCP, the proxy and TLS together.`,
    default: 10_000,
  },
  timeoutMs: {
    ...DURATION,
    flags: "--timeout <time>",
    summary: "max wait for headers or more data",
    details: `
      Time limit from the request to the end of the response headers, and then for each period of silence in the body.`,
    default: 30_000,
  },
  maxTimeMs: {
    ...DURATION,
    flags: "--max-time <time>",
    summary: "total limit per URL, all tries",
    details: `
      Time limit for one URL: all its tries and redirects together, without the waiting between them.`,
    choices: [Number.POSITIVE_INFINITY],
    otherwise: "none",
  },
  minSpeed: {
    ...SIZE,
    flags: "--min-speed <size>",
    summary: "min bytes/s over a minute; 0: any",
    details: `
      A body that arrives slower than this many bytes per second, averaged over one minute, fails as "too_slow". 0 accepts any speed.`,
    unit: "bytes a second",
    default: 100,
  },
  maxFilesize: {
    ...SIZE,
    flags: "--max-filesize <size>",
    summary: "max size of a body",
    details: `
      A larger body fails as "too_large". What has arrived of it is deleted.`,
    unlimited: "leave it out for no limit",
    otherwise: "no limit",
  },
  maxRedirs: {
    type: "whole",
    flags: "--max-redirs <n>",
    summary: "max redirects per URL",
    details: `
      Number of redirects to follow for one URL; one more fails as "redirect_limit". Redirects from https to http are never followed.`,
    least: 0,
    most: 1000,
    default: 10,
  },
  headers: {
    type: "headers",
    flags: "-H, --header <header>",
    summary: "add a header 'Name: value' (repeatable)",
    details: `
      Adds a header to every request to the servers that the list names: "Accept: text/*". After a redirect to another origin only
      harmless headers ("Accept", "User-Agent" and the like) are sent. "Range" and "If-Range" are refused. May be repeated; the
      variable takes one header per line.`,
    isSecret: true,
    default: [],
  },
  userAgent: {
    ...TEXT,
    flags: "-A, --user-agent <name>",
    summary: "User-Agent to send",
    details: `
      Value of the "User-Agent" header, and the name that --robots looks for. An empty value sends none.`,
    default: `bulkget/${VERSION}`,
  },
  cookie: {
    type: "cookies",
    flags: "-b, --cookie <data|file>",
    summary: "send 'a=b; c=d' or a cookie file; keep new cookies",
    details: `
      Cookies to send: "a=b; c=d" to the origins that the list names, or (without a "=") the path of a Netscape cookie file, whose
      cookies go to the hosts in it. Cookies that servers set are then kept and sent back until the run ends; an empty value turns
      on just that. May be repeated.`,
    least: 0,
    most: TEXT.most,
    isSecret: true,
    singleProcess: true,
  },
  noCookies: {
    ...FLAG,
    flags: "--no-cookies",
    summary: "do not keep cookies that redirects set",
    details: `
      Without --cookie, cookies that a redirect sets are kept for the rest of that try. This turns it off. Cannot be combined with
      --cookie.`,
  },
  netrc: {
    ...FLAG,
    flags: "-n, --netrc",
    summary: "credentials from ~/.netrc or $NETRC",
    details: `
      Reads users and passwords in "~/.netrc", or in the file that the variable "NETRC" names. The file must be readable by its
      owner only. A password in the URL and an "Authorization" header take precedence.`,
  },
  netrcFile: {
    ...FILE,
    flags: "--netrc-file <file>",
    summary: "credentials from this netrc file",
    details: `
      Reads users and passwords from this file instead of "~/.netrc"; implies --netrc.`,
  },
  compressed: {
    ...FLAG,
    flags: "--compressed",
    summary: "request gzip or br, and save decoded",
    details: `
      Asks for gzip or brotli and saves bodies decoded. Without it bodies are saved as sent.`,
  },
  http2: {
    ...FLAG,
    flags: "--http2",
    summary: "multiplex requests over HTTP/2 where supported",
    details: `
      Offers HTTP/2 to https servers (by ALPN): up to 100 concurrent requests share a connection. Servers without it get HTTP/1.1.`,
  },
  robots: {
    ...FLAG,
    flags: "--robots",
    summary: "obey robots.txt",
    details: `
      Fetches "robots.txt" once per origin, skips the URLs that it disallows, and obeys "Crawl-delay" up to a minute. The robot's
      name is the first word of --user-agent. URLs of an origin whose "robots.txt" cannot be fetched (5xx, 429, no connection) fail
      and are retried by the next run.`,
    singleProcess: true,
  },
  respect: {
    type: "choices",
    flags: "--respect <words>",
    summary: "skip by X-Robots-Tag, such as noai,noindex",
    details: `
      Skips responses whose "X-Robots-Tag" header contains one of these directives, separated by commas: noai, noimageai, noindex,
      noimageindex, nofollow, noarchive, nosnippet, notranslate.`,
    choices: DIRECTIVES,
    otherwise: "none",
  },
} as const satisfies Rows;
