// bulkget extract out of an object store: by its address, and by the state folder of a run.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { Ran } from "../../support/command.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { type S3Stub, s3Stub } from "../../support/servers/s3-stub.ts";
import { storeEnv } from "../../support/servers/store-env.ts";
import { pageOf } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
let store: S3Stub;

beforeEach(async () => {
  store = own(await s3Stub());
});

function run(...args: string[]): Promise<Ran> {
  return folder.run(args, { env: storeEnv(store) });
}

const LARGE = Buffer.alloc(400_000, "0123456789abc");

async function save(...args: string[]): Promise<void> {
  server.answers.set("/large", (_, response) => void response.setHeader("content-type", "text/plain").end(LARGE));
  server.answers.set("/empty", (_, response) => void response.setHeader("content-type", "text/plain").end());
  server.answers.set("/missing", (_, response) => void response.writeHead(404).end());
  folder.list(["/p1", "/large", "/missing", "/p1", "/empty", "/p6"].map(server.url));
  const ran = await run("urls.txt", "-o", "s3://books/a", "-c", "1", ...args);
  expect(ran.code, ran.stderr).toBe(1);
}

describe("extract from a store", () => {
  it.each([
    ["files", []],
    ["files with copies", ["--dedupe", "--hash", "sha256"]],
    ["tar archives", ["--format", "tar", "--shard-count", "2"]],
    ["tar archives with references", ["--format", "tar", "--dedupe"]],
    ["WARC files", ["--format", "warc"]],
  ])("writes bodies of %s, and reports a line without one", async (_, args) => {
    await save(...args);
    for (const from of [".bulkget", "s3://books/a", "s3://books/a/"]) {
      const ran = await run("extract", from, "1", "2", "3", "4", "5", "6", "-o", "out/");
      expect(ran.stderr).toMatch(/^bulkget: .*: line 3: was not saved: http_status \(404\b.*\)\n$/);
      expect(ran.code).toBe(1);
      expect(readFileSync(folder.at("out/000002.txt")).equals(LARGE)).toBe(true);
      expect(readFileSync(folder.at("out/000005.txt"))).toHaveLength(0);
      for (const [n, path] of [
        [1, "/p1"],
        [4, "/p1"],
        [6, "/p6"],
      ] as const)
        expect(readFileSync(folder.at(`out/00000${n}.txt`))).toEqual(pageOf(path));
      rmSync(folder.at("out"), { recursive: true });
    }
  });

  it("requests no more of an archive than the body", async () => {
    await save("--format", "tar");
    store.requests.length = 0;
    const ran = await run("extract", ".bulkget", "1");
    expect(ran.stdout).toBe(String(pageOf("/p1")));
    expect(store.requests.map(({ headers }) => headers.range)).toEqual([`bytes=512-${511 + pageOf("/p1").length}`]);
  });

  it("names an object that is gone, changed or cut", async () => {
    await save();
    store.objects.delete("a/000001.txt");
    store.objects.set("a/000006.txt", { body: Buffer.from("x"), type: undefined });
    const ran = await run("extract", "s3://books/a", "1", "6", "-o", "out/");
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("line 1: s3://books/a/000001.txt: is not in the store any more");
    expect(ran.stderr).toContain("line 6: s3://books/a/000006.txt: has 1 bytes of the body, and");
    rmSync(folder.at(".bulkget"), { recursive: true });
    await save("--format", "tar", "--force");
    store.objects.set("a/00000.tar", { body: Buffer.alloc(100), type: undefined });
    const cut = await run("extract", ".bulkget", "6");
    expect(cut.code).toBe(1);
    expect(cut.stderr).toContain("line 6: s3://books/a/00000.tar: is shorter than its records say");
  });

  it("ends with 3 where the store fails, and with 2 where it has no records", async () => {
    await save();
    store.fault = ({ method, key }) =>
      method === "GET" && key === "a/000001.txt" ? { status: 403, code: "AccessDenied" } : undefined;
    const ran = await run("extract", ".bulkget", "1");
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("s3://books/a/: 403 AccessDenied");
    const toFile = await run("extract", ".bulkget", "1", "-o", "page.html");
    expect(toFile.code).toBe(3);
    expect(toFile.stderr).toMatch(/^bulkget: s3:\/\/books\/a\/: 403 AccessDenied/);
    expect(existsSync(folder.at("page.html"))).toBe(false);
    const none = await run("extract", "s3://books/none", "1");
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("s3://books/none/: has no results.jsonl of a run");
  });

  it("ends with 3 and names the folder for temporary files where that cannot be used", async () => {
    await save();
    const env = { ...storeEnv(store), TMPDIR: folder.at("none") };
    for (const from of [".bulkget", "s3://books/a"]) {
      const ran = await folder.runProcess(["extract", from, "1"], { env });
      expect(ran.stderr).toMatch(
        /^bulkget: .*\/none: cannot be used for temporary files: ENOENT.*; TMPDIR names another folder\n$/,
      );
      expect(ran.code).toBe(3);
    }
  });
});
