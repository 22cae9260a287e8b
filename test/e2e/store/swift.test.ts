// -o s3:// into a real OpenStack Swift on 127.0.0.1, read back by rclone and s3cmd: the bytes are those of file mode.

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Folder, type Ran, recordsOf, temporaryFolder } from "../../support/command.ts";
import { listeningAt } from "../../support/network/listening.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { HAS_SWIFT, type Swift, swift } from "../../support/servers/swift.ts";
import { pageOf } from "../../support/site.ts";

/** Number of small bodies. */
const BODIES = Number(process.env["SWIFT_BODIES"] ?? 150);

/** Bytes of the large one: with 10,000 small ones, the 200 MiB of 25 parts; else three parts. */
const LARGE_BYTES = BODIES < 10_000 ? 20_000_000 : 209_715_200;

const LIMIT_MS = 1_800_000; // a Swift takes some 100 objects per second

const server = ownSite();
const folder = ownFolder();
let home: Folder;
let store: Swift;

describe.skipIf(!HAS_SWIFT)("in a Swift", { timeout: LIMIT_MS }, () => {
  beforeAll(async () => {
    home = temporaryFolder();
    store = await swift(home.path);
    store.rclone("mkdir", ":s3:books");
  }, 120_000);

  afterAll(async () => {
    await store?.close();
    home?.remove();
  });

  it("all servers listen on 127.0.0.1 only", () => {
    expect(listeningAt(store.ports)).toEqual(store.ports.map(() => "0100007F"));
  });

  it("small bodies and one of several parts are the objects that file mode has as files", async () => {
    const lines = list();
    const ran = await run("-o", "s3://books/files");
    expect(ran.code, ran.stderr).toBe(0);
    expect((await run("-o", "files")).code).toBe(0);

    store.rclone("copy", ":s3:books/files", folder.at("back"));
    expectEqual("back", "files", lines.length);
    store.s3cmd("get", `s3://books/files/${nameOf(lines.length)}`, folder.at("large"));
    expect(readFileSync(folder.at("large")).equals(largeBody())).toBe(true);
    expect(readFileSync(folder.at("back/results.jsonl"))).toEqual(readFileSync(folder.at(".bulkget/results.jsonl")));

    const verified = await folder.run(["report", "s3://books/files", "--verify"], { env: store.env });
    expect(verified.stdout).toContain(
      `${lines.length.toLocaleString("en")} objects in s3://books/files/: all are there`,
    );
    server.asked();
    expect((await run("-o", "s3://books/files")).code).toBe(0);
    expect(server.asked()).toEqual([]);
  });

  it("tar archives have the bodies that file mode has as files", async () => {
    const lines = list();
    const perShard = Math.ceil(lines.length / 4);
    const ran = await run("-o", "s3://books/tar", "--format", "tar", "--shard-count", String(perShard));
    expect(ran.code, ran.stderr).toBe(0);
    expect((await run("-o", "files")).code).toBe(0);
    store.rclone("copy", ":s3:books/tar", folder.at("tar"));
    mkdirSync(folder.at("back"));
    for (const name of readdirSync(folder.at("tar")).filter((name) => name.endsWith(".tar")))
      execFileSync("tar", ["-C", folder.at("back"), "-xf", folder.at("tar", name)]);
    expectEqual("back", "files", lines.length);
    const verified = await folder.run(["report", ".bulkget", "--verify"], { env: store.env });
    expect(verified.stdout).toContain("4 objects in s3://books/tar/: all are there");
    const extracted = await folder.run(["extract", "s3://books/tar", "7"], { env: store.env });
    expect(extracted.stdout).toBe(String(pageOf("/p7")));
  });

  it("keys have all characters of the list's names", async () => {
    const names = ["a b.txt", "a+b.txt", "50%.txt", "a%2Fb.txt", "é/ü 日本.txt", "q?x=1&y#z.txt", "'()*!~,;:@$.txt"];
    writeFileSync(folder.at("urls.txt"), names.map((name, i) => `${server.url(`/p${i}`)}\t${name}\n`).join(""));
    const ran = await run("-o", "s3://books/odd names+%/");
    expect(ran.code, ran.stderr).toBe(0);
    const records = recordsOf(folder.at(".bulkget"));
    store.rclone("copy", ":s3:books/odd names+%", folder.at("back"));
    for (const [n, { file = "" }] of records)
      expect(readFileSync(folder.at("back", file)).toString(), file).toBe(String(pageOf(`/p${n - 1}`)));
    const verified = await folder.run(["report", ".bulkget", "--verify"], { env: store.env });
    expect(verified.stdout).toContain(`${names.length} objects in s3://books/odd names+%/: all are there`);
  });

  it("a duplicate is copied, shards share a prefix, and --force removes what the records name", async () => {
    const lines = [..."1234"].map((n) => server.url(`/p${n}`));
    folder.list([...lines, ...lines]);
    const ran = await run("-o", "s3://books/dedupe", "--dedupe");
    expect(ran.code, ran.stderr).toBe(0);
    expect(server.asked()).toHaveLength(4);
    expect(namesIn("dedupe")).toHaveLength(9);
    store.rclone("copy", ":s3:books/dedupe", folder.at("back"));
    expect(readFileSync(folder.at("back/000008.txt"))).toEqual(pageOf("/p4"));

    folder.list(lines.slice(0, 2));
    const forced = await run("-o", "s3://books/dedupe", "--force");
    expect(forced.code, forced.stderr).toBe(0);
    expect(namesIn("dedupe")).toEqual(["000001.txt", "000002.txt", "results.jsonl"]);

    folder.list(lines);
    for (const i of [1, 2]) {
      const shard = await run("-o", "s3://books/shards", "--state", `s${i}`, "--shard", `${i}/2`);
      expect(shard.code, shard.stderr).toBe(0);
    }
    const other = await run("-o", "s3://books/shards", "--state", "s3", "--shard", "1/3");
    expect(other.code).toBe(2);
    const report = await folder.run(["report", "s3://books/shards", "--verify"], { env: store.env });
    expect(report.stdout).toContain("shards  2 of 2\n");
    expect(report.code).toBe(0);
  });

  it("a run that is killed during a multipart upload leaves no upload open, when the next one has ended", async () => {
    const lines = list(2);
    const command = ["urls.txt", "-o", "s3://books/killed"];
    const killed = commandUnderWay(command, folder.path, store.env);
    const log = folder.at(".bulkget/.bulkget/uploads");
    await vi.waitFor(() => expect(readFileSync(log, "utf8")).toContain('"id"'), { timeout: 60_000, interval: 1 });
    killed.kill("SIGKILL");
    await killed.ended;
    const next = await folder.run(command, { env: store.env });
    expect(next.code, next.stderr).toBe(0);
    expect(uploads()).toEqual([]);
    store.rclone("copy", ":s3:books/killed", folder.at("back"));
    expect(readFileSync(folder.at("back", nameOf(lines.length))).equals(largeBody())).toBe(true);
  });

  it("a wrong key and a missing bucket end the run with 3, and the store's reason", async () => {
    list(1);
    const wrong = await folder.run(["urls.txt", "-o", "s3://books/a"], {
      env: { ...store.env, AWS_SECRET_ACCESS_KEY: "wrong" },
    });
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toContain("403 SignatureDoesNotMatch");
    const missing = await run("-o", "s3://none/a");
    expect(missing.code).toBe(3);
    expect(missing.stderr).toContain("404 NoSuchBucket");
    const region = await folder.run(["urls.txt", "-o", "s3://books/a"], {
      env: { ...store.env, AWS_REGION: "eu-west-3" },
    });
    expect(region.code).toBe(3);
    expect(region.stderr).toContain("AWS_REGION");
  });
});

/** Writes a list of small bodies and a large one. */
function list(small = BODIES): readonly string[] {
  server.answers.set("/large", (_, response) => void response.setHeader("content-type", "text/plain").end(largeBody()));
  const lines = [...Array.from({ length: small }, (_, i) => `/p${i + 1}`), "/large"];
  folder.list(lines.map(server.url));
  return lines;
}

let large: Buffer | undefined;

/** Each part is another one. */
function largeBody(): Buffer {
  if (large !== undefined) return large;
  large = Buffer.alloc(LARGE_BYTES);
  for (let i = 0; i + 4 <= LARGE_BYTES; i += 4) large.writeUInt32LE(Math.imul(i + 1, 2_654_435_761) >>> 0, i);
  return large;
}

function run(...args: string[]): Promise<Ran> {
  return folder.run(["urls.txt", ...args], { env: store.env });
}

function nameOf(n: number): string {
  return `${String(n).padStart(6, "0")}.txt`;
}

function expectEqual(back: string, files: string, count: number): void {
  const names = readdirSync(folder.at(files)).filter((name) => /^\d+\.txt$/.test(name));
  expect(names).toHaveLength(count);
  for (const name of names)
    expect(readFileSync(folder.at(back, name)).equals(readFileSync(folder.at(files, name))), name).toBe(true);
}

function namesIn(prefix: string): string[] {
  return store.rclone("lsf", `:s3:books/${prefix}`).trim().split("\n").toSorted();
}

/** Open multipart uploads. */
function uploads(): string[] {
  return store.s3cmd("multipart", "s3://books").match(/^.*killed.*$/gm) ?? [];
}
