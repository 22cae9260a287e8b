// The sources of credentials, each with a fake endpoint, file or program; their order; and their renewal.
import { chmodSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { sourceOf } from "../../src/store/credentials/chain.ts";
import type { CredentialProblem, Credentials, Env } from "../../src/store/credentials/credentials.ts";
import { readProfile } from "../../src/store/credentials/profile.ts";
import { credentialProvider } from "../../src/store/credentials/provider.ts";
import { endpointOf } from "../../src/store/endpoint.ts";
import { own, ownFolder } from "../support/own.ts";

const folder = ownFolder();
const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const UNTIL = "2026-01-01T01:00:00Z";
const JSON_KEY = { AccessKeyId: "ID", SecretAccessKey: "SECRET", Expiration: UNTIL };
const FOUND = { accessKeyId: "ID", secretAccessKey: "SECRET", sessionToken: "TOKEN", expiresMs: Date.parse(UNTIL) };

/** No file of this machine is read. */
const NOTHING = { HOME: "/nonexistent", AWS_EC2_METADATA_DISABLED: "true" };

async function found(env: Env): Promise<Credentials | CredentialProblem> {
  const source = sourceOf({ env, profile: readProfile(env), region: "eu-west-1", nowMs: () => NOW_MS });
  return "problem" in source ? source : await source.load();
}

interface Endpoint {
  readonly url: string;
  readonly seen: {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage["headers"];
    readonly body: string;
  }[];
}

async function endpoint(
  answer: (path: string, response: ServerResponse, request: IncomingMessage) => void,
): Promise<Endpoint> {
  const seen: Endpoint["seen"] = [];
  const server = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    let body = "";
    request.on("data", (piece: Buffer) => {
      body += piece.toString();
    });
    request.on("end", () => {
      seen.push({ method, url, headers, body });
      answer(url, response, request);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  own({ close: () => new Promise<void>((resolve) => void server.close(() => resolve())) });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const STS = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
<AccessKeyId>ID</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey><SessionToken>TOKEN</SessionToken><Expiration>${UNTIL}</Expiration>
</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

describe("sourceOf", () => {
  it("takes the variables before all others", async () => {
    const env = { ...NOTHING, AWS_ACCESS_KEY_ID: "ID", AWS_SECRET_ACCESS_KEY: "SECRET", AWS_PROFILE: "missing" };
    expect(await found(env)).toEqual({ accessKeyId: "ID", secretAccessKey: "SECRET" });
    expect(await found({ ...env, AWS_SESSION_TOKEN: "TOKEN" })).toMatchObject({ sessionToken: "TOKEN" });
    expect(await found({ ...NOTHING, AWS_ACCESS_KEY_ID: "ID" })).toMatchObject({
      problem: expect.stringContaining("belong together"),
    });
  });

  it("reads the profiles of both files, and their region and endpoint", async () => {
    const config = folder.list(
      [
        "[default]",
        "region = eu-north-1",
        "[profile  work]",
        "region=eu-south-1 # Milan",
        "s3 =",
        "  endpoint_url = http://127.0.0.1:1",
        "output = json",
      ],
      "config",
    );
    const credentials = folder.list(
      [
        "# keys",
        "[default]",
        "aws_access_key_id = D",
        "aws_secret_access_key = D=/+",
        "",
        "[work]",
        "AWS_ACCESS_KEY_ID=W",
        "aws_secret_access_key=WS",
        "aws_session_token=WT",
      ],
      "credentials",
    );
    const env = { ...NOTHING, AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials };
    expect(await found(env)).toEqual({ accessKeyId: "D", secretAccessKey: "D=/+" });
    const work = { ...env, AWS_PROFILE: "work" };
    expect(await found(work)).toEqual({ accessKeyId: "W", secretAccessKey: "WS", sessionToken: "WT" });
    expect(endpointOf("b", work, readProfile(work))).toMatchObject({
      region: "eu-south-1",
      base: "/b/",
      host: "127.0.0.1:1",
    });
    expect(endpointOf("b", env, readProfile(env))).toMatchObject({ host: "b.s3.eu-north-1.amazonaws.com", base: "/" });
    expect(await found({ ...env, AWS_PROFILE: "missing" })).toEqual({
      problem: "the profile missing, which AWS_PROFILE names, has no credentials",
    });
  });

  it("reads the endpoint of a section of services", () => {
    const lines = ["[default]", "services = mine", "[services mine]", "s3 =", "  endpoint_url = http://127.0.0.1:2"];
    const env = { ...NOTHING, AWS_CONFIG_FILE: folder.list(lines, "config") };
    expect(endpointOf("b", env, readProfile(env))).toMatchObject({ host: "127.0.0.1:2" });
  });

  it.each([
    ["endpoint_url = nonsense", "the endpoint (endpoint_url of the profile default) is no URL: nonsense; write only"],
    ["endpoint_url = localhost:9000", "the endpoint (endpoint_url of the profile default) is neither http nor https"],
    ["endpoint_url = http://u:p@a", "the endpoint (endpoint_url of the profile default) has a user, a password"],
    ["s3 =\n  endpoint_url = ftp://a", "the endpoint (s3.endpoint_url of the profile default) is neither"],
    ["region = eu west", "the region (region of the profile default) has other characters"],
  ])("names the setting of a profile that is wrong: %j", (setting, problem) => {
    const env = { ...NOTHING, AWS_CONFIG_FILE: folder.list(["[default]", setting], "config") };
    expect(endpointOf("b", env, readProfile(env))).toMatchObject({ problem: expect.stringContaining(problem) });
  });

  it("knows an endpoint that has the name of the bucket", () => {
    const at = (url: string) => endpointOf("b", { AWS_ENDPOINT_URL_S3: url }, { name: "default", values: {} });
    expect(at("https://a.example/b/")).toMatchObject({ hasBucket: true });
    expect(at("https://a.example/ab")).toMatchObject({ hasBucket: false });
  });

  it("runs credential_process, and shows nothing of what it prints", async () => {
    const program = folder.at("program.sh");
    writeFileSync(
      program,
      `#!/bin/sh\necho secret >&2\ncat <<END\n${JSON.stringify({ Version: 1, ...JSON_KEY, SessionToken: "TOKEN" })}\nEND\n`,
    );
    chmodSync(program, 0o755);
    const env = {
      ...NOTHING,
      AWS_CONFIG_FILE: folder.list(["[default]", `credential_process = "${program}" --quiet`], "config"),
    };
    expect(await found(env)).toEqual(FOUND);
    writeFileSync(program, "#!/bin/sh\necho secret; exit 3\n");
    expect(await found(env)).toEqual({ problem: "the program ended with 3" });
    writeFileSync(program, "#!/bin/sh\necho secret\n");
    expect(await found(env)).toEqual({ problem: "the program returned no JSON" });
  });

  it("names the way out for a profile with single sign-on or a role", async () => {
    const env = { ...NOTHING, AWS_CONFIG_FILE: folder.list(["[default]", "sso_session = x"], "config") };
    expect(await found(env)).toEqual({
      problem: expect.stringContaining("the profile default has sso_session, which is not read here"),
    });
  });

  it("assumes a role by the token in a file, read anew each time", async () => {
    const sts = await endpoint((_, response) => response.end(STS));
    const file = folder.list(["first"], "token");
    const env = {
      ...NOTHING,
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ROLE_ARN: "arn:role",
      AWS_ENDPOINT_URL_STS: sts.url,
    };
    expect(await found(env)).toEqual(FOUND);
    folder.list(["second"], "token");
    await found(env);
    const fields = sts.seen.map(({ body }) => new URLSearchParams(body));
    expect(fields.map((one) => one.get("WebIdentityToken"))).toEqual(["first", "second"]);
    expect(fields[0]?.get("Action")).toBe("AssumeRoleWithWebIdentity");
    expect(fields[0]?.get("RoleArn")).toBe("arn:role");
  });

  it("shows why STS refuses a role, without the token", async () => {
    const sts = await endpoint((_, response) => {
      response.statusCode = 400;
      response.end(
        "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>bad token-text</Message></Error></ErrorResponse>",
      );
    });
    const env = {
      ...NOTHING,
      AWS_WEB_IDENTITY_TOKEN_FILE: folder.list(["token-text"], "token"),
      AWS_ROLE_ARN: "r",
      AWS_ENDPOINT_URL_STS: sts.url,
    };
    expect(await found(env)).toEqual({ problem: expect.stringContaining("400 InvalidIdentityToken: bad ***") });
  });

  it("asks the container's endpoint with the token of a file", async () => {
    const server = await endpoint((_, response) => response.end(JSON.stringify({ ...JSON_KEY, Token: "TOKEN" })));
    const env = {
      ...NOTHING,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/v1/credentials?x=1`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: folder.list(["Bearer x"], "token"),
    };
    expect(await found(env)).toEqual(FOUND);
    expect(server.seen).toMatchObject([{ url: "/v1/credentials?x=1", headers: { authorization: "Bearer x" } }]);
    expect(await found({ ...NOTHING, AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://example.org/" })).toEqual({
      problem: expect.stringContaining("is http to example.org"),
    });
  });

  it("asks the instance by version 2 of its service", async () => {
    const server = await endpoint((path, response, { headers, method }) => {
      const isToken = method === "PUT" && path === "/latest/api/token";
      if (!isToken && headers["x-aws-ec2-metadata-token"] !== "imds") response.statusCode = 401;
      const isRole = path.endsWith("/role");
      response.end(
        isToken ? "imds" : isRole ? JSON.stringify({ Code: "Success", ...JSON_KEY, Token: "TOKEN" }) : "role\n",
      );
    });
    const env = { HOME: "/nonexistent", AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url };
    expect(await found(env)).toEqual(FOUND);
    expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "PUT /latest/api/token",
      "GET /latest/meta-data/iam/security-credentials/",
      "GET /latest/meta-data/iam/security-credentials/role",
    ]);
    expect(await found({ ...env, AWS_EC2_METADATA_DISABLED: "TRUE" })).toEqual({
      problem: expect.stringContaining("no credentials"),
    });
  });
});

describe("credentialProvider", () => {
  it.each([
    ["access key id", { accessKeyId: "ID\n", secretAccessKey: "SECRET" }],
    ["access key id", { accessKeyId: "", secretAccessKey: "SECRET" }],
    ["session token", { accessKeyId: "ID", secretAccessKey: "SECRET", sessionToken: "TOKEN\r\nX" }],
    ["secret access key", { accessKeyId: "ID", secretAccessKey: "SECRET\n" }],
  ])("refuses a character that is in no key, and does not show it: %s", async (which, credentials) => {
    const provider = credentialProvider({ name: "here", load: async () => credentials }, () => NOW_MS);
    expect(await provider.current()).toEqual({
      problem: `no credentials from here: the ${which} has a line break or another character that is in no key: set it again without`,
    });
  });

  it("loads once for all that wait, renews 5 minutes before the end, and keeps the old ones where that fails", async () => {
    let nowMs = 0;
    let loads = 0;
    let isBroken = false;
    const load = async () =>
      isBroken
        ? { problem: "down" }
        : { accessKeyId: `ID${++loads}`, secretAccessKey: "S", expiresMs: nowMs + 3_600_000 };
    const provider = credentialProvider({ name: "a test", load }, () => nowMs);
    const idOf = (one: Credentials | CredentialProblem) => ("problem" in one ? one.problem : one.accessKeyId);
    const ids = async () => (await Promise.all([provider.current(), provider.current()])).map(idOf);
    expect(await ids()).toEqual(["ID1", "ID1"]);
    nowMs = 3_299_999;
    expect(await ids()).toEqual(["ID1", "ID1"]);
    nowMs = 3_300_000;
    expect(await ids()).toEqual(["ID2", "ID2"]);
    nowMs += 3_400_000;
    isBroken = true;
    expect(await ids()).toEqual(["ID2", "ID2"]);
    nowMs += 200_000;
    expect(await ids()).toEqual(["no credentials from a test: down", "no credentials from a test: down"]);
    isBroken = false;
    const current = await provider.current();
    if (!("problem" in current)) expect(provider.refused(current)).toBe(true);
    expect(await ids()).toEqual(["ID4", "ID4"]);
  });
});
