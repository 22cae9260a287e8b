// Lists whose URLs collide in FNV-1a, or whose line numbers are far apart, are fetched correctly and in bounded memory.

import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { collidingPair, collidingUrls } from "../../journal/tables/collisions.ts";
import { filesOf, recordsOf, shell } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { peakMemory } from "../../support/servers/hostile.ts";

const server = ownSite();
const folder = ownFolder();
const out = () => folder.at("out");

it("a line is fetched although its URL has the FNV-1a hash of the URL that was saved for it, on another host", async () => {
  const [one, other] = collidingPair(server.url("/"), server.url("/").replace("127.0.0.1", "localhost"));
  const same = server.url("/same");
  folder.list([same, one]);
  expect((await folder.run(["urls.txt", "-o", "out"])).code).toBe(0);
  server.asked();
  folder.list([same, other]);
  const { code, stderr } = await folder.run(["urls.txt", "-o", "out"]);
  expect(code, stderr).toBe(0);
  expect(server.asked()).toEqual([new URL(other).pathname]);
  expect(recordsOf(out()).get(2)?.url).toBe(other);
});

it("--dedupe fetches each of several URLs with one FNV-1a hash once, and the next run fetches none", async () => {
  const urls = collidingUrls(server.url("/"), 8);
  folder.list([...urls, ...urls]);
  const { code, stderr } = await folder.run(["urls.txt", "-o", "out", "--dedupe"]);
  expect(code, stderr).toBe(0);
  expect(server.asked()).toHaveLength(urls.length);
  folder.list([...urls, ...urls, ...urls]);
  await folder.run(["urls.txt", "-o", "out", "--dedupe"]);
  expect(server.asked()).toEqual([]);
  expect(filesOf(out())).toHaveLength(3 * urls.length);
});

it.runIf(process.platform === "linux")(
  "resuming a list with sparse line numbers takes at most 60 bytes more per line",
  async () => {
    const LINES = 300_000;
    const SPARE_MIB = 40;
    const url = (i: number) => server.url(`/${i}`);
    const peakOf = async (name: string, numberOf: (i: number) => number) => {
      const record = (i: number) =>
        `{"n":${numberOf(i)},"url":"${url(i)}","outcome":"failed","error":"http_status","detail":"404 Not Found","status":404,"retryable":false,"attempts":1,"total_ms":1,"time":"2026-01-01T00:00:00.000Z"}\n`;
      const all = Array.from({ length: LINES }, (_, i) => i + 1);
      await folder.run(["-", "-o", name], { stdin: `${url(0)}\t0\n` }); // a folder of its own
      writeFileSync(folder.at(name, "results.jsonl"), all.map(record).join(""));
      folder.list(all.map((i) => `${url(i)}\t${numberOf(i)}`));
      const { env: hook, peakMib } = peakMemory(folder.path);
      // Newer versions of Node fill a larger young generation before they collect it: 100 MB that nothing keeps.
      const env = { NODE_OPTIONS: `${hook.NODE_OPTIONS} --max-semi-space-size=16` };
      const { code, stderr } = await shell(`bulkget urls.txt -o ${name}`, { cwd: folder.path, env });
      expect(code, stderr).toBe(1);
      expect(stderr).toContain("300,000 failed for good");
      return peakMib();
    };
    const near = await peakOf("near", (i) => i);
    const far = await peakOf("far", (i) => i * 1_000_003);
    expect(far - near).toBeLessThan((LINES * 60) / 2 ** 20 + SPARE_MIB);
  },
);
