// Opens a store by its address: finds endpoint and credentials, and uploads objects under the prefix.

import { join } from "node:path";
import type { StoreAddress } from "./address.ts";
import { authorities } from "./authorities.ts";
import { type Bucket, bucketOf, type ObjectHeaders } from "./bucket.ts";
import { sourceOf } from "./credentials/chain.ts";
import type { Env } from "./credentials/credentials.ts";
import { type Profile, readProfile } from "./credentials/profile.ts";
import { credentialProvider } from "./credentials/provider.ts";
import { type Endpoint, endpointOf } from "./endpoint.ts";
import { abortByKey, type Content, upload } from "./multipart.ts";
import type { StoreProblem } from "./problem.ts";
import { storeRequests } from "./requests.ts";
import { openUploads, removeUploadLog, uploadLog } from "./upload-log.ts";

/** Names are relative to the prefix of the address. Expected failures are values; errno errors of local files are thrown. */
export interface Store {
  readonly address: StoreAddress;
  readonly bucket: Bucket;
  /** The same with few tries, for the first request of a run: a mistake in an address is noticed at once. */
  readonly first: Bucket;
  /** The same for what is sent even when the run is stopped. */
  readonly last: Bucket;
  readonly endpoint: Endpoint;
  /** The key of a name. */
  keyOf(name: string): string;
  /** Resolves when the store has the object. */
  upload(name: string, content: Content, headers?: ObjectHeaders): Promise<StoreProblem | undefined>;
  /** As `upload`, also when the run is stopped. */
  uploadLast(name: string, content: Content, headers?: ObjectHeaders): Promise<StoreProblem | undefined>;
  /** Whether `abort` was called. */
  readonly isAborted: boolean;
  /** Aborts the uploads that an earlier run left open. Call it before the first upload. */
  abortLeftUploads(): Promise<StoreProblem | undefined>;
  /** Ends all requests, at once. Uploads under way are aborted at the store, too. */
  abort(): void;
  /** Call when no upload is under way. */
  close(): void;
}

export interface StoreOptions {
  readonly env: Env;
  /** The folder in which open multipart uploads are remembered. */
  readonly state: string;
  readonly nowMs?: () => number;
}

/** The file that remembers open uploads, in the state folder. */
const UPLOADS = "uploads";

/** Tries of the first request: the last one begins after 0.7 s at most. */
const FIRST_TRIES = 4;

/** Nothing is requested before the first use. */
export function openStore(address: StoreAddress, options: StoreOptions): Store | { readonly problem: string } {
  const { env, state, nowMs = Date.now } = options;
  let profile: Profile;
  try {
    profile = readProfile(env);
  } catch (error) {
    return { problem: `the files of AWS cannot be read: ${(error as Error).message}` };
  }
  const endpoint = endpointOf(address.bucket, env, profile);
  if ("problem" in endpoint) return endpoint;
  const secureContext = endpoint.origin.protocol === "https:" ? authorities(env, profile) : undefined;
  if (secureContext !== undefined && "problem" in secureContext) return secureContext;
  const source = sourceOf({ env, profile, region: endpoint.region, secureContext, nowMs });
  if ("problem" in source) return source;
  const credentials = credentialProvider(source, nowMs);
  const requests = storeRequests({ endpoint, credentials, secureContext, nowMs });
  const bucket = bucketOf(address.bucket, requests);
  const last = bucketOf(address.bucket, { send: (request) => requests.send({ ...request, isLast: true }) });
  const logPath = join(state, UPLOADS);
  const log = uploadLog(logPath);
  let isAborted = false;
  const keyOf = (name: string) => address.prefix + name;

  return {
    address,
    bucket,
    last,
    first: bucketOf(address.bucket, { send: (request) => requests.send({ ...request, maxTries: FIRST_TRIES }) }),
    endpoint,
    keyOf,
    upload: (name, content, headers = {}) => upload(bucket, last, log, { key: keyOf(name), content, headers }),
    uploadLast: (name, content, headers = {}) => upload(last, last, log, { key: keyOf(name), content, headers }),
    get isAborted() {
      return isAborted;
    },
    async abortLeftUploads() {
      const left = openUploads(logPath);
      if (left === undefined) return undefined;
      for (const { key, id } of left) {
        const problem = await (id === undefined ? abortByKey(bucket, key) : bucket.abortUpload(key, id));
        if (problem !== undefined) return problem;
      }
      removeUploadLog(logPath);
      return undefined;
    },
    abort() {
      isAborted = true;
      requests.abort();
    },
    close() {
      log.close();
      requests.close();
    },
  };
}
