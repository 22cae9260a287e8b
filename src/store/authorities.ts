// The certificate authorities that AWS_CA_BUNDLE, or `ca_bundle` of the profile, names instead of those of Node.

import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Env } from "./credentials/credentials.ts";
import { type Profile, settingOf } from "./credentials/profile.ts";

const BUNDLE = { variables: ["AWS_CA_BUNDLE"], keys: ["ca_bundle"] };

/** Undefined where none are named. A context is shared by all connections: reading the bundle takes some 10 ms. */
export function authorities(env: Env, profile: Profile): SecureContext | undefined | { readonly problem: string } {
  const bundle = settingOf(env, profile, BUNDLE);
  if (bundle === undefined) return undefined;
  try {
    const ca = readFileSync(bundle.value, "utf8");
    if (!ca.includes("-----BEGIN ")) throw new Error("it has no certificate in PEM");
    return createSecureContext({ ca });
  } catch (error) {
    const why = `the certificates of ${bundle.value} (${bundle.from}) cannot be used: ${(error as Error).message}`;
    return { problem: why };
  }
}
