// Who is asking, as the options want it: headers of one's own, user agent, netrc and cookies, checked before anything is sent.

import { homedir } from "node:os";
import { join } from "node:path";
import { OptionError, type Wording } from "../core/errors.ts";
import { type Cookies, cookies } from "../http/identity/cookies.ts";
import { type Authorize, authorizer, readNetrc } from "../http/identity/credentials.ts";
import { isFieldName } from "../http/semantics/headers.ts";
import { OPTIONS } from "../options/table.ts";

/** What servers learn of us. Secrets among it go to the origins that the list names, and to no other. */
export interface IdentityOptions {
  /** Headers sent with every request to an origin that the list names; to others only harmless ones. Also a Headers or a Map. */
  readonly headers?: Readonly<Record<string, string>> | Iterable<readonly [string, string]> | undefined;
  readonly userAgent?: string | undefined;
  /**
   * User and password from ~/.netrc, or the file that the environment's NETRC names, for hosts that the list names. What a URL
   * itself says counts more, and so does an Authorization in `headers`. The file must be its owner's only. Default false.
   */
  readonly netrc?: boolean | undefined;
  /** The same from this file. */
  readonly netrcFile?: string | undefined;
  /**
   * Cookies as `a=b; c=d`, for the origins that the list names; without a `=`, the path of a Netscape cookie file; "" for none at
   * first. With any of these, what servers set is sent back to them for the time of the run. Default: what they set in a redirect
   * is sent back to them for the rest of that try.
   */
  readonly cookie?: string | readonly string[] | undefined;
  /** Keep no cookies that servers set, not even within one URL's redirects. Default false. */
  readonly noCookies?: boolean | undefined;
}

export const USER_AGENT = OPTIONS.userAgent.default;

export interface Identity {
  /** Name and value in turn. */
  readonly headers: readonly string[];
  readonly userAgent: string;
  /** The user agent that is sent: a header of one's own counts more. */
  readonly goesBy: string;
  readonly authorize: Authorize;
  readonly cookies?: Cookies;
  readonly noCookies: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Reads the files that are named. Throws an OptionError for what cannot be sent or read; secrets are not in its message. */
export function identityOf(options: IdentityOptions, env: Env): Identity {
  const userAgent = options.userAgent ?? USER_AGENT;
  if (!isValue(userAgent))
    throw new OptionError("not a user agent that can be sent: it has control or other characters", "userAgent");
  const given = typeof options.cookie === "string" ? [options.cookie] : (options.cookie ?? []);
  const noCookies = options.noCookies ?? false;
  if (noCookies && given.length > 0) {
    const ownIn = ({ option }: Wording) => `send your own with ${option("headers")} (Cookie: …)`;
    throw new OptionError(
      (words) => `does not go with ${words.option("cookie")}, which keeps what servers set: ${ownIn(words)}`,
      "noCookies",
    );
  }
  const path = options.netrcFile ?? (options.netrc === true ? (env["NETRC"] ?? join(homedir(), ".netrc")) : undefined);
  const headers = headerList(options.headers);
  const ownAgent = headers.findIndex((header, i) => i % 2 === 0 && header.toLowerCase() === "user-agent");
  return {
    headers,
    userAgent,
    goesBy: (ownAgent === -1 ? undefined : headers[ownAgent + 1]) ?? userAgent,
    authorize: authorizer(path === undefined ? [] : readNetrc(path)),
    noCookies,
    ...(given.length === 0 ? {} : { cookies: cookies(given) }),
  };
}

/** Name and value in turn. Throws for what is no header: a line feed in one would be a second header. */
function headerList(headers: IdentityOptions["headers"]): string[] {
  const pairs = headers === undefined ? [] : Symbol.iterator in headers ? headers : Object.entries(headers);
  const all = [...(pairs as Iterable<readonly [string, string]>)];
  for (const [name, value] of all) checkHeader(name, value);
  const last = new Map(all.map(([name], i) => [name.toLowerCase(), i]));
  return all.filter(([name], i) => !SINGLE.has(name.toLowerCase()) || last.get(name.toLowerCase()) === i).flat();
}

function checkHeader(name: string, value: string): void {
  if (!isFieldName(name)) {
    throw new OptionError(`not a header that can be sent: the name ${JSON.stringify(name)}`, "headers");
  }
  if (!isValue(value))
    throw new OptionError(`not a header that can be sent: ${name} has control or other characters`, "headers");
  if (REFUSED.has(name.toLowerCase())) throw new OptionError(`the header ${name} is bulkget's own to send`, "headers");
  if (PARTS.has(name.toLowerCase())) {
    const why = "asks for a part, which would be saved as the whole body: leave it out";
    throw new OptionError(`the header ${name} ${why}; bodies that were cut go on by themselves`, "headers");
  }
}

/** Headers that a request has once: of several, the last is sent. */
const SINGLE = new Set(["host", "user-agent", "authorization"]);

/** Headers that ask for a part of the body. */
const PARTS = new Set(["range", "if-range"]);

/** RFC 9110 section 5.5, and Latin-1. */
function isValue(text: string): boolean {
  return /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(text);
}

/** What frames the message or the connection (RFC 9112); set by hand it would break either. */
const REFUSED = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
