// Signs requests with AWS Signature Version 4, in the header Authorization.

import { createHash, createHmac } from "node:crypto";

/** What a signature is made with. */
export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Sent along as `x-amz-security-token`, where the key is a temporary one. */
  readonly sessionToken?: string | undefined;
}

export interface UnsignedRequest {
  readonly method: string;
  /** The path as it is sent: encoded, and not normalised, as S3 wants it. */
  readonly path: string;
  /** Names and values of the query, not encoded. */
  readonly query: readonly (readonly [string, string])[];
  /** All headers to sign, by names in lower case; `host` and `x-amz-date` are among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, in hexadecimal digits. */
  readonly bodySha256: string;
}

export interface SigningScope {
  readonly region: string;
  /** `s3` or `sts`. */
  readonly service: string;
  /** The time of the request as in `x-amz-date`: 20130524T000000Z. */
  readonly time: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/** SHA-256 of an empty body. */
export const EMPTY_SHA256 = sha256("");

/**
 * The value of Authorization for a request (Signature Version 4, "Create a signed AWS API request" in the IAM User Guide).
 */
export function authorization(request: UnsignedRequest, key: SigningKey, scope: SigningScope): string {
  const { region, service, time } = scope;
  const date = time.slice(0, 8);
  const names = Object.keys(request.headers).toSorted();
  const signed = names.join(";");
  const canonical = [
    request.method,
    request.path,
    queryString(request.query),
    ...names.map((name) => `${name}:${trimmed(request.headers[name] ?? "")}`),
    "",
    signed,
    request.bodySha256,
  ].join("\n");
  const credentialScope = `${date}/${region}/${service}/aws4_request`;
  const toSign = [ALGORITHM, time, credentialScope, sha256(canonical)].join("\n");
  const signingKey = [date, region, service, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${key.secretAccessKey}`,
  );
  const signature = hmac(signingKey, toSign).toString("hex");
  return `${ALGORITHM} Credential=${key.accessKeyId}/${credentialScope}, SignedHeaders=${signed}, Signature=${signature}`;
}

/** A query as it is signed and sent: encoded, and sorted by name and value. */
export function queryString(query: UnsignedRequest["query"]): string {
  return query
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .toSorted(([a, x], [b, y]) => compared(a, b) || compared(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Percent-encodes all but the unreserved characters of RFC 3986: A to Z, a to z, 0 to 9, `-`, `.`, `_` and `~`. */
export function encoded(text: string): string {
  return encodeURIComponent(wellFormed(text)).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Lone surrogates, which have no UTF-8, become U+FFFD. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** The path of a key, with its slashes. */
export function encodedPath(key: string): string {
  return key.split("/").map(encoded).join("/");
}

/** The time of a request, as in `x-amz-date`. */
export function amzDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Without blanks at the ends, and with single ones within. */
function trimmed(value: string): string {
  return value.trim().replace(/ +/g, " ");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
