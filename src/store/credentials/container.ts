// Credentials of a container: the endpoints of ECS and EKS, with the token that they want.

import { readFile } from "node:fs/promises";
import { isProblem } from "../problem.ts";
import { type CredentialProblem, type CredentialSource, type Env, parsedCredentials } from "./credentials.ts";
import { fetchText } from "./fetch-text.ts";

/** ECS's address for relative paths. */
const ECS_ENDPOINT = "http://169.254.170.2";

/** Where http is allowed besides loopback: ECS, and EKS Pod Identity ("Container credential provider" of the SDK reference guide). */
const HTTP_HOSTS = new Set(["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost", "[::1]"]);

const LIMITS = { connectMs: 2000, idleMs: 5000, wholeMs: 10_000 };

/** Undefined where no endpoint is configured. */
export function containerCredentials(env: Env): CredentialSource | CredentialProblem | undefined {
  const relative = env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] || undefined;
  const full = env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] || undefined;
  if (relative === undefined && full === undefined) return undefined;
  const name = relative === undefined ? "AWS_CONTAINER_CREDENTIALS_FULL_URI" : "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
  let url: URL;
  try {
    url = relative === undefined ? new URL(full ?? "") : new URL(relative, ECS_ENDPOINT);
  } catch {
    return { problem: `${name} is no URL` };
  }
  const isAllowed =
    url.protocol === "https:" ||
    (url.protocol === "http:" && (HTTP_HOSTS.has(url.hostname) || /^127\./.test(url.hostname)));
  if (!isAllowed)
    return {
      problem: `${name} is http to ${url.host}: without TLS, only the endpoints of ECS, of EKS and of this machine are asked`,
    };
  return {
    name,
    async load() {
      const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file = "", AWS_CONTAINER_AUTHORIZATION_TOKEN: fixed = "" } = env;
      let token = fixed;
      if (file !== "") {
        try {
          token = (await readFile(file, "utf8")).trim();
        } catch (error) {
          return { problem: `${file} cannot be read: ${(error as Error).message}` };
        }
      }
      if (/[\r\n]/.test(token)) return { problem: "the authorization token has more than one line" };
      const headers: Record<string, string> = token === "" ? {} : { authorization: token };
      const answer = await fetchText({ method: "GET", url, headers, limits: LIMITS });
      return isProblem(answer) ? { problem: `${url.host}: ${answer.problem}` } : parsedCredentials(answer, url.host);
    },
  };
}
