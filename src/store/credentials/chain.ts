// The sources of credentials in AWS's order: the first that is configured is used.

import type { SecureContext } from "node:tls";
import { containerCredentials } from "./container.ts";
import type { CredentialProblem, CredentialSource, Credentials, Env } from "./credentials.ts";
import { instanceCredentials } from "./instance.ts";
import { processCredentials } from "./process.ts";
import type { Profile } from "./profile.ts";
import { type WebIdentityRole, webIdentityCredentials } from "./web-identity.ts";

export interface CredentialContext {
  readonly env: Env;
  readonly profile: Profile;
  readonly region: string;
  /** The certificate authorities of TLS to AWS's own services. */
  readonly secureContext?: SecureContext | undefined;
  readonly nowMs: () => number;
}

/** The first source that is configured; the instance is asked where none is. */
export function sourceOf(context: CredentialContext): CredentialSource | CredentialProblem {
  const { env, profile, region } = context;
  const { AWS_ACCESS_KEY_ID: id = "", AWS_SECRET_ACCESS_KEY: secret = "", AWS_SESSION_TOKEN: token = "" } = env;
  // 1. Variables.
  if (id !== "" && secret !== "") return fixed("AWS_ACCESS_KEY_ID", keyOf(id, secret, token));
  if (id !== "" || secret !== "")
    return { problem: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together, and one of them is not set" };

  // 2. A profile: keys, a program, or a role by a token in a file.
  const { values, name } = profile;
  const about = `the profile ${name}`;
  const { aws_access_key_id: ownId, aws_secret_access_key: ownSecret, aws_session_token: ownToken = "" } = values;
  if (ownId !== undefined && ownSecret !== undefined) return fixed(about, keyOf(ownId, ownSecret, ownToken));
  if (values["credential_process"] !== undefined) {
    return { name: `credential_process of ${about}`, load: processCredentials(values["credential_process"], env) };
  }
  const { role_arn: arn, web_identity_token_file: file } = values;
  if (arn !== undefined && file !== undefined)
    return role(about, { arn, file, session: values["role_session_name"] }, context);
  const other = ["sso_session", "sso_start_url", "source_profile", "credential_source", "role_arn"].find(
    (key) => values[key] !== undefined,
  );
  if (other !== undefined) {
    const why = `${about} has ${other}, which is not read here`;
    return { problem: `${why}: docs/object-stores.md has a profile that gets them from AWS's own command` };
  }
  if (env["AWS_PROFILE"] !== undefined && env["AWS_PROFILE"] !== "")
    return { problem: `${about}, which AWS_PROFILE names, has no credentials` };

  // 3. A role by a token in a file, as EKS and GitHub set it.
  const {
    AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile = "",
    AWS_ROLE_ARN: roleArn = "",
    AWS_ROLE_SESSION_NAME: session,
  } = env;
  if (tokenFile !== "" && roleArn !== "")
    return role("AWS_WEB_IDENTITY_TOKEN_FILE", { arn: roleArn, file: tokenFile, session }, context);

  // 4. The container's endpoint: ECS and EKS.
  const container = containerCredentials(env);
  if (container !== undefined) return container;

  // 5. The instance.
  return instanceCredentials(env);

  function role(by: string, what: WebIdentityRole, { secureContext, nowMs }: CredentialContext): CredentialSource {
    return { name: by, load: webIdentityCredentials(what, { env, profile, region, secureContext, nowMs }) };
  }
}

function keyOf(accessKeyId: string, secretAccessKey: string, sessionToken: string): Credentials {
  return sessionToken === "" ? { accessKeyId, secretAccessKey } : { accessKeyId, secretAccessKey, sessionToken };
}

function fixed(name: string, credentials: Credentials): CredentialSource {
  return { name, load: async () => credentials, isFixed: true };
}
