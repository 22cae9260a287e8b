// Where a store is: its endpoint and region, from the environment and the profile, and how it is told the bucket.

import type { Env } from "./credentials/credentials.ts";
import type { Profile } from "./credentials/profile.ts";

export interface Endpoint {
  /** Scheme, host and port of requests. */
  readonly origin: URL;
  /** The Host header. */
  readonly host: string;
  /** What comes before the key in the path: `/`, or `/bucket/`. */
  readonly base: string;
  readonly region: string;
  /** It is reached without TLS, and not on this machine: bodies are sent in the clear, credentials never are. */
  readonly isExposed: boolean;
}

/** The region where none is given. Stores other than AWS have one region, and mostly accept this name. */
const DEFAULT_REGION = "us-east-1";

/** The region of the environment or the profile. */
export function regionOf(env: Env, { values }: Profile): string {
  return env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || values["region"] || DEFAULT_REGION;
}

/** Returns the endpoint of a bucket, or the reason why there is none. */
export function endpointOf(bucket: string, env: Env, profile: Profile): Endpoint | { readonly problem: string } {
  const { values } = profile;
  const region = regionOf(env, profile);
  if (!/^[A-Za-z0-9-]{1,64}$/.test(region))
    return { problem: "the region (AWS_REGION) has other characters than letters, digits and -" };
  const isIgnored = env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.toLowerCase() === "true";
  const given = isIgnored
    ? undefined
    : env["AWS_ENDPOINT_URL_S3"] || env["AWS_ENDPOINT_URL"] || values["s3.endpoint_url"] || values["endpoint_url"];
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  let url: URL;
  try {
    url = new URL(given || `https://s3.${region}.${domain}`);
  } catch {
    return { problem: `the endpoint (AWS_ENDPOINT_URL_S3) is no URL: ${given}` };
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return { problem: `the endpoint (AWS_ENDPOINT_URL_S3) is neither http nor https: ${url.protocol}` };
  if (url.username !== "" || url.password !== "" || url.search !== "")
    return {
      problem: "the endpoint (AWS_ENDPOINT_URL_S3) has a user, a password or a query: write only scheme, host and port",
    };
  const isAws = /(^|\.)amazonaws\.com(\.cn)?$/.test(url.hostname);
  // A name with dots is in no certificate of AWS, and one with other characters in no host name.
  const isVirtual = isAws && /^[a-z0-9][a-z0-9-]*$/.test(bucket);
  const folder = url.pathname.replace(/\/+$/, "");
  const origin = new URL(url.origin);
  if (isVirtual) origin.hostname = `${bucket}.${url.hostname}`;
  return {
    origin,
    host: origin.host,
    base: isVirtual ? `${folder}/` : `${folder}/${bucket}/`,
    region,
    isExposed: url.protocol === "http:" && !isLoopback(url.hostname),
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\./.test(host);
}
