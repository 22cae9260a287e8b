// --workers: several processes fetch, with the files, records and limits of a single one.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { filesOf, shell } from "../../support/command.ts";
import { own } from "../../support/own.ts";
import { noTmpfs, tmpfs } from "../../support/process/tmpfs.ts";
import { body, rudeServer } from "../../support/rude.ts";
import { contentOf } from "../../support/servers/crowd.ts";
import { crowded } from "../../support/servers/crowded.ts";
import { journalOf, OF_THE_MOMENT } from "../../support/site.ts";

const { folder, at, serve, list, expectAll } = crowded();

describe("--workers", () => {
  it("1, 2 and 4 produce equal files and records", async () => {
    const server = await rudeServer();
    const paths = (n: number) =>
      [
        `/slow?max=10&seed=${n}`,
        `/ok?seed=${n}&size=${n * 37}`,
        "/status/404",
        `/ok?seed=${n}&size=400000`,
        `/turns?first=/reset-before&times=1&then=/ok&of=${n}`,
        "/redirect?to=/ok",
      ][n % 6] ?? "";
    list(600, (n) => (n % 50 === 0 ? "not a url" : server.url(paths(n))));
    const results = [];
    for (const workers of ["1", "2", "4"]) {
      const ran = await folder.runProcess(["urls.txt", "-o", workers, "-c", "12", "--workers", workers, "-q"]);
      const records = journalOf(at(workers)).map((record) => {
        const rest = Object.entries(record).filter(([key]) => !OF_THE_MOMENT.includes(key));
        // A reset may be noticed in one phase or another, with different details.
        return JSON.stringify({ ...Object.fromEntries(rest), detail: "" });
      });
      const files = filesOf(at(workers)).map((file) => [file, readFileSync(at(workers, file)).toString("base64")]);
      const failures = readFileSync(at(workers, "failed.txt"), "utf8").split("\n").length;
      results.push({ code: ran.code, stderr: ran.stderr, records, files, failures });
    }
    await server.close();
    const [one, two, four] = results;
    expect(one?.code).toBe(1);
    expect(one?.records.length).toBe(600);
    expect(two).toEqual(one);
    expect(four).toEqual(one);
  });

  it("2 keeps -c, --per-host and --rate as the server sees them, and shares the work", async () => {
    const server = await serve();
    list(3000, (n) => `${server.origin}/${n}`);
    const run = (...args: string[]) => folder.runProcess(["urls.txt", "--workers", "2", ...args]);
    expect((await run("-c", "10")).code).toBe(0);
    expectAll(3000);
    expect(server.peakOpen).toBe(10);
    expect(server.connections).toBeGreaterThan(10); // the second process has connections too
    const capped = await serve();
    list(500, (n) => `${capped.origin}/${n}`);
    expect((await run("-c", "10", "--per-host", "3", "-o", "capped")).code).toBe(0);
    expect(capped.peakOpen).toBeLessThanOrEqual(3);
    list(60, (n) => `${capped.origin}/${n}`);
    const beganMs = performance.now();
    expect((await run("--rate", "40", "-o", "slow")).code).toBe(0);
    expect(performance.now() - beganMs).toBeGreaterThan(1400);
  });

  it("3 reads standard input, and leaves no process", async () => {
    const server = await serve();
    const stdin = Array.from({ length: 500 }, (_, i) => `${server.origin}/${i + 1}\n`).join("");
    const { code, stderr } = await folder.runProcess(["-", "-q", "--workers", "3", "-c", "6"], { stdin });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expectAll(500);
  });

  it("2 saves a repeated name for one line only", async () => {
    const server = await serve();
    // The lines of a pair are neighbours, so that both are under way together.
    list(2000, (n) => `${server.origin}/${n}/same-${Math.ceil(n / 2)}`);
    const args = ["urls.txt", "--workers", "2", "-c", "8", "--name", "{basename}"];
    const { code } = await folder.runProcess(args);
    expect(code).toBe(1);
    const records = journalOf(at("downloads"));
    const saved = records.filter(({ outcome }) => outcome === "saved") as { n: number; file: string; url: string }[];
    expect(saved.length).toBe(1000);
    expect(new Set(saved.map(({ file }) => file)).size).toBe(1000);
    for (const { file, url } of saved) {
      expect(readFileSync(at("downloads", file)).equals(contentOf(new URL(url).pathname)), file).toBe(true);
    }
    const failed = records.filter((one) => one.outcome === "failed");
    expect(failed.length).toBe(1000);
    expect(failed.every((one) => one.outcome === "failed" && one.error === "file_exists")).toBe(true);
    expect(filesOf(at("downloads")).length).toBe(1000);
  });

  it("2 never saves two lines under one name where the list names another line's numbered file", async () => {
    const server = await serve();
    list(2000, (n) => {
      const stolen = n > 100 && n % 2 === 1 ? `\tx/../${String(n + 1).padStart(6, "0")}.bin` : "";
      return `${server.origin}/${n}.bin${stolen}`;
    });
    const { code, stderr } = await folder.runProcess(["urls.txt", "--workers", "2", "-c", "8"]);
    const records = journalOf(at("downloads"));
    expect(records.length, stderr).toBe(2000);
    const saved = records.filter(({ outcome }) => outcome === "saved") as { n: number; file: string; url: string }[];
    expect(new Set(saved.map(({ file }) => file)).size).toBe(saved.length);
    for (const { file, url } of saved) {
      expect(readFileSync(at("downloads", file)).equals(contentOf(new URL(url).pathname)), file).toBe(true);
    }
    expect([0, 1]).toContain(code);
  });

  it.each([["--robots"], ["--cookie", "a=b"]])("2 is refused with %s", async (...option) => {
    list(1, () => "http://127.0.0.1:1/");
    const { code, stderr } = await folder.runProcess(["urls.txt", "--workers", "2", ...option]);
    expect(code).toBe(2);
    expect(stderr).toContain(`--workers 2 does not go with ${option[0]}`);
    expect(existsSync(at("downloads"))).toBe(false);
    const { code: auto } = await folder.runProcess(["urls.txt", "--retries", "0", ...option]);
    expect(auto).toBe(1);
  });
});

if (noTmpfs !== undefined) console.warn(`SKIPPED: --workers 2 on a full disk: it cannot be mounted: ${noTmpfs}`);

describe("--workers 2 without enough", () => {
  it("file descriptors fetches fewer URLs at a time, and fails no line", async () => {
    const server = await serve();
    list(3000, (n) => `${server.origin}/${n}`);
    const { code, stderr } = await shell("ulimit -n 40; bulkget urls.txt --workers 2 -c 100 -q", { cwd: folder.path });
    expect(code, stderr).toBe(0);
    expectAll(3000);
  });

  it.skipIf(noTmpfs !== undefined)("disk space stops the run with exit code 3, and the next run resumes", async () => {
    const disk = own(tmpfs(at("disk"), "3m"));
    const server = await serve();
    list(5000, (n) => `${server.origin}/${n}`);
    const args = ["urls.txt", "--workers", "2", "-c", "10", "-q", "-o", "disk/out", "--min-free", "0"];
    const { code, stderr } = await folder.runProcess(args);
    expect(code, stderr).toBe(3);
    const lines = readFileSync(at("disk", "out", "results.jsonl"), "utf8")
      .split("\n")
      .slice(0, -1);
    const saved = lines.map((line) => JSON.parse(line)).filter(({ outcome }) => outcome === "saved");
    expect(saved.length).toBeGreaterThan(100);
    for (const { n, file } of saved) {
      expect(readFileSync(at("disk", "out", file)).equals(contentOf(`/${n}`)), file).toBe(true);
    }
    disk.remount("size=96m");
    expect((await folder.runProcess(args)).code).toBe(0);
    expectAll(5000, at("disk", "out"));
  });
});

describe("--workers 2 with a large body", () => {
  it("that was interrupted continues it with a range request, in either process", async () => {
    const whole = body(3_000_000, 7);
    const ranges: string[] = [];
    const server = await serve((response, path, nth) => {
      if (!path.startsWith("/large")) return false;
      const range = response.req.headers.range;
      response.setHeader("etag", '"one"');
      if (range === undefined) {
        response.writeHead(200, { "content-length": whole.length });
        response.write(whole.subarray(0, 2_000_000), () => response.destroy());
      } else {
        ranges.push(`${nth} ${range}`);
        const from = Number(/=(\d+)-/.exec(range)?.[1]);
        const about = `bytes ${from}-${whole.length - 1}/${whole.length}`;
        response.writeHead(206, { "content-range": about, "content-length": whole.length - from });
        response.end(whole.subarray(from));
      }
      return true;
    });
    list(1000, (n) => `${server.origin}/${n % 50 === 0 ? "large/" : ""}${n}`);
    const { code, stderr } = await folder.runProcess(["urls.txt", "--workers", "2", "-c", "8"]);
    expect(code, stderr).toBe(0);
    expect(ranges.length).toBe(20);
    for (let n = 50; n <= 1000; n += 50) {
      expect(readFileSync(at("downloads", String(n).padStart(6, "0"))).equals(whole)).toBe(true);
    }
    expect(existsSync(at("downloads", ".bulkget"))).toBe(false);
  });
});
