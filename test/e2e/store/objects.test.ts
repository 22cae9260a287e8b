// -o s3://: the objects of a store have the bytes that file mode saves, under the names of its files.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { type Ran, recordsOf } from "../../support/command.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { type S3Stub, s3Stub } from "../../support/servers/s3-stub.ts";
import { NO_CREDENTIALS, storeEnv } from "../../support/servers/store-env.ts";
import { pageOf } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
let store: S3Stub;

beforeEach(async () => {
  store = own(await s3Stub());
});

const paths = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `/p${from + i}`);
const puts = () => store.requests.filter(({ method }) => method === "PUT").map(({ key }) => key);

function run(lines: readonly string[], ...args: string[]): Promise<Ran> {
  folder.list(lines.map(server.url));
  return folder.run(["urls.txt", "-o", "s3://books/a/b", ...args], { env: storeEnv(store) });
}

/** Expects the objects of these lines under `a/b/`, the records here and there, and nothing else here. */
function holds(lines: readonly string[]): void {
  for (const [i, path] of lines.entries()) {
    const name = `${String(i + 1).padStart(6, "0")}.txt`;
    expect(store.objects.get(`a/b/${name}`)?.body.toString(), name).toBe(String(pageOf(path)));
  }
  const records = [...recordsOf(folder.at(".bulkget")).values()];
  expect(records.filter(({ outcome }) => outcome === "saved")).toHaveLength(lines.length);
  expect(store.objects.get("a/b/results.jsonl")?.body).toEqual(readFileSync(folder.at(".bulkget/results.jsonl")));
  expect(store.uploads.size).toBe(0);
  expect(readdirSync(folder.at(".bulkget")).toSorted()).toEqual([".bulkget", "results.jsonl", "runs.jsonl"]);
  expect(readdirSync(folder.at(".bulkget/.bulkget"))).toEqual(["store.json"]);
}

/** A body of this length that no two blocks have in common. */
function largeBody(bytes: number): Buffer {
  const body = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 4096) body.writeUInt32BE(at, at);
  return body;
}

describe("-o s3://", () => {
  it("puts what file mode saves, and nothing stays here but the records", async () => {
    const ran = await run(paths(1, 300));
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toContain("s3://books/a/b/");
    holds(paths(1, 300));
    expect(store.objects.get("a/b/000001.txt")?.type).toBe("text/plain");
    expect(store.most).toBeLessThanOrEqual(64);
  });

  it("goes on from its records: what they name is neither fetched nor put again", async () => {
    await run(paths(1, 20));
    server.asked();
    store.requests.length = 0;
    const ran = await run(paths(1, 23));
    expect(ran.code, ran.stderr).toBe(0);
    expect(server.asked()).toEqual(["/p21", "/p22", "/p23"]);
    expect(puts().filter((key) => key.endsWith(".txt"))).toHaveLength(3);
    holds(paths(1, 23));
  });

  it("goes on from the copy of the records in the store where the state folder is lost", async () => {
    await run(paths(1, 20));
    rmSync(folder.at(".bulkget"), { recursive: true });
    server.asked();
    const ran = await run(paths(1, 21));
    expect(ran.stderr).toContain("is the copy of the records at s3://books/a/b/");
    expect(server.asked()).toEqual(["/p21"]);
    holds(paths(1, 21));
  });

  it("uploads a large body in equal parts, and one of 16 MiB by one request", async () => {
    const [large, small] = [largeBody(20_000_000), largeBody(16_777_216)];
    server.answers.set("/large", (_, response) => void response.end(large));
    server.answers.set("/small", (_, response) => void response.end(small));
    const ran = await run(["/large", "/small"], "--hash", "sha256");
    expect(ran.code, ran.stderr).toBe(0);
    const record = recordsOf(folder.at(".bulkget")).get(1);
    expect(record).toMatchObject({ bytes: large.length, sha256: createHash("sha256").update(large).digest("hex") });
    expect(store.objects.get("a/b/000001")?.body.equals(large)).toBe(true);
    expect(store.objects.get("a/b/000002")?.body.equals(small)).toBe(true);
    const parts = store.requests.filter(({ query }) => query.has("partNumber")).map(({ body }) => body.length);
    expect(parts.toSorted((a, b) => b - a)).toEqual([8_388_608, 8_388_608, 3_222_784]);
    expect(store.uploads.size).toBe(0);
    expect(readdirSync(folder.at(".bulkget/.bulkget"))).toEqual(["store.json"]);
  });

  it("tries again what may pass: SlowDown, 500, resets, lost answers, and a 200 that is an error", async () => {
    const faults = [
      { status: 503, code: "SlowDown" },
      { status: 500, code: "InternalError" },
      { status: 429, code: "TooManyRequests" },
      "reset",
      "reset late",
    ] as const;
    const seen = new Map<string, number>();
    const large = largeBody(20_971_520);
    server.answers.set("/large", (_, response) => void response.setHeader("content-type", "text/plain").end(large));
    store.fault = ({ method, key, query }) => {
      const what = `${method} ${key} ${query.get("partNumber")} ${query.has("uploads")}`;
      const times = seen.get(what) ?? 0;
      seen.set(what, times + 1);
      if (method === "POST" && query.has("uploadId")) return times === 0 ? "200 that is an error" : undefined;
      return times < 2 && method !== "GET" ? faults[(seen.size + times) % faults.length] : undefined;
    };
    const ran = await run([...paths(1, 40), "/large"]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(store.objects.get("a/b/000041.txt")?.body.equals(large)).toBe(true);
    expect(store.uploads.size).toBe(0);
    for (const [i, path] of paths(1, 40).entries())
      expect(store.objects.get(`a/b/${String(i + 1).padStart(6, "0")}.txt`)?.body.toString()).toBe(
        String(pageOf(path)),
      );
  });

  it("copies objects for duplicates with --dedupe", async () => {
    const ran = await run(["/p1", "/p2", "/p1"], "--dedupe");
    expect(ran.code, ran.stderr).toBe(0);
    expect(server.asked()).toEqual(["/p1", "/p2"]);
    holds(["/p1", "/p2", "/p1"]);
  });

  it("removes with --force the objects of the earlier run, and no others", async () => {
    await run(paths(1, 100));
    store.objects.set("a/b/mine.txt", { body: Buffer.from("mine"), type: undefined });
    const ran = await run(paths(1, 2), "--force");
    expect(ran.code, ran.stderr).toBe(0);
    expect([...store.objects.keys()].toSorted()).toEqual(
      ["000001.txt", "000002.txt", "mine.txt", "results.jsonl"].map((name) => `a/b/${name}`),
    );
  });

  it("uploads archives when they are sealed, and goes on with them", async () => {
    const first = await run(paths(1, 25), "--format", "tar", "--shard-count", "10");
    expect(first.code, first.stderr).toBe(0);
    const second = await run(paths(1, 27), "--format", "tar", "--shard-count", "10");
    expect(second.code, second.stderr).toBe(0);
    expect(server.asked()).toHaveLength(27);
    const shards = [...store.objects.keys()].filter((key) => key.endsWith(".tar"));
    expect(shards.toSorted()).toEqual([0, 1, 2, 3].map((i) => `a/b/0000${i}.tar`));
    const bodies = new Map<string, string>();
    for (const shard of shards) {
      writeFileSync(folder.at("shard.tar"), store.objects.get(shard)?.body ?? "");
      for (const name of execFileSync("tar", ["-tf", folder.at("shard.tar")], { encoding: "utf8" }).split("\n"))
        if (name.endsWith(".txt"))
          bodies.set(name, execFileSync("tar", ["-xOf", folder.at("shard.tar"), name], { encoding: "utf8" }));
    }
    for (const [i, path] of paths(1, 27).entries())
      expect(bodies.get(`${String(i + 1).padStart(6, "0")}.txt`)).toBe(String(pageOf(path)));
    expect(readdirSync(folder.at(".bulkget")).toSorted()).toEqual([".bulkget", "results.jsonl", "runs.jsonl"]);
  });

  it("fetches the lines of an archive again that is gone from the store", async () => {
    await run(paths(1, 20), "--format", "tar", "--shard-count", "10");
    store.objects.delete("a/b/00000.tar");
    server.asked();
    const ran = await run(paths(1, 20), "--format", "tar", "--shard-count", "10");
    expect(ran.code, ran.stderr).toBe(0);
    expect(server.asked()).toHaveLength(10);
    expect([...store.objects.keys()].filter((key) => key.endsWith(".tar"))).toHaveLength(2);
  });

  it("names an archive that the store does not take, and uploads it in the next run", async () => {
    store.fault = ({ method, key }) =>
      method === "PUT" && key.endsWith(".tar") ? { status: 403, code: "AccessDenied" } : undefined;
    const ran = await run(paths(1, 3), "--format", "tar", "-q");
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("s3://books/a/b/: 00000.tar: 403 AccessDenied: AccessDenied; run it again to go on");
    store.fault = () => undefined;
    server.asked();
    expect((await run(paths(1, 3), "--format", "tar")).code).toBe(0);
    expect(server.asked()).toEqual([]);
    expect(store.objects.has("a/b/00000.tar")).toBe(true);
  });

  it("renews credentials under way, and writes them nowhere", async () => {
    let loads = 0;
    const keyOf = (n: number) => ({ id: `AKID${n}`, secret: `very-secret-${n}`, token: `session-token-${n}` });
    server.answers.set("/credentials", (_, response) => {
      const { id, secret, token } = keyOf(++loads);
      const Expiration = new Date(Date.now() + 3_600_000).toISOString();
      response.end(JSON.stringify({ AccessKeyId: id, SecretAccessKey: secret, Token: token, Expiration }));
    });
    store.keys = [keyOf(1)];
    store.fault = () => {
      // From now on the store takes only the next key, as if the first one had ended.
      if (store.objects.size === 20) store.keys = [keyOf(2), { ...keyOf(1), token: "ended" }];
      return undefined;
    };
    folder.list(paths(1, 60).map(server.url));
    const env = { ...NO_CREDENTIALS, AWS_ENDPOINT_URL_S3: store.url };
    const ran = await folder.run(["urls.txt", "-o", "s3://books/a/b", "--format", "files", "-v"], {
      env: { ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: server.url("/credentials") },
    });
    expect(ran.code, ran.stderr).toBe(0);
    expect(loads).toBe(2);
    holds(paths(1, 60));
    const written = readdirSync(folder.path, { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, "latin1"));
    const stored = [...store.objects.values()].map(({ body }) => body.toString("latin1"));
    for (const text of [...written, ...stored, ran.stderr, ran.stdout])
      expect(text).not.toMatch(/very-secret|session-token|AKID/);
  });

  it("uploads WARC files and their indexes", async () => {
    const ran = await run(paths(1, 5), "--format", "warc");
    expect(ran.code, ran.stderr).toBe(0);
    expect([...store.objects.keys()].toSorted()).toEqual(
      ["00000.cdxj", "00000.warc.gz", "results.jsonl"].map((name) => `a/b/${name}`),
    );
  });
});
