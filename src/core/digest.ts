// Digests of bodies: which a list may name, their lengths in hexadecimal digits, and the comparison of two sets.

import type { Failure } from "./failure.ts";

/** Hexadecimal digits of each digest. */
const DIGEST_DIGITS = { md5: 32, sha1: 40, sha256: 64, sha512: 128 } as const;

export type DigestName = keyof typeof DIGEST_DIGITS;

/** Digests of one body, each in lower-case hexadecimal digits. */
export type Digests = { readonly [Name in DigestName]?: string };

/** The same under the names that a failure has for what the list wants. */
export type ExpectedDigests = { readonly [Name in DigestName as `expected_${Name}`]?: string };

export const DIGEST_NAMES = Object.keys(DIGEST_DIGITS) as readonly DigestName[];

export function isDigestName(text: string): text is DigestName {
  return Object.hasOwn(DIGEST_DIGITS, text);
}

/** Whether a text has the form of this digest. */
export function isDigest(name: DigestName, text: string): boolean {
  return text.length === DIGEST_DIGITS[name] && /^[0-9a-f]*$/.test(text);
}

/** A digest as a list may write it, in lower case and without blanks; cut to one character more than it may have. */
export function normalizedDigest(name: DigestName, text: string): string {
  return text
    .replace(/\s+/g, "")
    .toLowerCase()
    .slice(0, DIGEST_DIGITS[name] + 1);
}

/** Whether there is any digest. */
export function hasDigests({ md5, sha1, sha256, sha512 }: Digests): boolean {
  return sha256 !== undefined || md5 !== undefined || sha1 !== undefined || sha512 !== undefined;
}

/** The digests alone; undefined where there are none. */
export function digestsOf(from: Digests): Digests | undefined {
  if (!hasDigests(from)) return undefined;
  return Object.fromEntries(DIGEST_NAMES.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
}

/** Copies the digests that are there. */
export function copyDigests(
  { md5, sha1, sha256, sha512 }: Digests,
  to: { -readonly [N in DigestName]?: string },
): void {
  if (sha256 !== undefined) to.sha256 = sha256;
  if (md5 !== undefined) to.md5 = md5;
  if (sha1 !== undefined) to.sha1 = sha1;
  if (sha512 !== undefined) to.sha512 = sha512;
}

/** The first digest that `actual` does not have as it is wanted; undefined where all agree. */
export function mismatchedDigest(wanted: Digests, actual: Digests): DigestName | undefined {
  return DIGEST_NAMES.find((name) => wanted[name] !== undefined && wanted[name] !== actual[name]);
}

/** Why the body of a line cannot be checked: one of its digests is none. */
export function digestFailure(wanted: Digests): Failure | undefined {
  const wrong = DIGEST_NAMES.find((name) => wanted[name] !== undefined && !isDigest(name, wanted[name] ?? ""));
  return wrong && invalidDigest(wrong);
}

export function invalidDigest(name: DigestName): Failure {
  return { error: "invalid_digest", detail: `its ${name} is not ${DIGEST_DIGITS[name]} hexadecimal digits` };
}
