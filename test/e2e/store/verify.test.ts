// bulkget report --verify: names the objects that are not as they were recorded.
import { readdirSync, rmSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { Ran } from "../../support/command.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { type S3Stub, s3Stub } from "../../support/servers/s3-stub.ts";
import { storeEnv } from "../../support/servers/store-env.ts";

const server = ownSite();
const folder = ownFolder();
let store: S3Stub;

beforeEach(async () => {
  store = own(await s3Stub());
});

function run(...args: string[]): Promise<Ran> {
  return folder.run(args, { env: storeEnv(store) });
}

async function save(...args: string[]): Promise<void> {
  folder.list(Array.from({ length: 1100 }, (_, i) => server.url(`/p${i}`)));
  const ran = await run("urls.txt", "-o", "s3://books/a", ...args);
  expect(ran.code, ran.stderr).toBe(0);
}

describe("report --verify", () => {
  it("finds all objects of a run, in pages of the listing", async () => {
    await save();
    const ran = await run("report", ".bulkget", "--verify");
    expect(ran.stdout).toContain("verify  1,100 objects in s3://books/a/: all are there\n");
    expect(ran.code).toBe(0);
  });

  it("names what is missing or has another size, and ends with 1; by the address, too", async () => {
    await save();
    store.objects.delete("a/000003.txt");
    store.objects.set("a/000005.txt", { body: Buffer.from("x"), type: undefined });
    const text =
      /verify {2}1,100 objects in s3:\/\/books\/a\/: 1 missing, 1 of another size\n {2}000003\.txt {2}line 3: missing\n {2}000005\.txt {2}line 5: has 1 bytes, and \d+ were recorded\n/;
    const byFolder = await run("report", ".bulkget", "--verify");
    expect(byFolder.stdout).toMatch(text);
    expect(byFolder.code).toBe(1);
    rmSync(folder.at(".bulkget"), { recursive: true });
    const byAddress = await run("report", "s3://books/a", "--verify");
    expect(byAddress.stdout).toMatch(text);
    expect(byAddress.stdout).toContain("folder  s3://books/a\n");
    expect(byAddress.code).toBe(1);
    expect(readdirSync(folder.path)).toEqual(["urls.txt"]);
  });

  it("finds the archives of a run, and one that is cut", async () => {
    await save("--format", "tar", "--shard-count", "1000");
    expect((await run("report", ".bulkget", "--verify")).stdout).toContain(
      "verify  2 objects in s3://books/a/: all are there\n",
    );
    store.objects.set("a/00001.tar", { body: Buffer.alloc(512), type: undefined });
    const ran = await run("report", ".bulkget", "--verify", "--json");
    expect(ran.stderr).toContain("00001.tar  line ");
    expect(JSON.parse(ran.stdout)).toMatchObject({ counts: { saved: 1100 } });
    expect(ran.code).toBe(1);
  });

  it("names the index of a WARC file that is lost", async () => {
    await save("--format", "warc");
    store.objects.delete("a/00000.cdxj");
    const ran = await run("report", ".bulkget", "--verify");
    expect(ran.stdout).toContain(
      "verify  2 objects in s3://books/a/: 1 missing, 0 of another size\n  00000.cdxj  line ",
    );
    expect(ran.code).toBe(1);
  });

  it("finds the objects of all shards by their address, and prints the command that goes on", async () => {
    server.answers.set("/p7", (_, response) => void response.writeHead(404).end());
    folder.list(Array.from({ length: 1100 }, (_, i) => server.url(`/p${i}`)));
    for (const i of [1, 2]) await run("urls.txt", "-o", "s3://books/a", "--state", `s${i}`, "--shard", `${i}/2`);
    const both = await run("report", "s3://books/a", "--verify");
    expect(both.stdout).toContain("verify  1,099 objects in s3://books/a/: all are there\n");
    expect(both.stdout).toContain("shards  2 of 2\n");
    expect(both.stdout).toMatch(/^failed {2}1 /m);
    store.objects.delete("a/results.2-of-2.jsonl");
    expect((await run("report", "s3://books/a")).stdout).toContain("shards  1 of 2; missing: 2\n");
    const own = await run("report", "s1");
    expect(own.stdout).toContain("  bulkget s1/failed.1-of-2.txt -o s3://books/a/ --state s1 --shard 1/2\n");
  });

  it("refuses a folder of files, and an address without records", async () => {
    folder.list([server.url("/p1")]);
    await run("urls.txt", "-o", "out");
    const files = await run("report", "out", "--verify");
    expect(files.code).toBe(2);
    expect(files.stderr).toContain("out: is not the state folder of a run into an object store");
    const none = await run("report", "s3://books/none", "--verify");
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("s3://books/none/: has no results.jsonl of a run");
  });
});
