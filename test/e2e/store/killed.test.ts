// -o s3:// and kill -9: the next run goes on, and at the end the objects are those of file mode.
import { randomInt } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { recordsOf } from "../../support/command.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { commandUnderWay, graceOf } from "../../support/process/under-way.ts";
import { s3Stub } from "../../support/servers/s3-stub.ts";
import { storeEnv } from "../../support/servers/store-env.ts";
import { pageOf } from "../../support/site.ts";

/** Number of kills; each comes after a random number of requests to the store. */
const KILLS = Number(process.env["STORE_KILLS"] ?? 4);

const server = ownSite();
const folder = ownFolder();

it("a run that is stopped aborts its uploads at the store, and leaves a copy of its records there", async () => {
  const store = own(await s3Stub());
  server.answers.set("/large", (_, response) => void response.end(Buffer.alloc(20_971_520)));
  folder.list(["/p1", "/large", "/p3"].map(server.url));
  store.fault = ({ query }) => (query.has("partNumber") ? "silence" : undefined);
  const run = commandUnderWay(["urls.txt", "-o", "s3://books/a"], folder.path, { ...storeEnv(store), ...graceOf(100) });
  await vi.waitFor(
    () => {
      expect(store.requests.some(({ query }) => query.has("partNumber"))).toBe(true);
      expect(store.objects.size).toBe(2);
    },
    { timeout: 60_000, interval: 5 },
  );
  run.kill("SIGTERM");
  const { signal, stderr } = await run.ended;
  expect(signal, stderr).toBe("SIGTERM");
  expect(store.uploads.size).toBe(0);
  expect(store.objects.get("a/results.jsonl")?.body).toEqual(readFileSync(folder.at(".bulkget/results.jsonl")));
  store.fault = () => undefined;
  const next = await folder.run(["urls.txt", "-o", "s3://books/a"], { env: storeEnv(store) });
  expect(next.code, next.stderr).toBe(0);
  expect(store.objects.get("a/000002")?.body).toHaveLength(20_971_520);
});

const filesIn = (path: string) =>
  existsSync(path) ? readdirSync(path).filter((name) => !["since", "store.json"].includes(name)) : [];

it.each([
  ["files", []],
  ["tar archives", ["--format", "tar", "--shard-count", "30"]],
])("a run into %s that is killed many times ends with all objects, and with no open uploads", async (_, args) => {
  const store = own(await s3Stub());
  const large = Buffer.alloc(41_943_040, "0123456789abcde");
  server.answers.set("/large", (_, response) => void response.setHeader("content-type", "text/plain").end(large));
  const lines = [...Array.from({ length: 200 }, (_, i) => `/p${i + 1}`), "/large"];
  folder.list(lines.map(server.url));
  const command = ["urls.txt", "-o", "s3://books/a", "-c", "8", ...args];
  for (let kill = 0; kill < KILLS; kill++) {
    const from = store.requests.length;
    const after = randomInt(1, 60);
    const run = commandUnderWay(command, folder.path, storeEnv(store));
    let isOver = false;
    void run.ended.then(() => {
      isOver = true;
    });
    await vi.waitFor(
      () => {
        if (!isOver) expect(store.requests.length).toBeGreaterThan(from + after);
      },
      { timeout: 60_000, interval: 1 },
    );
    run.kill("SIGKILL");
    await run.ended;
  }
  const last = await folder.run(command, { env: storeEnv(store) });
  expect(last.code, last.stderr).toBe(0);
  expect(store.uploads.size).toBe(0);
  expect(filesIn(folder.at(".bulkget/.bulkget"))).toEqual([]);
  const records = recordsOf(folder.at(".bulkget"));
  expect(records.size).toBe(lines.length);
  for (const [i, path] of lines.entries()) {
    const record = records.get(i + 1) as {
      readonly file?: string;
      readonly shard?: string;
      readonly offset?: number;
      readonly bytes: number;
    };
    const object = store.objects.get(`a/${record.shard ?? record.file}`)?.body;
    const body = object?.subarray(record.offset ?? 0, (record.offset ?? 0) + record.bytes);
    expect(body?.equals(path === "/large" ? large : pageOf(path)), path).toBe(true);
  }
  const copy = store.objects.get("a/results.jsonl")?.body;
  expect(copy).toEqual(readFileSync(folder.at(".bulkget/results.jsonl")));
});
