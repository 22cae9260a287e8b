// Ends a command whose store cannot be used, with the store's own message and what to do.

import { FolderError } from "../../core/errors.ts";
import type { Endpoint } from "../../store/endpoint.ts";
import type { StoreProblem } from "../../store/problem.ts";
import type { Store } from "../../store/store.ts";

/** Throws a FolderError for a problem of the store. */
export function refuse(
  problem: StoreProblem | undefined,
  { address, endpoint }: Pick<Store, "address" | "endpoint">,
): void {
  if (problem === undefined) return;
  throw new FolderError("disk", `${address.shown}: ${problem.problem}${adviceOn(problem, endpoint)}`);
}

/** What to do about errors of a store, by their codes ("Error responses" of the S3 API reference). */
const ADVICE: Readonly<Record<string, string>> = {
  AuthorizationHeaderMalformed: "set AWS_REGION to the region of the store",
  NoSuchBucket: "check its name, or create the bucket first",
  RequestTimeTooSkewed: "set the clock of this machine",
  SignatureDoesNotMatch: "the secret access key is not that of the access key id",
  InvalidAccessKeyId: "the store does not know the access key id",
  ExpiredToken: "get new credentials",
  ExpiredTokenException: "get new credentials",
  InvalidToken: "the session token is not that of the access key id: get new credentials",
  TokenRefreshRequired: "get new credentials",
};

/** What to do about a problem of any request, after its reason. */
export function adviceOf({ code, problem }: StoreProblem): string {
  if (!Object.hasOwn(ADVICE, code) || problem.includes("AWS_REGION")) return "";
  return `; ${ADVICE[code]}`;
}

/** The same for the requests before a run. */
function adviceOn(problem: StoreProblem, { hasBucket, origin }: Endpoint): string {
  const { code, status } = problem;
  if (status === 404 && hasBucket) return "; the endpoint ends with the name of the bucket: write it without";
  const advice = adviceOf(problem);
  if (advice !== "") return advice;
  if (status === 403)
    return "; the credentials must be allowed to list the bucket, and to put, read and remove objects";
  if (code === "ECONNRESET" && origin.protocol === "http:")
    return "; if it speaks TLS, its endpoint begins with https://";
  return "";
}
