// Credentials of a role by an OpenID Connect token in a file: AssumeRoleWithWebIdentity of AWS's Security Token Service.

import { readFile } from "node:fs/promises";
import type { SecureContext } from "node:tls";
import { TIME_LIMITS } from "../exchange.ts";
import { isProblem } from "../problem.ts";
import { elementsOf, textAt } from "../xml.ts";
import type { CredentialProblem, Credentials, Env, LoadCredentials } from "./credentials.ts";
import { fetchText } from "./fetch-text.ts";
import type { Profile } from "./profile.ts";

export interface WebIdentityRole {
  readonly arn: string;
  readonly file: string;
  readonly session?: string | undefined;
}

export interface WebIdentityContext {
  readonly env: Env;
  readonly profile: Profile;
  readonly region: string;
  readonly secureContext?: SecureContext | undefined;
  readonly nowMs: () => number;
}

/** The file is read each time: what renews the token writes it anew. */
export function webIdentityCredentials(
  { arn, file, session }: WebIdentityRole,
  { env, profile, region, secureContext, nowMs }: WebIdentityContext,
): LoadCredentials {
  return async () => {
    let token: string;
    try {
      token = (await readFile(file, "utf8")).trim();
    } catch (error) {
      return { problem: `${file} cannot be read: ${(error as Error).message}` };
    }
    const url = stsUrl(env, profile, region);
    if ("problem" in url) return url;
    const fields = new URLSearchParams({
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: arn,
      RoleSessionName: session || `bulkget-${Math.floor(nowMs() / 1000)}`,
      WebIdentityToken: token,
    });
    const answer = await fetchText({
      secureContext,
      method: "POST",
      url,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: fields.toString(),
      limits: TIME_LIMITS,
    });
    if (isProblem(answer)) return { problem: `${url.host}: ${answer.problem.replaceAll(token, "***")}` };
    return credentialsIn(answer, url.host);
  };
}

function stsUrl(env: Env, { values }: Profile, region: string): URL | CredentialProblem {
  const given = env["AWS_ENDPOINT_URL_STS"] || env["AWS_ENDPOINT_URL"] || values["endpoint_url"];
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  try {
    return new URL(given || `https://sts.${region}.${domain}/`);
  } catch {
    return { problem: `the endpoint of STS is no URL: ${given}` };
  }
}

function credentialsIn(xml: string, host: string): Credentials | CredentialProblem {
  try {
    const elements = elementsOf(xml);
    const root = "AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials";
    const [accessKeyId = "", secretAccessKey = "", sessionToken = "", until = ""] = [
      "AccessKeyId",
      "SecretAccessKey",
      "SessionToken",
      "Expiration",
    ].map((name) => textAt(elements, `${root}/${name}`));
    const expiresMs = Date.parse(until);
    if (accessKeyId !== "" && secretAccessKey !== "" && sessionToken !== "")
      return { accessKeyId, secretAccessKey, sessionToken, ...(Number.isNaN(expiresMs) ? {} : { expiresMs }) };
  } catch {
    // The answer is not shown: it may have secrets.
  }
  return { problem: `${host} returned no credentials` };
}
