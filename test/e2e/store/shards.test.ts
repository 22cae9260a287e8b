// -o s3:// with --shard, and from a program.
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { ROOT, shell } from "../../support/command.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { type S3Stub, s3Stub } from "../../support/servers/s3-stub.ts";
import { pageOf } from "../../support/site.ts";
import { storeEnv } from "../../support/store-env.ts";

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
