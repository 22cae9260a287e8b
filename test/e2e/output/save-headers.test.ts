// --save-headers: the head of each answer beside its file, wherever that file goes; --remote-time.

import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bulkget } from "../../../src/index.ts";
import { BIN, cleanEnv, ROOT } from "../../support/command.ts";
import { versionsOn } from "../../support/folders/versions.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { rawServer } from "../../support/servers/raw-server.ts";
import { body, journalOf, leftIn } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
const { serve } = versionsOn(server);
const saved = (...more: string[]) => folder.at("downloads", ...more);
const read = (file: string) => readFileSync(saved(file), "latin1");
const list = (...lines: readonly string[]) => folder.list(lines.map((line) => (line === "" ? "" : server.url(line))));
const run = (...args: string[]) => folder.run(["urls.txt", "--save-headers", ...args]);
const files = () => Object.keys(leftIn(saved()).files).sort();
const heads = () => files().filter((file) => file.endsWith(".headers"));
const named = () => journalOf(saved()).map((record) => ("headers_file" in record ? record.headers_file : undefined));

/** Serves each path with a head of its own. */
function tagged(...paths: readonly string[]) {
  for (const path of paths)
    server.answers.set(path, body(`body of ${path}\n`, { "content-type": "text/plain", "x-path": path }));
}
const pathIn = (file: string) => /\r\nx-path: (.*)\r\n/.exec(read(file))?.[1];

describe("--save-headers", () => {
  it("saves the head of the answer, byte by byte, beside the file", async () => {
    const head = "HTTP/1.1 200 All Right\r\nContent-Type: text/html\r\nX-odd:   a\r\nContent-Length: 3\r\n\r\n";
    const raw = own(
      await rawServer((path) =>
        path === "/moved" ? "HTTP/1.1 302 X\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n" : `${head}abc`,
      ),
    );
    folder.list([raw.url("/a"), raw.url("/moved")]);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(files()).toEqual(["000001.headers", "000001.html", "000002.headers", "000002.html"]);
    expect([read("000001.headers"), read("000002.headers"), read("000001.html")]).toEqual([head, head, "abc"]);
    expect(named()).toEqual(["000001.headers", "000002.headers"]);
  });

  it("is named by the number, or by the whole name that the URL or the list gives", async () => {
    tagged("/a.txt", "/cat.jpg");
    list("/a.txt", "/cat.jpg\tpets/cat.png");
    await run("--per-dir", "10");
    expect(heads()).toEqual(["00000/000001.headers", "pets/cat.png.headers"]);
    await run("--name", "{basename}{ext}", "--force");
    expect(heads()).toEqual(["a.txt.headers", "pets/cat.png.headers"]);
    await run("--name", "x{n}{ext}", "--force");
    expect(heads()).toEqual(["pets/cat.png.headers", "x1.headers"]);
  });

  it("is saved for a large body, by several processes, and for a duplicate", async () => {
    tagged("/a", "/b");
    const large = Buffer.alloc(2_000_000, "large ");
    server.answers.set("/large", body(large, { "content-type": "text/plain", "x-path": "/large" }));
    list("/a", "/large", "/b", "/a", "/large");
    for (const args of [["--dedupe"], ["--workers", "2", "--force"], ["--durability", "file", "--force"]]) {
      const { code, stderr } = await run(...args);
      expect(code, stderr).toBe(0);
      expect(heads().map(pathIn)).toEqual(["/a", "/large", "/b", "/a", "/large"]);
      expect(named().sort()).toEqual(heads());
    }
  });

  it("stays as it is after a 304, and is replaced with its file", async () => {
    serve("/a", "one", { etag: '"1"' });
    serve("/b", "one", { etag: '"1"' });
    list("/a", "/b");
    await run();
    const [before, other] = [read("000001.headers"), read("000002.headers")];
    serve("/b", "two", { etag: '"2"' });
    const { stderr } = await run("-u");
    expect(stderr).toContain("1 unchanged");
    expect(read("000001.headers")).toBe(before);
    expect(named()).toEqual(["000001.headers", "000002.headers"]);
    expect(read("000002.headers")).toBe(
      other.replace('"1"', '"2"').replace(/Date: .*/, /Date: .*/.exec(read("000002.headers"))?.[0] ?? ""),
    );
    // Without the option, a head beside another body would be wrong.
    serve("/b", "three", { etag: '"3"' });
    await folder.run(["urls.txt", "-u"]);
    expect(heads()).toEqual(["000001.headers"]);
    expect(named()).toEqual(["000001.headers", undefined]);
  });

  it("is that of the last response, of a body that was resumed", async () => {
    const large = Buffer.alloc(4_000_000, "large ");
    let requests = 0;
    server.answers.set("/large", ({ headers }, response) => {
      requests++;
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
      const range = from === 0 ? {} : { "content-range": `bytes ${from}-${large.length - 1}/${large.length}` };
      const sent = { etag: '"1"', "content-type": "text/plain", "content-length": large.length - from, ...range };
      response.writeHead(from === 0 ? 200 : 206, sent);
      if (requests > 1) response.end(large.subarray(from));
      else response.write(large.subarray(0, 3_000_000), () => response.destroy());
    });
    list("/large");
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(requests).toBe(2);
    expect(readFileSync(saved("000001.txt"))).toEqual(large);
    expect(read("000001.headers")).toMatch(/^HTTP\/1\.1 206 .*\r\ncontent-range: bytes \d+-3999999\/4000000\r\n/s);
  });

  it("is written anew where the file was deleted, and kept where the line fails", async () => {
    tagged("/a", "/b");
    list("/a", "/b");
    await run();
    rmSync(saved("000001.txt"));
    server.answers.set("/b", (_, response) => void response.writeHead(404).end());
    const { code, stderr } = await run("-u");
    expect(code, stderr).toBe(1);
    expect(heads().map(pathIn)).toEqual(["/a", "/b"]);
    expect(named()).toEqual(["000001.headers", "000002.headers"]);
  });

  it("goes along with its file to another number, to gone/ and back, and with --prune and --force", async () => {
    tagged("/a", "/b", "/c", "/d");
    list("/a", "/b\tb.txt", "/c");
    await run();
    list("/c", "/a", "/b\tsub/b.txt");
    server.asked();
    await run();
    expect(server.asked()).toEqual([]);
    expect(heads().map((file) => [file, pathIn(file)])).toEqual([
      ["000001.headers", "/c"],
      ["000002.headers", "/a"],
      ["sub/b.txt.headers", "/b"],
    ]);
    expect(named()).toEqual(heads());
    list("/d", "/a", "/b\tsub/b.txt");
    await run();
    expect(heads().map((file) => [file.replace(/gone\/\d+/, "gone/1"), pathIn(file)])).toEqual([
      ["000001.headers", "/d"],
      ["000002.headers", "/a"],
      ["gone/1.headers", "/c"],
      ["sub/b.txt.headers", "/b"],
    ]);
    list("/d", "/a", "/c");
    server.asked();
    await run();
    expect(server.asked()).toEqual([]);
    expect(heads().map(pathIn)).toEqual(["/d", "/a", "/c", "/b"]);
    expect(named().sort()).toEqual(heads().filter((file) => !file.startsWith("gone/")));
    await run("--prune");
    expect(heads()).toEqual(["000001.headers", "000002.headers", "000003.headers"]);
    expect((await folder.run(["urls.txt", "--force"])).code).toBe(0);
    expect(heads()).toEqual([]);
  });

  it("replaces no file of the user, and removes none that a record names wrongly", async () => {
    tagged("/a", "/b", "/c");
    list("/a", "/b", "/c\tmine.headers");
    mkdirSync(saved());
    writeFileSync(saved("000001.headers"), "mine");
    const { code } = await run();
    expect(code).toBe(1);
    expect(read("000001.headers")).toBe("mine");
    expect(journalOf(saved())[0]).toMatchObject({ outcome: "failed", error: "file_exists" });
    expect(files()).not.toContain("000001.txt");
    expect(files()).toContain("mine.headers_");
    writeFileSync(saved("keep.txt"), "mine");
    const journal = read("results.jsonl").replace('"headers_file":"000002.headers"', '"headers_file":"keep.txt"');
    writeFileSync(saved("results.jsonl"), journal);
    await run("--force");
    expect(read("keep.txt")).toBe("mine");
  });

  it("does not go with archives, bodies in memory, or a dispatcher", async () => {
    list("/a");
    const { code, stderr } = await run("--format", "tar");
    expect(code).toBe(2);
    expect(stderr).toContain("--save-headers: is for files");
    expect(existsSync(saved())).toBe(false);
    const refused = (options: object) => expect(() => bulkget([], options)).toThrow(/^saveHeaders/);
    refused({ saveHeaders: true, output: "memory" });
    refused({ saveHeaders: true, dispatcher: { dispatch: () => true } });
  });

  it("is an option of the library", async () => {
    tagged("/a");
    const outputDir = saved();
    for await (const outcome of bulkget([server.url("/a")], { outputDir, saveHeaders: true }))
      expect(outcome).toMatchObject({ outcome: "saved", headers_file: "000001.headers" });
    expect(pathIn("000001.headers")).toBe("/a");
  });

  /** Runs the list until it is killed at its nth change of the folder; false where it ended before. */
  function isKilledAt(change: number): Promise<boolean> {
    const suicide = join(ROOT, "dist/test/support/process/suicide.js");
    const args = ["--import", suicide, BIN, "urls.txt", "--save-headers", "-q", "-c", "1"];
    const env = cleanEnv({ KILL_AT: String(change) });
    const child = spawn(process.execPath, args, { cwd: folder.path, stdio: "ignore", env });
    return new Promise((resolve) => child.on("close", (_, signal) => resolve(signal === "SIGKILL")));
  }

  it("is there whenever its file is, wherever the run is killed", async () => {
    tagged("/a", "/b", "/c");
    list("/a", "/b\tb.txt", "/c");
    for (let change = 1, isKilled = true; isKilled; change += 5) {
      isKilled = await isKilledAt(change);
      const bodies = existsSync(saved()) ? files().filter((file) => /^(\d+|b)\.txt$/.test(file)) : [];
      for (const file of bodies)
        expect(files(), `killed at ${change}`).toContain(
          file === "b.txt" ? "b.txt.headers" : file.replace("txt", "headers"),
        );
      const { code, stderr } = await run();
      expect(code, `killed at ${change}: ${stderr}`).toBe(0);
      expect(heads().map(pathIn)).toEqual(["/a", "/c", "/b"]);
      expect(named().sort()).toEqual(heads());
      rmSync(saved(), { recursive: true });
    }
  });

  it("is lost in no kill while files move to other numbers", async () => {
    tagged("/a", "/b", "/c", "/d");
    list("/a", "/b\tb.txt", "/c");
    await run();
    cpSync(saved(), folder.at("before"), { recursive: true, preserveTimestamps: true });
    list("/d", "/c", "/b\tsub/b.txt");
    for (let change = 2, isKilled = true; isKilled; change += 7) {
      isKilled = await isKilledAt(change);
      const { code, stderr } = await run();
      expect(code, `killed at ${change}: ${stderr}`).toBe(0);
      for (const record of journalOf(saved())) {
        const file = "headers_file" in record ? (record.headers_file ?? "") : "none";
        expect([file, pathIn(file)], `killed at ${change}`).toEqual([file, new URL(record.url).pathname]);
      }
      expect(
        heads()
          .filter((file) => file.startsWith("gone/"))
          .map(pathIn),
        `killed at ${change}`,
      ).toContain("/a");
      rmSync(saved(), { recursive: true });
      cpSync(folder.at("before"), saved(), { recursive: true, preserveTimestamps: true });
    }
  });
});

describe("--remote-time", () => {
  const timeOf = (file: string) => statSync(saved(file)).mtime.toUTCString();
  const OLD = "Wed, 01 Jan 2020 00:00:00 GMT";

  it("gives files the time of their Last-Modified, large and linked ones too", async () => {
    serve("/a", "one", { "last-modified": OLD });
    serve("/large", "x".repeat(1_000_000), { "last-modified": OLD });
    list("/a", "/large", "/a");
    const { code, stderr } = await folder.run(["urls.txt", "-R", "--dedupe"]);
    expect(code, stderr).toBe(0);
    for (const file of ["000001.txt", "000002.txt", "000003.txt"]) expect(timeOf(file)).toBe(OLD);
    await folder.run(["urls.txt", "--remote-time", "--workers", "2", "--force"]);
    for (const file of ["000001.txt", "000002.txt", "000003.txt"]) expect(timeOf(file)).toBe(OLD);
  });

  it("leaves the time of files whose Last-Modified is missing, invalid or in the future", async () => {
    const beforeMs = Date.now() - 5000;
    const year = new Date().getUTCFullYear() + 2;
    serve("/a", "one", { etag: '"1"' });
    serve("/b", "two", { "last-modified": "yesterday" });
    serve("/c", "three", { "last-modified": `Wed, 01 Jan ${year} 00:00:00 GMT` });
    list("/a", "/b", "/c");
    await folder.run(["urls.txt", "-R"]);
    for (const file of ["000001.txt", "000002.txt", "000003.txt"]) {
      const { mtimeMs } = statSync(saved(file));
      expect(mtimeMs).toBeGreaterThan(beforeMs);
      expect(mtimeMs).toBeLessThan(Date.now() + 5000);
    }
  });

  it("is not set without the option", async () => {
    serve("/a", "one", { "last-modified": OLD });
    list("/a");
    await folder.run(["urls.txt"]);
    expect(timeOf("000001.txt")).not.toBe(OLD);
  });
});
