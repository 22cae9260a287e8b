// -o s3://: what a run refuses, and how it stops where the store takes nothing.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { Ran } from "../../support/command.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { type S3Stub, STUB_KEY, s3Stub } from "../../support/servers/s3-stub.ts";
import { NO_CREDENTIALS, storeEnv } from "../../support/servers/store-env.ts";

const server = ownSite();
const folder = ownFolder();
let store: S3Stub;

beforeEach(async () => {
  store = own(await s3Stub());
});

function run(args: readonly string[], env = storeEnv(store), lines: readonly string[] = ["/p1", "/p2"]): Promise<Ran> {
  folder.list(lines.map(server.url));
  return folder.run(["urls.txt", ...args], { env });
}

describe("-o s3://", () => {
  it("stops with 3 where the bucket is missing, before anything is fetched", async () => {
    const ran = await run(["-o", "s3://other/a"]);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("s3://other/a/: 404 NoSuchBucket");
    expect(ran.stderr).toContain("create the bucket first");
    expect(server.asked()).toEqual([]);
    expect(existsSync(folder.at(".bulkget"))).toBe(false);
  });

  it("stops with 3 where the key is wrong, and shows no secret", async () => {
    const ran = await run(["-o", "s3://books/a"], { ...storeEnv(store), AWS_SECRET_ACCESS_KEY: "not-the-secret" });
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("403 SignatureDoesNotMatch");
    expect(ran.stderr).not.toContain("not-the-secret");
  });

  it("stops with 3 where objects may not be put, and aborts its uploads", async () => {
    const large = Buffer.alloc(20_971_520);
    server.answers.set("/large", (_, response) => void response.end(large));
    store.fault = ({ method, query }) =>
      method === "PUT" && query.has("partNumber") ? { status: 403, code: "AccessDenied" } : undefined;
    const ran = await run(["-o", "s3://books/a"], storeEnv(store), ["/large"]);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain(
      "bulkget: stopped: the file cannot be written (s3://books/a/000001: 403 AccessDenied: AccessDenied); run it again",
    );
    expect(store.uploads.size).toBe(0);
    expect(store.objects.has("a/000001")).toBe(false);
  });

  it("stops with 3 where nothing listens", async () => {
    const { url } = store;
    await store.close();
    const ran = await run(["-o", "s3://books/a"], { ...storeEnv({ url }) });
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("ECONNREFUSED");
  });

  it("has the reason in its last line, also with --quiet", async () => {
    store.fault = ({ method, key }) =>
      method === "PUT" && /\d\.txt$/.test(key) ? { status: 403, code: "AccessDenied" } : undefined;
    const ran = await run(["-o", "s3://books/a", "-q", "-c", "1"]);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toBe(
      "bulkget: stopped: the file cannot be written (s3://books/a/000001.txt: 403 AccessDenied: AccessDenied); run it again to go on\n",
    );
  });

  it("says what is wrong with an endpoint: no TLS there, or the bucket's name in it", async () => {
    const tls = { ...storeEnv(store), AWS_ENDPOINT_URL_S3: store.url.replace("http:", "https:") };
    const ran = await run(["-o", "s3://books/a"], tls);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("s3://books/a/: no TLS at this port: an endpoint without TLS begins with http://");
    const twice = await run(["-o", "s3://books/a"], { ...storeEnv(store), AWS_ENDPOINT_URL_S3: `${store.url}/books` });
    expect(twice.code).toBe(3);
    expect(twice.stderr).toContain("the endpoint ends with the name of the bucket: write it without");
  });

  it("names --state where the folder of the state cannot be used", async () => {
    const advice = "use another folder for the state (--state) with another prefix (-o)";
    const ran = await run(["-o", "s3://books/a", "--state", "urls.txt"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("urls.txt: the folder of the state cannot be made: ");
    expect(ran.stderr).toContain(advice);
    expect((await run(["-o", "s3://books/a"])).code).toBe(0);
    const tar = await run(["-o", "s3://books/a", "--format", "tar"]);
    expect(tar.code).toBe(2);
    expect(tar.stderr).toContain(advice);
    for (const more of [[], ["--dry-run"]]) {
      const moved = await run(["-o", "s3://books/a", ...more], storeEnv(store), ["/p2", "/p1"]);
      expect(moved.code).toBe(2);
      expect(moved.stderr).toContain(advice);
    }
  });

  it("refuses what is no address in the state folder, and says what to do", async () => {
    mkdirSync(folder.at(".bulkget/.bulkget/store.json"), { recursive: true });
    const ran = await run(["-o", "s3://books/a"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(
      ".bulkget/.bulkget/store.json: is not the address of a store that a run has written: move it away",
    );
  });

  it("ends at once where the session token of a variable has ended", async () => {
    store.keys = [{ ...STUB_KEY, token: "new" }];
    const env = { ...storeEnv(store), AWS_SESSION_TOKEN: "old" };
    const ran = await run(["-o", "s3://books/a"], env);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toBe(
      "bulkget: s3://books/a/: 400 ExpiredToken: The provided token has expired.; get new credentials\n",
    );
    expect(store.refused).toBe(1);

    store.keys = [{ ...STUB_KEY, token: "old" }];
    store.fault = ({ method }) => {
      if (method === "PUT") store.keys = [{ ...STUB_KEY, token: "new" }];
      return undefined;
    };
    const later = await run(["-o", "s3://books/a", "-c", "1"], env);
    expect(later.code).toBe(3);
    expect(later.stderr).toContain("ExpiredToken: The provided token has expired.; get new credentials); run it again");
    expect((await run(["-o", "s3://books/a"], { ...env, AWS_SESSION_TOKEN: "new" })).code).toBe(0);
  });

  it.each([
    ["gs://books/a", "AWS_ENDPOINT_URL_S3=https://storage.googleapis.com"],
    ["https://books.s3.amazonaws.com/a", "with the endpoint in AWS_ENDPOINT_URL_S3"],
    ["s3:/books/a", "write s3://bucket/prefix"],
    ["s3:books", "write s3://bucket/prefix"],
    ["file:///out", "write the path of the folder"],
  ])("takes %j for no folder", async (address, advice) => {
    const ran = await run(["-o", address]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(`${JSON.stringify(address)}: is no folder, and no address of an object store: `);
    expect(ran.stderr).toContain(advice);
    expect(readdirSync(folder.path)).toEqual(["urls.txt"]);
  });

  it("names the sources of credentials where there are none", async () => {
    const ran = await run(["-o", "s3://books/a"], { ...NO_CREDENTIALS, AWS_ENDPOINT_URL_S3: store.url });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("s3://books/a/: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  });

  it("refuses a prefix with objects of no run, and writes among them with --force", async () => {
    store.objects.set("a/mine.txt", { body: Buffer.from("mine"), type: undefined });
    const refused = await run(["-o", "s3://books/a"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("s3://books/a/: has objects, such as a/mine.txt, and no a/results.jsonl of a run");
    expect(server.asked()).toEqual([]);
    expect((await run(["-o", "s3://books/a", "--force"])).code).toBe(0);
    expect(store.objects.has("a/mine.txt")).toBe(true);
  });

  it("refuses the state of another prefix, and a folder with the state of a store", async () => {
    await run(["-o", "s3://books/a"]);
    const other = await run(["-o", "s3://books/b"]);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain(".bulkget: holds the state of a run into s3://books/a/: name another folder");
    expect((await run(["-o", "s3://books/b", "--state", "b"])).code).toBe(0);
    const asFolder = await run(["-o", "b"]);
    expect(asFolder.code).toBe(2);
    expect(asFolder.stderr).toContain("b: holds the state of a run into s3://books/b/");
  });

  it("refuses a folder with a run of files as its state", async () => {
    await run(["-o", "files"]);
    const ran = await run(["-o", "s3://books/a", "--state", "files"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("files: holds a run into that folder itself");
  });

  it("refuses a list in which another URL has the number of an object", async () => {
    await run(["-o", "s3://books/a"]);
    const ran = await run(["-o", "s3://books/a"], storeEnv(store), ["/p2", "/p1"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("objects in a store cannot be renamed");
  });

  it.each([
    [["--save-headers"], "--save-headers: is for files"],
    [["--remote-time"], "-R, --remote-time: is for files"],
    [["--update"], "-u, --update: does not go with an object store"],
    [["--prune"], "--prune: does not go with an object store"],
    [["--format", "warc", "--dedupe"], "--dedupe: does not go with --format warc into a store"],
    [["--workers", "2"], "does not go with an object store"],
  ])("refuses %j", async (args, why) => {
    const ran = await run(["-o", "s3://books/a", ...args]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(why);
    expect(store.requests).toHaveLength(0);
  });

  it.each(["s3://", "s3:///a", "s3://books/a//b", "s3://books/../b", "s3://bo oks/a"])(
    "refuses the address %j",
    async (address) => {
      const ran = await run(["-o", address]);
      expect(ran.code).toBe(2);
      expect(ran.stderr).toContain(JSON.stringify(address));
      expect(existsSync(folder.at(".bulkget"))).toBe(false);
    },
  );

  it("takes no file of a list or a user for the state of a store", async () => {
    const lines = (...names: string[]) =>
      writeFileSync(folder.at("named.txt"), names.map((name) => `${server.url("/p1")}\t${name}\n`).join(""));
    lines("store.json");
    for (const code of [0, 0]) expect((await folder.run(["named.txt", "-o", "out"])).code).toBe(code);
    writeFileSync(folder.at("out/store.json"), JSON.stringify({ output: "s3://books/a/" }));
    lines("store.json", "b.txt");
    expect((await folder.run(["named.txt", "-o", "out"])).code).toBe(0);
  });

  it("refuses --state for a folder", async () => {
    const ran = await run(["-o", "out", "--state", "s"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("--state <dir>: is for object stores (-o s3://bucket/prefix)");
  });

  it("fails a line whose name is too long for a key, and saves the others", async () => {
    const prefix = "x".repeat(690);
    const name = `${"d".repeat(200)}/${"e".repeat(200)}`;
    folder.list([`${server.url("/p1")}\t${name}`, server.url("/p2")]);
    const ran = await folder.run(["urls.txt", "-o", `s3://books/${prefix}`], { env: storeEnv(store) });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("keys of objects have room for");
    expect(store.objects.has(`${prefix}/000002.txt`)).toBe(true);
  });

  it("counts with --dry-run without a request to the store", async () => {
    await run(["-o", "s3://books/a"]);
    store.requests.length = 0;
    const ran = await run(["-o", "s3://books/a", "--dry-run"], storeEnv(store), ["/p1", "/p2", "/p3"]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toContain("2 saved");
    expect(store.requests).toHaveLength(0);
  });
});
