// --dedupe fetches each distinct URL once; every line still has its own file name and record.
import { existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bulkget } from "../../../src/index.ts";
import { filesOf, type Ran, recordsOf } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { body, pageOf, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();

function run(lines: readonly string[], ...args: string[]): Promise<Ran> {
  folder.list(lines);
  return folder.run(["urls.txt", "-o", "out", ...args]);
}
const out = (file = "") => folder.at("out", file);
const urls = (...paths: string[]) => paths.map((path) => server.url(path));
const inode = (file: string) => lstatSync(out(file)).ino;

describe("--dedupe", () => {
  it("fetches a repeated URL once, and hard-links its file under the names of all its lines", async () => {
    const lines = [...urls("/a", "/b", "/a", "/a"), `${server.url("/b")}\tmine/b.txt`];
    const { code, stderr } = await run(lines, "--dedupe", "-v");
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual(["/a", "/b"]);
    expect(filesOf(out())).toEqual(["000001.txt", "000002.txt", "000003.txt", "000004.txt", "mine/b.txt"]);
    for (const file of ["000001.txt", "000003.txt", "000004.txt"]) {
      expect(readFileSync(out(file))).toEqual(pageOf("/a"));
      expect(inode(file)).toBe(inode("000001.txt"));
    }
    expect(inode("mine/b.txt")).toBe(inode("000002.txt"));
    const records = recordsOf(out());
    const first = records.get(1);
    expect(first).not.toHaveProperty("duplicate_of");
    expect(records.get(3)).toMatchObject({
      outcome: "saved",
      file: "000003.txt",
      duplicate_of: 1,
      attempts: 0,
      status: 200,
    });
    expect(records.get(3)).toMatchObject({ type: "text/plain", bytes: pageOf("/a").length });
    expect(records.get(5)).toMatchObject({ duplicate_of: 2, name: "mine/b.txt", file: "mine/b.txt" });
    expect(stderr).toContain("3 of them fetched for another line");
  });

  it("is off by default: a repeated URL is fetched for each line", async () => {
    await run(urls("/a", "/a"));
    expect(server.asked()).toEqual(["/a", "/a"]);
    expect(inode("000001.txt")).not.toBe(inode("000002.txt"));
  });

  it("keeps duplicates waiting without a slot, so that other URLs continue", async () => {
    // The first URL is answered after all others: with -c 2, one duplicate in a slot would prevent that.
    let release = () => {};
    server.answers.set("/slow", (_, response) => {
      release = () => response.end("at last");
    });
    let left = 50;
    const others = Array.from({ length: 50 }, (_, i) => `/${i}`);
    for (const path of others) {
      server.answers.set(path, (_, response) => {
        response.end(path);
        if (--left === 0) release();
      });
    }
    const lines = urls("/slow", ...Array<string>(30).fill("/slow"), ...others);
    const { code, stderr } = await run(lines, "--dedupe", "-c", "2", "--order", "list");
    expect(code, stderr).toBe(0);
    expect(server.asked()).toHaveLength(51);
    expect(new Set(Array.from({ length: 31 }, (_, i) => inode(`${String(i + 1).padStart(6, "0")}`)))).toHaveProperty(
      "size",
      1,
    );
  });

  it("fetches a duplicate itself where the first request failed, or where its digest differs", async () => {
    let asked = 0;
    server.answers.set("/flaky", (_, response) => response.writeHead(++asked === 1 ? 404 : 200).end("fine"));
    server.answers.set("/gone", status(410));
    const sha256 = `sha256=${"0".repeat(64)}`;
    const lines = [...urls("/flaky", "/flaky", "/flaky", "/gone", "/gone", "/a"), `${server.url("/a")}\t7\t${sha256}`];
    const { code } = await run(lines, "--dedupe", "--retries", "0");
    expect(code).toBe(1);
    expect(server.asked()).toEqual(["/a", "/a", "/flaky", "/flaky", "/gone", "/gone"]);
    const said = [...recordsOf(out()).values()].sort((a, b) => a.n - b.n);
    expect(
      said.map((one) => (one.outcome === "failed" ? one.error : (one as { duplicate_of?: number }).duplicate_of)),
    ).toEqual(["http_status", undefined, 2, "http_status", "http_status", undefined, "checksum_mismatch"]);
  });

  it("links to files of an earlier run, also of a run without --dedupe", async () => {
    await run(urls("/a", "/b"));
    server.asked();
    const { code, stderr } = await run(urls("/a", "/b", "/a", "/b", "/c"), "--dedupe");
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual(["/c"]);
    expect([inode("000003.txt"), inode("000004.txt")]).toEqual([inode("000001.txt"), inode("000002.txt")]);
    const again = await run(urls("/a", "/b", "/a", "/b", "/c"), "--dedupe");
    expect(again.stderr).toContain("5 saved earlier, 0 to do");
    expect(recordsOf(out()).get(3)).toMatchObject({ duplicate_of: 1 });
  });

  it("fetches a URL again whose file is missing or has another size", async () => {
    await run(urls("/a", "/b"));
    rmSync(out("000001.txt"));
    writeFileSync(out("000002.txt"), "tampered with");
    server.asked();
    await run(urls("/a", "/b", "/a", "/b"), "--dedupe");
    expect(server.asked()).toEqual(["/a", "/b"]);
    expect(readFileSync(out("000004.txt"))).toEqual(pageOf("/b"));
  });

  it("with -u requests a repeated URL once, and updates the files of all its lines", async () => {
    server.answers.set("/a", body("one", { etag: '"1"', "content-type": "text/plain" }));
    server.answers.set("/b", body("same", { etag: '"1"', "content-type": "text/plain" }));
    await run(urls("/a", "/b", "/a", "/b"), "--dedupe");
    server.asked();
    server.answers.set("/a", body("two", { etag: '"2"', "content-type": "text/plain" }));
    server.answers.set("/b", status(304, { etag: '"1"' }));
    const { code, stderr } = await run(urls("/a", "/b", "/a", "/b"), "--dedupe", "-u");
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual(["/a", "/b"]);
    expect(["1", "2", "3", "4"].map((n) => readFileSync(out(`00000${n}.txt`), "utf8"))).toEqual([
      "two",
      "same",
      "two",
      "same",
    ]);
    expect(filesOf(out())).toHaveLength(4); // and nothing in .bulkget
    expect(recordsOf(out()).get(4)).toMatchObject({ outcome: "saved", status: 200, duplicate_of: 2 });
  });

  it("leaves a user's file that has the name of a duplicate", async () => {
    await run(urls("/a"));
    writeFileSync(out("000002.txt"), "somebody's");
    const { code, stderr } = await run(urls("/a", "/a"), "--dedupe");
    expect([code, stderr]).toEqual([1, expect.stringContaining("file_exists")]);
    expect(readFileSync(out("000002.txt"), "utf8")).toBe("somebody's");
  });

  it("fetches URLs that differ only in their password separately, and links none by its record", async () => {
    const { host } = new URL(server.origin);
    const lines = [`http://me:one@${host}/a`, `http://me:two@${host}/a`, `http://me:one@${host}/a`];
    expect((await run(lines, "--dedupe")).code).toBe(0);
    expect(server.asked()).toEqual(["/a", "/a"]);
    expect(inode("000003.txt")).toBe(inode("000001.txt"));
    await run([...lines, ...lines], "--dedupe");
    expect(server.asked()).toEqual(["/a", "/a"]);
  });

  it("recognises more duplicates than it keeps in memory, by reading the journal back", async () => {
    const paths = Array.from({ length: 6000 }, (_, i) => `/${i}`);
    const { code, stderr } = await run(urls(...paths, ...paths), "--dedupe", "--durability", "none");
    expect(code, stderr).toBe(0);
    expect(server.asked()).toHaveLength(6000);
    for (const n of [1, 2000, 6000]) {
      expect(recordsOf(out()).get(6000 + n)).toMatchObject({ duplicate_of: n });
      const file = `${String(6000 + n).padStart(6, "0")}.txt`;
      expect(readFileSync(out(file))).toEqual(pageOf(`/${n - 1}`));
    }
  });

  it("fetches a duplicate again where the first file was removed or changed during the run", async () => {
    const files: (string | undefined)[] = [];
    const spoil = [(file: string) => rmSync(file), (file: string) => writeFileSync(file, "somebody has been here")];
    let saved = () => {};
    async function* list() {
      for (let i = 0; i < 3; i++) {
        const isSaved = new Promise<void>((resolve) => {
          saved = resolve;
        });
        yield server.url("/a");
        await isSaved;
      }
    }
    for await (const one of bulkget(list(), { outputDir: out(), dedupe: true })) {
      if (one.outcome !== "saved") throw new Error(JSON.stringify(one));
      files.push(one.file);
      spoil[one.n - 1]?.(out(one.file));
      saved();
    }
    expect(files).toEqual(["000001.txt", "000002.txt", "000003.txt"]);
    expect(server.asked()).toEqual(["/a", "/a", "/a"]);
    expect(readFileSync(out("000003.txt"))).toEqual(pageOf("/a"));
  });

  it("is refused by the library for output in memory", () => {
    expect(() => bulkget([], { output: "memory", dedupe: true })).toThrow("dedupe");
  });

  it("saves the files of a run without it, with one request per distinct URL, for random lists", async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }), async (picks) => {
        const outputDir = folder.at(`out${++round}`);
        const lines = picks.map((pick) => server.url(`/page${pick}`));
        // In two runs, the second one with the whole list.
        for (const part of [lines.slice(0, picks.length / 2), lines]) {
          for await (const one of bulkget(part, { outputDir, dedupe: true, concurrency: 5 }))
            expect(one.outcome).toBe("saved");
        }
        expect(server.asked()).toEqual([...new Set(picks)].sort().map((pick) => `/page${pick}`));
        for (const [i, pick] of picks.entries()) {
          const file = join(outputDir, `${String(i + 1).padStart(6, "0")}.txt`);
          expect(readFileSync(file)).toEqual(pageOf(`/page${pick}`));
        }
        expect(picks.length === 0 || recordsOf(outputDir).size === picks.length).toBe(true);
        expect(existsSync(join(outputDir, ".bulkget")) && filesOf(outputDir).length !== picks.length).toBe(false);
      }),
      { numRuns: 15 },
    );
  });
});
