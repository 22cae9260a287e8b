// Options of identity: headers, user agent, netrc and cookies, read and checked before the first request.

import { homedir } from "node:os";
import { join } from "node:path";
import { OptionError, type Wording } from "../../core/errors.ts";
import { FRAMING_HEADERS, isFieldName, isFieldValue, PART_HEADERS } from "../../core/http/header-rules.ts";
import { type Cookies, cookies } from "../../http/identity/cookies.ts";
import { type Authorize, authorizer, readNetrc } from "../../http/identity/credentials.ts";
import { OPTIONS } from "../../options/table.ts";

/** What is sent about the user. Credentials are sent only to the origins that the list names. */
export interface IdentityOptions {
  /** Headers of every request to an origin that the list names; others get only harmless ones. An object, a Headers or a Map. */
  readonly headers?: Readonly<Record<string, string>> | Iterable<readonly [string, string]> | undefined;
  readonly userAgent?: string | undefined;
  /**
   * Read users and passwords from ~/.netrc, or the file in the variable NETRC, for hosts that the list names. Credentials in the URL
   * and an Authorization in `headers` take precedence. Only the owner may be able to read the file. Default false.
   */
  readonly netrc?: boolean | undefined;
  /** Read users and passwords from this file; implies `netrc`. */
  readonly netrcFile?: string | undefined;
  /**
   * Cookies as `a=b; c=d`, for the origins that the list names; without a `=`, the path of a Netscape cookie file; "" for none. With
   * any of these, cookies that servers set are sent back until the run ends. Default: cookies that a redirect sets are sent back for
   * the rest of that try.
   */
  readonly cookie?: string | readonly string[] | undefined;
  /** Ignore cookies that servers set, also within the redirects of one URL. Default false. */
  readonly noCookies?: boolean | undefined;
}

export const USER_AGENT = OPTIONS.userAgent.default;

export interface Identity {
  /** Name and value in turn. */
  readonly headers: readonly string[];
  readonly userAgent: string;
  /** The user agent that is sent: a User-Agent in `headers` takes precedence. */
  readonly sentUserAgent: string;
  readonly authorize: Authorize;
  readonly cookies?: Cookies;
  readonly noCookies: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Reads netrc and cookie files. Throws an OptionError, without secrets, for a value or file that cannot be used. */
export function identityOf(options: IdentityOptions, env: Env): Identity {
  const userAgent = options.userAgent ?? USER_AGENT;
  if (!isFieldValue(userAgent))
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
    sentUserAgent: (ownAgent === -1 ? undefined : headers[ownAgent + 1]) ?? userAgent,
    authorize: authorizer(path === undefined ? [] : readNetrc(path)),
    noCookies,
    ...(given.length === 0 ? {} : { cookies: cookies(given) }),
  };
}

/** Name and value in turn. Throws for an invalid header: a line feed in it would start a second header. */
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
  if (!isFieldValue(value))
    throw new OptionError(`not a header that can be sent: ${name} has control or other characters`, "headers");
  if (FRAMING_HEADERS.has(name.toLowerCase()))
    throw new OptionError(`the header ${name} is bulkget's own to send`, "headers");
  if (PART_HEADERS.has(name.toLowerCase())) {
    const why = "asks for a part, which would be saved as the whole body: leave it out";
    throw new OptionError(`the header ${name} ${why}; bodies that were cut go on by themselves`, "headers");
  }
}

/** Headers that a request has only once: the last one is sent. */
const SINGLE = new Set(["host", "user-agent", "authorization"]);
