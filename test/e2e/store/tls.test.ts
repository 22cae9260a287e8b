// -o s3:// over TLS: the certificates of AWS_CA_BUNDLE, or of the profile, are trusted instead of Node's.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Ran, ROOT } from "../../support/command.ts";
import { certificate } from "../../support/get.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { s3Stub } from "../../support/servers/s3-stub.ts";
import { storeEnv } from "../../support/servers/store-env.ts";
import { pageOf } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
const BUNDLE = join(ROOT, "fixtures/tls/ca-cert.pem");
const PAIR = { key: certificate("address-key.pem"), cert: certificate("address-cert.pem") };

describe("-o s3:// over TLS", () => {
  it("trusts the certificates of AWS_CA_BUNDLE or a profile, and no others with them", async () => {
    const store = own(await s3Stub("us-east-1", PAIR));
    folder.list([server.url("/p1")]);
    const run = (env: Record<string, string>): Promise<Ran> =>
      folder.run(["urls.txt", "-o", "s3://books/a"], { env: { ...storeEnv(store), ...env } });

    const unknown = await run({});
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toContain("NODE_EXTRA_CA_CERTS=<file> adds its authority");

    for (const [bundle, why] of [
      [folder.at("none.pem"), "none.pem (AWS_CA_BUNDLE) cannot be used: ENOENT"],
      [folder.at("urls.txt"), "urls.txt (AWS_CA_BUNDLE) cannot be used: it has no certificate in PEM"],
    ] as const) {
      const wrong = await run({ AWS_CA_BUNDLE: bundle });
      expect(wrong.code).toBe(2);
      expect(wrong.stderr).toContain(why);
    }

    const ran = await run({ AWS_CA_BUNDLE: BUNDLE });
    expect(ran.code, ran.stderr).toBe(0);
    expect(store.objects.get("a/000001.txt")?.body).toEqual(pageOf("/p1"));

    folder.list([server.url("/p1"), server.url("/p2")]);
    const profile = await run({ AWS_CONFIG_FILE: folder.list(["[default]", `ca_bundle = ${BUNDLE}`], "config") });
    expect(profile.code, profile.stderr).toBe(0);
    expect(store.objects.has("a/000002.txt")).toBe(true);
  });
});
