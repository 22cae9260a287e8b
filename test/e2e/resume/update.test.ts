// -u makes conditional requests, replaces changed files, and leaves unchanged ones.

import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import type { Ran } from "../../support/command.ts";
import { versionsOn } from "../../support/folders/versions.ts";
import { installed, nginx } from "../../support/network/servers.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { type Answer, body, journalOf, leftIn, status } from "../../support/site.ts";

const HAS_NGINX = installed("nginx") !== undefined;
if (!HAS_NGINX) {
  console.warn("SKIPPED: -u against nginx, which is not installed (apt-get install nginx-light)");
}

const server = ownSite();
const folder = ownFolder();
const { serve, conditions, answered } = versionsOn(server);

const { at } = folder;
const saved = (...more: string[]) => at("downloads", ...more);
const list = (...lines: readonly string[]) => folder.list(lines.map(server.url));
const run = (...args: string[]): Promise<Ran> => folder.run(["urls.txt", ...args]);
const contentOf = (file: string) => readFileSync(saved(file), "utf8");
const outcomes = () => journalOf(saved()).map(({ outcome }) => outcome);

const OLD = "Wed, 01 Jan 2020 00:00:00 GMT";
const NEW = "Thu, 02 Jan 2020 00:00:00 GMT";

/** The metadata that shows whether a file was touched. */
function traceOf(file: string) {
  const { ino, mtimeMs, ctimeMs, size } = statSync(saved(file));
  return { ino, mtimeMs, ctimeMs, size };
}

describe("-u", () => {
  it("leaves unchanged files untouched, and records them as unchanged", async () => {
    serve("/a", "one", { etag: '"1"' });
    serve("/b", "two", { "last-modified": OLD });
    serve("/c", "three", { etag: 'W/"3"', "last-modified": OLD });
    list("/a", "/b", "/c");
    expect((await run()).code).toBe(0);
    const before = leftIn(saved());
    const traces = ["000001.txt", "000002.txt", "000003.txt"].map(traceOf);
    conditions();
    for (let again = 0; again < 3; again++) {
      const { code, stderr } = await run("-u");
      expect(code, stderr).toBe(0);
      expect(stderr).toContain("updating, 3 to look at\n");
      expect(stderr).toContain("3 unchanged on the server");
      expect(conditions()).toEqual(['/a 304 "1"', `/b 304 ${OLD}`, '/c 304 W/"3"']);
      expect(["000001.txt", "000002.txt", "000003.txt"].map(traceOf)).toEqual(traces);
      expect(leftIn(saved())).toEqual({ ...before, records: before.records.map(asUnchanged) });
    }
    expect((await run()).stderr).toContain("resuming: 3 saved earlier, 0 to do\n");
    expect(conditions()).toEqual([]);
  });

  it("is required to request saved files again", async () => {
    serve("/a", "one", { etag: '"1"' });
    list("/a");
    await run();
    serve("/a", "new", { etag: '"2"' });
    conditions();
    await run();
    expect(conditions()).toEqual([]);
    expect(contentOf("000001.txt")).toBe("one");
  });

  it("replaces changed files and their validators, and fetches new lines", async () => {
    serve("/a", "one", { etag: '"1"' });
    serve("/b", "two", { etag: '"2"' });
    list("/a", "/b");
    await run();
    serve("/a", "another one", { etag: '"1b"', "last-modified": NEW });
    list("/a", "/b", "/new");
    conditions();
    const { code, stderr } = await run("-u");
    expect(code, stderr).toBe(0);
    expect(conditions()).toEqual(['/a 200 "1"', '/b 304 "2"']);
    expect(contentOf("000001.txt")).toBe("another one");
    expect(outcomes()).toEqual(["saved", "unchanged", "saved"]);
    expect(journalOf(saved())[0]).toMatchObject({ etag: '"1b"', last_modified: NEW, bytes: 11 });
    await run("-u");
    expect(conditions()).toEqual(['/a 304 "1b"', '/b 304 "2"']);
  });

  it("fetches files without validators again", async () => {
    server.answers.set("/a", body("one"));
    list("/a");
    await run();
    server.answers.set("/a", body("two"));
    expect((await run("-u")).code).toBe(0);
    expect(contentOf("000001")).toBe("two");
    expect(outcomes()).toEqual(["saved"]);
  });

  it("never shows a reader a missing or half-replaced file", async () => {
    const [before, after] = ["a", "b"].map((letter) => letter.repeat(3_000_000)) as [string, string];
    serve("/big", before, { etag: '"1"' });
    list("/big");
    await run();
    const seen: string[] = [];
    let reading = true;
    const look = () => {
      const text = contentOf("000001.txt"); // throws where the file is missing
      if (text === before || text === after) seen[text === before ? 0 : 1] = text === before ? "old" : "new";
      else seen.push(`${text.length} bytes of neither`);
    };
    server.answers.set("/big", (_, response) => {
      response.writeHead(200, { etag: '"2"', "content-type": "text/plain", "content-length": after.length });
      const sendFrom = (from: number) => {
        look();
        if (from >= after.length) response.end();
        else response.write(after.slice(from, from + 100_000), () => sendFrom(from + 100_000));
      };
      sendFrom(0);
    });
    const done = run("-u").finally(() => {
      reading = false;
    });
    while (reading) {
      look();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await done).code).toBe(0);
    look();
    expect(seen).toEqual(["old", "new"]);
  });

  const failures: [string, Answer, string][] = [
    ["500", status(500), "http_status"],
    ["404", status(404), "http_status"],
    ["no response", () => {}, "headers_timeout"],
    ["a truncated body", (_, response) => void cut(response), "truncated"],
  ];
  it.each(failures)("keeps the old file after %s, and requests it again next time", async (_, answer, error) => {
    serve("/a", "one", { etag: '"1"', "last-modified": OLD });
    list("/a");
    await run();
    const trace = traceOf("000001.txt");
    server.answers.set("/a", answer);
    const { code, stderr } = await run("-u", "--retries", "0", "--timeout", "500ms");
    expect(code).toBe(1);
    expect(stderr).toContain("; 000001.txt is kept as it was: ");
    expect(traceOf("000001.txt")).toEqual(trace);
    const known = { file: "000001.txt", bytes: 3, etag: '"1"', last_modified: OLD };
    expect(journalOf(saved())).toMatchObject([{ outcome: "failed", error, ...known }]);
    expect(existsSync(saved("failed.txt"))).toBe(true);
    conditions();
    serve("/a", "one", { etag: '"1"', "last-modified": OLD });
    expect((await run("-u", "--retry-failed")).code).toBe(0);
    expect(conditions()).toEqual(['/a 304 "1"']);
    expect(traceOf("000001.txt")).toEqual(trace);
    expect(outcomes()).toEqual(["unchanged"]);
    expect(existsSync(saved("failed.txt"))).toBe(false);
  });

  it("requests files again whose last update failed permanently", async () => {
    serve("/a", "one", { etag: '"1"' });
    list("/a");
    await run();
    server.answers.set("/a", status(404));
    await run("-u");
    conditions();
    serve("/a", "one", { etag: '"1"' });
    expect((await run("-u")).code).toBe(0);
    expect(conditions()).toEqual(['/a 304 "1"']);
  });

  it.each([
    ["missing", (path: string) => rmSync(path)],
    ["truncated", (path: string) => truncateSync(path, 1)],
  ])("never accepts a 304 for a file that is %s", async (_, damage) => {
    serve("/a", "one", { etag: '"1"', "last-modified": OLD });
    list("/a");
    await run();
    damage(saved("000001.txt"));
    conditions();
    const { code, stderr } = await run("-u");
    expect(code, stderr).toBe(0);
    expect(conditions()).toEqual(["/a 200"]);
    expect(contentOf("000001.txt")).toBe("one");
    // A 304 to an unconditional request has no body to save.
    rmSync(saved("000001.txt"));
    server.answers.set("/a", status(304));
    expect((await run("-u")).code).toBe(1);
    expect(existsSync(saved("000001.txt"))).toBe(false);
    expect(journalOf(saved())).toMatchObject([{ outcome: "failed", error: "http_status", status: 304 }]);
  });

  it("after a SIGKILL of another -u leaves a journal that agrees with the files", async () => {
    const paths = Array.from({ length: 300 }, (_, i) => `/page-${i + 1}`);
    for (const path of paths) serve(path, `old ${path}`, { etag: `"old-${path}"` });
    list(...paths);
    await run();
    const isNew = (i: number) => i % 3 === 0;
    for (const [i, path] of paths.entries()) {
      // Of equal length, so that only the ETag differs.
      if (isNew(i)) serve(path, `new ${path}`, { etag: `"new-${path}"` });
    }
    conditions();
    const update = commandUnderWay(["urls.txt", "-u", "-c", "4"], folder.path);
    await expect.poll(answered, { interval: 1, timeout: 20_000 }).toBeGreaterThan(150);
    update.kill("SIGKILL");
    expect((await update.ended).signal).toBe("SIGKILL");
    const { code, stderr } = await run("-u");
    expect(code, stderr).toBe(0);
    const left = leftIn(saved());
    expect(left.records).toHaveLength(300);
    for (const [i, path] of paths.entries()) {
      const version = isNew(i) ? "new" : "old";
      const file = `${String(i + 1).padStart(6, "0")}.txt`;
      expect(left.files[file]).toBe(`${version} ${path}`);
      expect(left.records[i]).toMatchObject({
        n: i + 1,
        file,
        etag: `"${version}-${path}"`,
        bytes: `old ${path}`.length,
      });
    }
    expect(Object.keys(left.files)).toHaveLength(300);
    conditions();
    await run("-u");
    expect(conditions().filter((line) => !line.includes(" 304 "))).toEqual([]);
  });

  it.skipIf(!HAS_NGINX)(
    "finds 100 changed files among 10,000 on nginx",
    async () => {
      const root = at("site");
      mkdirSync(root);
      const numbers = Array.from({ length: 10_000 }, (_, i) => i + 1);
      for (const n of numbers) {
        writeFileSync(join(root, `${n}.txt`), `${n} is the number of this page\n`.repeat(1 + (n % 50)));
        utimesSync(join(root, `${n}.txt`), 1_577_836_800, 1_577_836_800);
      }
      const peer = await nginx({ root });
      try {
        writeFileSync(at("urls.txt"), numbers.map((n) => `${peer.origin}/${n}.txt\n`).join(""));
        expect((await run("-q")).code).toBe(0);
        const isNew = (n: number) => n % 100 === 7;
        for (const n of numbers.filter(isNew)) writeFileSync(join(root, `${n}.txt`), `${n} is new\n`);
        const { code, stderr } = await run("-u");
        expect(code, stderr).toBe(0);
        expect(stderr).toContain("9,900 unchanged on the server");
        const { files, records } = leftIn(saved());
        expect(records).toHaveLength(10_000);
        expect(records.filter(({ n = 0, outcome }) => outcome !== (isNew(n) ? "saved" : "unchanged"))).toEqual([]);
        const wrong = numbers.filter(
          (n) => files[`${String(n).padStart(6, "0")}.txt`] !== readFileSync(join(root, `${n}.txt`), "latin1"),
        );
        expect(wrong).toEqual([]);
        expect(Object.keys(files)).toHaveLength(10_000);
      } finally {
        await peer.stop();
      }
    },
    300_000,
  );
});

/** The record of a saved file after an update that found it unchanged. */
function asUnchanged(record: Partial<Outcome>): Partial<Outcome> {
  return Object.assign({}, record, { outcome: "unchanged", status: 304 });
}

/** Sends a part of the Content-Length, and closes. */
function cut(response: Parameters<Answer>[1]): void {
  response.writeHead(200, { "content-length": 100, etag: '"2"' });
  response.write("half of it", () => response.destroy());
}
