// Keeps the credentials of a run: loaded once for all requests that wait for them, and renewed before they end.

import type { CredentialProblem, CredentialSource, Credentials } from "./credentials.ts";

export interface CredentialProvider {
  /** Credentials that are valid now. */
  current(): Promise<Credentials | CredentialProblem>;
  /** The store has refused these as expired: others are loaded, unless that was done meanwhile. False where there can be no others. */
  refused(credentials: Credentials): boolean;
}

/** How long before their end credentials are renewed, in milliseconds: endpoints have new ones 5 minutes before. */
const RENEW_BEFORE_MS = 300_000;

/** Milliseconds until a renewal that failed is tried again, while the earlier credentials are still valid. */
const RETRY_RENEWAL_MS = 10_000;

export function credentialProvider(
  { name, load, isFixed = false }: CredentialSource,
  nowMs: () => number,
): CredentialProvider {
  let held: Credentials | undefined;
  let loading: Promise<Credentials | CredentialProblem> | undefined;
  let retryAtMs = 0;

  const msLeft = () => (held === undefined ? 0 : (held.expiresMs ?? Number.POSITIVE_INFINITY) - nowMs());
  const renew = async (): Promise<Credentials | CredentialProblem> => {
    try {
      const loaded = sendable(await load());
      if (!("problem" in loaded)) {
        held = loaded;
        // Credentials that end soon are all there is: they are used to their end.
        if (msLeft() <= RENEW_BEFORE_MS) retryAtMs = nowMs() + Math.max(0, Math.min(RETRY_RENEWAL_MS, msLeft() / 2));
        return loaded;
      }
      retryAtMs = nowMs() + RETRY_RENEWAL_MS;
      if (held !== undefined && msLeft() > 0) return held;
      return { problem: `no credentials from ${name}: ${loaded.problem}` };
    } finally {
      loading = undefined;
    }
  };

  return {
    async current() {
      const left = msLeft();
      const isFresh = left > RENEW_BEFORE_MS || (left > 0 && nowMs() < retryAtMs);
      if (held !== undefined && isFresh) return held;
      loading ??= renew();
      return await loading;
    },
    refused(credentials) {
      if (held === credentials) held = undefined;
      return !isFixed;
    },
  };
}

/** A value of a header without a blank (RFC 9110 section 5.5). */
const SENDABLE = /^[\x21-\x7e]+$/;

/** Returns the credentials, or the problem where no header can hold them. The secret is in none: a line break there is a mistake. */
function sendable(loaded: Credentials | CredentialProblem): Credentials | CredentialProblem {
  if ("problem" in loaded) return loaded;
  const { accessKeyId, secretAccessKey, sessionToken = "-" } = loaded;
  const wrong = !SENDABLE.test(accessKeyId)
    ? "access key id"
    : !SENDABLE.test(sessionToken)
      ? "session token"
      : /\p{Cc}/u.test(secretAccessKey)
        ? "secret access key"
        : undefined;
  if (wrong === undefined) return loaded;
  return { problem: `the ${wrong} has a line break or another character that is in no key: set it again without` };
}
