// Where a store is: its endpoint and region, from the environment and the profile, and how it is told the bucket.

import type { Env } from "./credentials/credentials.ts";
import { type Profile, type Setting, settingOf } from "./credentials/profile.ts";

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
  /** Its path ends with the name of the bucket, as some stores show it: then the bucket is named twice. */
  readonly hasBucket: boolean;
}

/** The region where none is given. Stores other than AWS have one region, and mostly accept this name. */
const DEFAULT_REGION = "us-east-1";

/** The region of the environment or the profile. */
export function regionOf(env: Env, profile: Profile): Setting {
  const given = settingOf(env, profile, { variables: ["AWS_REGION", "AWS_DEFAULT_REGION"], keys: ["region"] });
  return given ?? { value: DEFAULT_REGION, from: "AWS_REGION" };
}

const RIGHT_ENDPOINT = "write only scheme, host and port: https://s3.example.com:9000";

const ENDPOINT_SETTINGS = {
  variables: ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"],
  keys: ["s3.endpoint_url", "endpoint_url"],
};

/** Returns the endpoint of a bucket, or the reason why there is none. */
export function endpointOf(bucket: string, env: Env, profile: Profile): Endpoint | { readonly problem: string } {
  const { value: region, from: regionFrom } = regionOf(env, profile);
  if (!/^[A-Za-z0-9-]{1,64}$/.test(region))
    return { problem: `the region (${regionFrom}) has other characters than letters, digits and -` };
  const isIgnored = env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.toLowerCase() === "true";
  const given = isIgnored ? undefined : settingOf(env, profile, ENDPOINT_SETTINGS);
  const what = `the endpoint (${given?.from})`;
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  let url: URL;
  try {
    url = new URL(given?.value ?? `https://s3.${region}.${domain}`);
  } catch {
    return { problem: `${what} is no URL: ${given?.value}; ${RIGHT_ENDPOINT}` };
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return { problem: `${what} is neither http nor https: ${url.protocol}; ${RIGHT_ENDPOINT}` };
  if (url.username !== "" || url.password !== "" || url.search !== "")
    return { problem: `${what} has a user, a password or a query; ${RIGHT_ENDPOINT}` };
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
    hasBucket: folder.endsWith(`/${bucket}`),
    isExposed: url.protocol === "http:" && !isLoopback(url.hostname),
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\./.test(host);
}
