// What credentials for a store are, and how they are read from the JSON of programs and endpoints.

import type { SigningKey } from "../sign.ts";

export interface Credentials extends SigningKey {
  /** When they end, in milliseconds since 1970. Absent: never. */
  readonly expiresMs?: number | undefined;
}

/** Why a source that is configured has no credentials. */
export interface CredentialProblem {
  readonly problem: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** Loads the credentials of one source. Expected failures are values. */
export type LoadCredentials = () => Promise<Credentials | CredentialProblem>;

export interface CredentialSource {
  /** Where they come from, for messages: no secret. */
  readonly name: string;
  readonly load: LoadCredentials;
  /** They are those of a variable or a file, and the same each time. */
  readonly isFixed?: boolean;
}

/** Reads the JSON that programs and endpoints return. `what`: for the message. The values are in no message. */
export function parsedCredentials(text: string, what: string): Credentials | CredentialProblem {
  let json: Record<string, unknown>;
  try {
    json = Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return { problem: `${what} returned no JSON` };
  }
  const { AccessKeyId: id, SecretAccessKey: secret, SessionToken, Token, Expiration } = json;
  const token = SessionToken ?? Token;
  if (typeof id !== "string" || typeof secret !== "string" || id === "" || secret === "")
    return { problem: `${what} returned no AccessKeyId with a SecretAccessKey` };
  const expiresMs = typeof Expiration === "string" ? Date.parse(Expiration) : Number.NaN;
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    ...(typeof token === "string" && token !== "" ? { sessionToken: token } : {}),
    ...(Number.isNaN(expiresMs) ? {} : { expiresMs }),
  };
}
