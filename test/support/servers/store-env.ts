// The environment of a run into a store on 127.0.0.1, without any other source of credentials.

import { type S3Stub, STUB_KEY } from "./s3-stub.ts";

export function storeEnv({ url }: Pick<S3Stub, "url">): Record<string, string> {
  return {
    ...NO_CREDENTIALS,
    AWS_ENDPOINT_URL_S3: url,
    AWS_ACCESS_KEY_ID: STUB_KEY.id,
    AWS_SECRET_ACCESS_KEY: STUB_KEY.secret,
  };
}

/** No file and no endpoint of AWS is read. */
export const NO_CREDENTIALS = {
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
  AWS_CONFIG_FILE: "/nonexistent",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_CA_BUNDLE: "",
} as const;
