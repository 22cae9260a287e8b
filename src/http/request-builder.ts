// Builds the request for a URL: its route, its header lines with credentials, conditions and cookies.

import type { Failure } from "../core/failure.ts";
import { originForm } from "../core/url/origin-form.ts";
import { basicAuthorization } from "./connect/basic-auth.ts";
import type { Request, Route } from "./h1/connection.ts";
import { type Cookies, mergeCookies } from "./identity/cookies.ts";
import type { GetOptions } from "./options.ts";
import {
  commonFields,
  commonHeaders,
  createOrigin,
  hasHeader,
  headerLines,
  headerValues,
  type Origin,
  withCookie,
} from "./origin.ts";
import { type ConditionalRequest, isConditional } from "./semantics/conditional.ts";
import { safeHeaders } from "./semantics/redirect.ts";

/** Maximum number of cached origins; beyond it the cache is cleared. */
const MAX_ORIGINS = 1000;

export interface PreparedRequest {
  readonly route: Route;
  readonly request: Request;
}

export interface RequestBuilder {
  /** Whether the user's own headers are conditional, so that no other conditions may be added. */
  readonly isConditional: boolean;
  /**
   * Returns the request for a URL, or why its origin is blocked. `origin`: `target.origin`. `listed`: the URL of the list if it
   * has this origin: credentials and the user's other headers are sent to no other. `jar`: has the cookies, if any are sent.
   * `ownHeaders`: those of this URL alone, as alternating names and values, which replace others of the same names. `onFields`:
   * called with the header lines of the answer.
   */
  build(
    target: URL,
    origin: string,
    listed: URL | undefined,
    jar: Cookies | undefined,
    conditions: ConditionalRequest | undefined,
    ownHeaders?: readonly string[],
    onFields?: (fields: string) => void,
  ): PreparedRequest | Failure;
}

export function requestBuilder(options: GetOptions): RequestBuilder {
  const origins = new Map<string, Origin>();
  const common = commonHeaders(options);
  const sharedFields = commonFields(common);
  const { authorize = basicAuthorization, cookies } = options;
  const hasAuthorization = hasHeader(common, "authorization");
  const ownCookies = headerValues(common, "cookie");
  const hasCookie = ownCookies.length > 0;

  const originOf = (target: URL, key: string): Origin => {
    let origin = origins.get(key);
    if (origin === undefined) {
      if (origins.size >= MAX_ORIGINS) origins.clear();
      origin = createOrigin(target, sharedFields, options);
      origins.set(key, origin);
    }
    return origin;
  };
  const listedFields = (listed: URL, origin: Origin): string => {
    const authorization = hasAuthorization ? undefined : authorize(listed);
    return authorization === undefined ? origin.fields : origin.fields + headerLines(["Authorization", authorization]);
  };
  /** Adds the cookies of the jar, merged with the user's Cookie header if that is sent. */
  const addCookies = (fields: string, target: URL, isListed: boolean, jar: Cookies): string => {
    if (!isListed || !hasCookie) {
      const cookie = jar.header(target, isListed);
      return cookie === undefined ? fields : addCookie(fields, cookie);
    }
    const stored = jar.header(target, false);
    return stored === undefined ? fields : addCookie(fields, mergeCookies(stored, ownCookies));
  };
  const addCookie = (fields: string, cookie: string): string =>
    hasCookie ? withCookie(fields, cookie) : fields + headerLines(["Cookie", cookie]);

  return {
    isConditional: isConditional(common),
    build(target, key, listed, jar, conditions, ownHeaders, onFields) {
      const isListed = listed !== undefined;
      const origin = originOf(target, key);
      if (origin.blocked !== undefined) return origin.blocked;
      let fields = isListed ? listedFields(listed, origin) : origin.safeFields;
      if (jar !== undefined) fields = addCookies(fields, target, isListed, jar);
      if (ownHeaders !== undefined) fields = replaceHeaders(fields, isListed ? ownHeaders : safeHeaders(ownHeaders));
      if (conditions !== undefined) fields += headerLines(conditions.headers);
      const path = origin.prefix + originForm(target);
      const receive = cookies === undefined ? onFields : receiver(cookies, target, onFields);
      const request = receive === undefined ? { path, fields } : { path, fields, onFields: receive };
      return { route: isListed ? origin.route : origin.anonymousRoute, request };
    },
  };
}

/** Returns header lines with these in the place of all others of their names. */
function replaceHeaders(fields: string, headers: readonly string[]): string {
  const names = new Set(headers.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()));
  const kept = fields.match(/[^\n]*\n/g)?.filter((line) => !names.has(line.slice(0, line.indexOf(":")).toLowerCase()));
  return (kept ?? []).join("") + headerLines(headers);
}

/** A function of its own: the closure keeps nothing else of the request. */
function receiver(cookies: Cookies, from: URL, onFields?: (fields: string) => void): (fields: string) => void {
  return (fields) => {
    cookies.setCookies(fields, from);
    onFields?.(fields);
  };
}
