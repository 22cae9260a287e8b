// Credentials of an EC2 instance: the instance metadata service, version 2.

import { isProblem, type StoreProblem } from "../problem.ts";
import { type CredentialProblem, type CredentialSource, type Env, parsedCredentials } from "./credentials.ts";
import { fetchText } from "./fetch-text.ts";

const ENDPOINTS = { ipv4: "http://169.254.169.254", ipv6: "http://[fd00:ec2::254]" } as const;

const ROLES = "/latest/meta-data/iam/security-credentials/";

/** Seconds that a token of the service is valid: the maximum. */
const TOKEN_SECONDS = 21_600;

/** Short: on other machines nobody answers. */
const LIMITS = { connectMs: 1000, idleMs: 2000, wholeMs: 5000 };

const ADVICE =
  "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or see docs/object-stores.md for the other sources";

export function instanceCredentials(env: Env): CredentialSource | CredentialProblem {
  if (env["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true") return { problem: `no credentials: ${ADVICE}` };
  const mode = env["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.toLowerCase() === "ipv6" ? "ipv6" : "ipv4";
  const given = env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || ENDPOINTS[mode];
  const atPath = (path: string) => new URL(given.replace(/\/+$/, "") + path);
  try {
    atPath(ROLES);
  } catch {
    return { problem: "AWS_EC2_METADATA_SERVICE_ENDPOINT is no URL" };
  }
  const problem = ({ problem: why }: StoreProblem) => ({ problem: `${new URL(given).host}: ${why}; ${ADVICE}` });
  return {
    name: "the instance (IMDSv2)",
    async load() {
      const ttl = { "x-aws-ec2-metadata-token-ttl-seconds": String(TOKEN_SECONDS) };
      const how = { limits: LIMITS, tries: 2 };
      const token = await fetchText({ method: "PUT", url: atPath("/latest/api/token"), headers: ttl, ...how });
      if (isProblem(token)) return problem(token);
      const headers = { "x-aws-ec2-metadata-token": token.trim() };
      const roles = await fetchText({ method: "GET", url: atPath(ROLES), headers, ...how });
      if (isProblem(roles)) return problem(roles);
      const [role = ""] = roles.split("\n");
      const url = atPath(ROLES + encodeURIComponent(role.trim()));
      const answer = await fetchText({ method: "GET", url, headers, ...how });
      return isProblem(answer) ? problem(answer) : parsedCredentials(answer, url.host);
    },
  };
}
