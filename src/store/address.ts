// The address of an output in an object store: `s3://bucket/prefix`.

import { OptionError } from "../core/errors.ts";

export interface StoreAddress {
  readonly bucket: string;
  /** What the keys of all objects begin with: empty, or with a slash at its end. */
  readonly prefix: string;
  /** As it is shown and compared: `s3://bucket/prefix/`. */
  readonly shown: string;
}

/** Whether an output is one in a store. Throws an OptionError for an address of another kind: no folder has such a name on purpose. */
export function isStoreAddress(output: string): boolean {
  if (/^s3:\/\//i.test(output)) return true;
  const [match, scheme = ""] = /^(?:([a-z][a-z0-9+.-]+):\/\/|s3:)/i.exec(output) ?? [];
  if (match === undefined) return false;
  const what = `${JSON.stringify(output)}: is no folder, and no address of an object store`;
  const advice = ADVICE[scheme.toLowerCase()] ?? "write s3://bucket/prefix, or ./ before the name of a folder";
  throw new OptionError(`${what}: ${advice}`);
}

/** What to write instead of the addresses of other tools. */
const ADVICE: Readonly<Record<string, string>> = {
  gs: "write s3://bucket/prefix, with AWS_ENDPOINT_URL_S3=https://storage.googleapis.com and an HMAC key",
  r2: "write s3://bucket/prefix, with AWS_ENDPOINT_URL_S3=https://<account>.r2.cloudflarestorage.com",
  http: "write s3://bucket/prefix, with the endpoint in AWS_ENDPOINT_URL_S3",
  https: "write s3://bucket/prefix, with the endpoint in AWS_ENDPOINT_URL_S3",
  file: "write the path of the folder",
};

/** Maximum length of a key, in bytes of UTF-8 ("Object key naming guidelines" of S3). */
export const MAX_KEY_BYTES = 1024;

/** Bytes of a prefix: the names of files come behind it. */
const MAX_PREFIX_BYTES = 700;

/** Parses `s3://bucket/prefix`. Throws an OptionError of outputDir. */
export function storeAddress(output: string): StoreAddress {
  const [, bucket = "", rest = ""] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(output) ?? [];
  const refuse = (why: string) => new OptionError(`${JSON.stringify(output)}: ${why}`, "outputDir");
  // S3's own names have 3 to 63 letters in lower case; older buckets and other stores have more.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket))
    throw refuse("names no bucket: write s3://bucket or s3://bucket/prefix");
  const parts = rest.split("/");
  const prefix = rest.endsWith("/") || rest === "" ? rest : `${rest}/`;
  if (parts.slice(0, -1).includes("") || parts.some((part) => part === "." || part === ".."))
    throw refuse('the prefix has an empty part, "." or ".."');
  if (/\p{C}/u.test(rest)) throw refuse("the prefix has control characters");
  if (Buffer.byteLength(prefix) > MAX_PREFIX_BYTES) throw refuse(`the prefix is longer than ${MAX_PREFIX_BYTES} bytes`);
  return { bucket, prefix, shown: `s3://${bucket}/${prefix}` };
}
