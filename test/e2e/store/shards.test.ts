// -o s3:// with --shard, and from a program.
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { ROOT, shell } from "../../support/command.ts";
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

const paths = (count: number) => Array.from({ length: count }, (_, i) => `/p${i + 1}`);

function holds(count: number): void {
  for (const [i, path] of paths(count).entries())
    expect(store.objects.get(`a/${String(i + 1).padStart(6, "0")}.txt`)?.body.toString()).toBe(String(pageOf(path)));
}

describe("shards of a list", () => {
  it.each([
    ["a state folder each", (i: number) => `state-${i}`],
    ["one state folder", () => "state"],
  ])("put their objects under one prefix, with %s, and go on", async (_, stateOf) => {
    const env = storeEnv(store);
    folder.list(paths(2010).map(server.url));
    const run = (i: number, ...args: string[]) =>
      folder.run(["urls.txt", "-o", "s3://books/a", "--state", stateOf(i), "--shard", `${i}/3`, ...args], { env });
    for (const i of [1, 2, 3]) {
      const ran = await run(i);
      expect(ran.code, ran.stderr).toBe(0);
    }
    holds(2010);
    for (const i of [1, 2, 3])
      expect(store.objects.get(`a/results.${i}-of-3.jsonl`)?.body).toEqual(
        readFileSync(folder.at(stateOf(i), `results.${i}-of-3.jsonl`)),
      );
    expect(server.asked()).toHaveLength(2010);
    const again = await run(2);
    expect(again.code, again.stderr).toBe(0);
    expect(server.asked()).toEqual([]);
  });
});

describe("a prefix", () => {
  const into = (state: string, ...args: string[]) =>
    folder.run(["urls.txt", "-o", "s3://books/a", "--state", state, ...args], { env: storeEnv(store) });

  beforeEach(() => folder.list(paths(20).map(server.url)));

  async function refuses(args: readonly string[], ...reasons: string[]): Promise<void> {
    const before = new Map(store.objects);
    const { code, stderr } = await into("other", ...args);
    expect(code, stderr).toBe(2);
    for (const reason of reasons) expect(stderr).toContain(reason);
    expect(store.objects).toEqual(before);
  }

  it("with objects of others is refused for a shard, unless it is forced", async () => {
    store.objects.set("a/000001.txt", { body: Buffer.from("mine"), type: undefined });
    await refuses(["--shard", "1/2"], "has objects, such as a/000001.txt, and no run of shards", "or --force");
    expect((await into("forced", "--shard", "1/2", "--force")).code).toBe(0);
    expect(store.objects.get("a/000001.txt")?.body.toString()).toBe(String(pageOf("/p1")));
  });

  it("of a run of the whole list is refused for a shard", async () => {
    expect((await into("whole")).code).toBe(0);
    await refuses(["--shard", "1/2"], "and no run of shards");
  });

  it.each(["honoured", "refused", "ignored"] as const)(
    "of shards is refused for other divisions and the whole list (If-None-Match: %s)",
    async (condition) => {
      store.condition = condition;
      expect((await into("one", "--shard", "1/2")).code).toBe(0);
      await refuses(["--shard", "1/3"], "its runs are of 2 shards by line: --shard 1/2, or use another prefix");
      await refuses(["--shard", "3/3", "--force"], "its runs are of 2 shards by line: --shard i/2");
      await refuses(["--shard", "1/2", "--shard-by", "host"], "--shard 1/2 --shard-by line");
      await refuses([], "its runs are of 2 shards by line: --shard i/2");
      await refuses(["--force"], "its runs are of 2 shards by line");
      expect((await into("two", "--shard", "2/2")).code).toBe(0);
    },
  );

  it("whose division is no run's is refused", async () => {
    store.objects.set("a/.bulkget/shards", { body: Buffer.alloc(5000, "{"), type: undefined });
    await refuses(["--shard", "1/2"], "a/.bulkget/shards is not what a run has put: use another prefix");
  });
});

describe("the library", () => {
  it("puts objects, and refuses what the command refuses", async () => {
    const program = `
      import { bulkget } from ${JSON.stringify(`${ROOT}/dist/lib/index.mjs`)};
      const urls = ${JSON.stringify(paths(20).map(server.url))};
      let saved = 0;
      for await (const { outcome, file } of bulkget(urls, { outputDir: "s3://books/a", state: "s" }))
        if (outcome === "saved" && file !== undefined) saved++;
      console.log(saved);
      try { bulkget(urls, { outputDir: "s3://books/a", update: true }); } catch (error) { console.log(error.message); }
      try { bulkget(urls, { state: "s" }); } catch (error) { console.log(error.message); }
    `;
    folder.list([program], "program.mjs");
    const ran = await shell(`"${process.execPath}" program.mjs`, { cwd: folder.path, env: storeEnv(store) });
    expect(ran.stderr).toBe("");
    expect(ran.stdout.split("\n")).toEqual([
      "20",
      "update: does not go with an object store: run a changed list into another prefix",
      "state: is for object stores (`outputDir` s3://bucket/prefix): a folder has its state in it",
      "",
    ]);
    holds(20);
  });
});
