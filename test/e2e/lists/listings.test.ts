// Listings in pages, through the built command: the shape of the seeds' files end to end, kills, changes, and what is refused.

import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { ownFolder, ownSite } from "../../support/own.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { body, journalOf, pageOf, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();

/** Number of names in a page of the listing. */
const PER_PAGE = 10;

/** The names of the listing. */
let names: string[] = [];

/** The pages that were asked for, by their marker, "" for the first, since the last call; the paths of files, sorted. */
function asked(): { readonly pages: readonly string[]; readonly files: readonly string[] } {
  const paths = server.asked();
  const pages = paths.filter((path) => path.startsWith("/list"));
  return {
    pages: pages.map((path) => new URL(path, server.origin).searchParams.get("next-marker") ?? ""),
    files: paths.filter((path) => path.startsWith("/get/")),
  };
}

/** Serves `names` as `{"FileNames": […], "NextFile": …}` at /list?next-marker=, each file at /get/NAME. */
function serve(): void {
  for (const path of [...server.answers.keys()]) if (path.startsWith("/list")) server.answers.delete(path);
  for (let from = 0; from < names.length || from === 0; from += PER_PAGE) {
    const page = { FileNames: names.slice(from, from + PER_PAGE), NextFile: names[from + PER_PAGE] ?? "" };
    server.answers.set(`/list${from === 0 ? "" : `?next-marker=${names[from]}`}`, body(JSON.stringify(page)));
  }
}

beforeEach(() => {
  names = Array.from({ length: 45 }, (_, i) => `file-${String(i + 1).padStart(3, "0")}`);
  serve();
});

const listing = () => [
  ...["--list-url", server.url("/list"), "--list-kind", "json", "--list-items", "$.FileNames[*]"],
  ...["--list-next", "$.NextFile", "--list-param", "next-marker", "--list-base", server.url("/get/")],
];
const run = (...more: readonly string[]) => folder.run([...listing(), "-o", "out", ...more]);
const saved = () => journalOf(folder.at("out")).filter(({ outcome }) => outcome === "saved");
const isKept = () => existsSync(folder.at("out/.bulkget/pages"));
const MARKERS = ["", "file-011", "file-021", "file-031", "file-041"];

/** Runs until `stuck` are asked for, with no answer, and `records` lines are recorded; then kills the run. */
async function killed(stuck: readonly string[], records: number, ...more: readonly string[]): Promise<void> {
  const waiting = stuck.map(
    (name) => new Promise<void>((resolve) => server.answers.set(`/get/${name}`, () => resolve())),
  );
  const running = commandUnderWay([...listing(), "-o", "out", "-q", "--timeout", "600s", ...more], folder.path);
  await Promise.all(waiting);
  await expect.poll(() => journalOf(folder.at("out")).length, { timeout: 20_000 }).toBe(records);
  running.kill("SIGKILL");
  await running.ended;
  for (const name of stuck) server.answers.delete(`/get/${name}`);
}

/** That each name has its file, under its place in the listing. */
function expectAll(): void {
  expect(saved().map(({ n, url }) => [n, url])).toEqual(names.map((name, i) => [i + 1, server.url(`/get/${name}`)]));
  for (const [i, name] of names.entries()) {
    const file = folder.at("out", `${String(i + 1).padStart(6, "0")}.txt`);
    expect(pageOf(`/get/${name}`).equals(readFileSync(file)), file).toBe(true);
  }
}

describe("a listing in the shape of the seeds", () => {
  it.each([[[]], [["--workers", "2"]], [["--force"]], [["--dedupe", "--name", "{basename}"]]])(
    "is downloaded with each page asked for once, and nothing is kept of its pages (%j)",
    async (more) => {
      const { code, stderr } = await run(...more);
      expect(code, stderr).toBe(0);
      expect(asked()).toEqual({ pages: MARKERS, files: names.map((name) => `/get/${name}`) });
      if (!more.includes("--name")) expectAll();
      expect(readdirSync(folder.at("out"))).not.toContain(".bulkget");
      // It may have grown: the next run reads it again, and fetches what is new.
      names.push("file-046", "file-999");
      serve();
      expect((await run(...more)).code).toBe(0);
      const again = asked();
      expect(again.pages).toEqual(MARKERS);
      if (!more.includes("--force")) expect(again.files).toEqual(["/get/file-046", "/get/file-999"]);
    },
  );

  it.each([[[]], [["--workers", "2"]], [["--format", "tar"]]])(
    "goes on after a kill at the pages with open lines, and asks for no other again (%j)",
    async (more) => {
      await killed(["file-013", "file-045"], 43, ...more);
      expect(asked().pages).toEqual(MARKERS);
      expect(isKept()).toBe(true);
      const { code, stderr } = await run(...more);
      expect(code, stderr).toBe(0);
      expect(asked()).toEqual({ pages: ["file-011", "file-041"], files: ["/get/file-013", "/get/file-045"] });
      expect(saved().map(({ n }) => n)).toEqual(names.map((_, i) => i + 1));
      expect(stderr).toMatch(/^saved {3}2 /m);
      expect(stderr).toMatch(/^earlier 43 saved by an earlier run$/m);
      expect(isKept()).toBe(false);
      if (!more.includes("tar")) expectAll();
    },
  );

  it("asks for nothing after a kill behind its last line, and says what is saved", async () => {
    await killed(["file-045"], 44);
    expect(
      (await folder.run([folder.list([server.url("/get/file-045")].map((url) => `${url}\tn=45`)), "-o", "other"])).code,
    ).toBe(0);
    asked();
    // As if the kill had come after the last record.
    appendFileSync(folder.at("out/results.jsonl"), readFileSync(folder.at("other/results.jsonl")));
    writeFileSync(folder.at("out/000045.txt"), pageOf("/get/file-045"));
    const { code, stderr } = await run();
    expect([code, asked()], stderr).toEqual([0, { pages: [], files: [] }]);
    expect(stderr).toMatch(/^earlier 45 saved by an earlier run$/m);
    expect(isKept()).toBe(false);
    expect((await run()).code).toBe(0);
    expect(asked()).toEqual({ pages: MARKERS, files: [] });
  });

  it.each(["--update", "--force"])("is read from its first page with %s", async (option) => {
    await killed(["file-013"], 44);
    asked();
    expect((await run(option)).code).toBe(0);
    expect(asked().pages).toEqual(MARKERS);
    expect(isKept()).toBe(false);
    expectAll();
  });

  it("keeps its pages when a deadline stops the run", async () => {
    server.answers.set("/get/file-013", () => {});
    expect((await run("--deadline", "2s", "-q")).code).toBe(4);
    expect([asked().pages, isKept()]).toEqual([MARKERS, true]);
    server.answers.delete("/get/file-013");
    expect((await run()).code).toBe(0);
    expect([asked(), isKept()]).toEqual([{ pages: ["file-011"], files: ["/get/file-013"] }, false]);
    expectAll();
  });

  it("counts permanent failures of pages that are left out", async () => {
    server.answers.set("/get/file-002", status(404));
    await killed(["file-044"], 44);
    asked();
    const { code, stderr } = await run("--fail-on", "any");
    expect([code, asked()], stderr).toEqual([1, { pages: ["file-041"], files: ["/get/file-044"] }]);
    expect(stderr).toMatch(/^failed {2}1 \(all in an earlier run; --retry-failed\)$/m);
  });

  it("is asked by --retry-failed for the pages with failed lines", async () => {
    server.answers.set("/get/file-002", status(404));
    await killed(["file-044"], 44);
    asked();
    server.answers.delete("/get/file-002");
    expect((await run("--retry-failed")).code).toBe(0);
    expect(asked()).toEqual({ pages: ["", "file-041"], files: ["/get/file-002", "/get/file-044"] });
    expectAll();
  });

  it("that has changed since the kill is read again behind its first changed page, and every name has its file", async () => {
    await killed(["file-013", "file-044"], 43);
    asked();
    names.splice(14, 1); // a page with an open line has lost one
    serve();
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("the listing has changed: what follows its first changed page is read again");
    expect(asked().files).toEqual(["/get/file-013", "/get/file-044"]);
    const urls = saved().map(({ url }) => url);
    expect(names.map((name) => server.url(`/get/${name}`)).filter((url) => !urls.includes(url))).toEqual([]);
  });

  it("gives a name to the first line that has it, on a page that is left out too", async () => {
    names = names.map((name, i) => (i === 2 ? "a/same" : i === 24 ? "b/same" : name));
    serve();
    const named = ["--name", "{basename}"];
    await killed(["file-023"], 44, ...named);
    // As if the kill had come before the record of the second line with the name.
    const lines = readFileSync(folder.at("out/results.jsonl"), "utf8").split("\n");
    writeFileSync(folder.at("out/results.jsonl"), lines.filter((line) => !line.startsWith('{"n":25,')).join("\n"));
    asked();
    const { code } = await run(...named);
    expect([code, asked().pages]).toEqual([1, ["file-021"]]);
    const second = journalOf(folder.at("out"))[24];
    expect(second).toMatchObject({ n: 25, outcome: "failed", error: "file_exists" });
    expect(readFileSync(folder.at("out/same"))).toEqual(pageOf("/get/a/same"));
  });

  it("of another listing in the same folder does not use its pages", async () => {
    await killed(["file-013"], 44);
    asked();
    const other = listing().map((word) => (word === "next-marker" ? "marker" : word));
    server.answers.set("/list", body(JSON.stringify({ FileNames: names, NextFile: "" })));
    expect((await folder.run([...other, "-o", "out"])).code).toBe(0);
    expect(asked()).toEqual({ pages: [""], files: ["/get/file-013"] });
  });

  it.each([
    ["killed", true],
    ["finished", false],
  ])("of another one, refused in the folder of a %s run, leaves its pages as they are", async (_, isKilled) => {
    if (isKilled) await killed(["file-013"], 44);
    else await run();
    const kept = () => (isKept() ? readFileSync(folder.at("out/.bulkget/pages"), "utf8") : "none");
    const before = kept();
    server.answers.set("/other", body(JSON.stringify({ FileNames: ["x", "y"], NextFile: "" })));
    const other = listing().map((word) => (word === server.url("/list") ? server.url("/other") : word));
    const { code, stderr } = await folder.run([...other, "-o", "out"]);
    expect([code, kept()], stderr).toEqual([2, before]);
    expect(stderr).toContain("holds the run of another list");
    asked();
    expect((await run()).code).toBe(0);
    expect(asked().pages).toEqual(isKilled ? ["file-011"] : MARKERS);
  });
});

describe("a page that cannot be read", () => {
  it("on the first one creates nothing", async () => {
    server.answers.set("/list", status(403));
    const { code, stderr } = await run();
    expect([code, existsSync(folder.at("out"))]).toEqual([2, false]);
    expect(stderr).toContain(`${server.url("/list")}: the listing cannot be read: HTTP status: 403 Forbidden`);
  });

  it("is tried again as URLs are, ends the run with 2 when what is read is done, and the next run goes on there", async () => {
    let tries = 0;
    const broken = server.answers.get("/list?next-marker=file-031");
    server.answers.set("/list?next-marker=file-031", (request, response) => {
      tries++;
      status(503)(request, response);
    });
    const { code, stderr } = await run("--retries", "1");
    expect([code, tries]).toEqual([2, 2]);
    expect(stderr).toContain("list?next-marker=file-031: the listing cannot be read: HTTP status: 503");
    expect(saved()).toHaveLength(30);
    asked();
    server.answers.set("/list?next-marker=file-031", broken ?? expect.unreachable("no such page"));
    expect((await run()).code).toBe(0);
    expect(asked()).toMatchObject({ pages: ["file-031", "file-041"] });
    expectAll();
  });

  it("since its marker is too old is said, with the way to the first page", async () => {
    await killed(["file-013"], 44);
    server.answers.set("/list?next-marker=file-011", status(410));
    const { code, stderr } = await run();
    expect(code).toBe(2);
    expect(stderr).toContain("410 Gone; without out/.bulkget/pages it is read from its first page");
    rmSync(folder.at("out/.bulkget/pages"), { recursive: true });
    serve();
    expect((await run()).code).toBe(0);
    expectAll();
  });

  it.each([[["file-021"]], [[]]])(
    "because the listing leads in a circle ends the run with 2, until it is mended (%j)",
    async (FileNames) => {
      server.answers.set("/list?next-marker=file-021", body(JSON.stringify({ FileNames, NextFile: "file-021" })));
      const { code, stderr } = await run();
      expect(code).toBe(2);
      expect(stderr).toContain("the listing leads in a circle");
      serve();
      expect((await run()).code).toBe(0);
      expectAll();
    },
  );
});

describe("secrets of a listing", () => {
  it("are sent with every page, and are in no file and no message", async () => {
    const seen = new Set<string | undefined>();
    for (const [path, answer] of server.answers) {
      server.answers.set(path, (request, response) => {
        seen.add(request.headers.authorization);
        answer(request, response);
      });
    }
    const words = listing().map((word) => word.replace("http://", "http://me:s3cret@"));
    server.answers.set("/get/file-045", () => {});
    const running = commandUnderWay([...words, "-o", "out", "-v", "--timeout", "600s"], folder.path);
    await expect
      .poll(() => (existsSync(folder.at("out")) ? journalOf(folder.at("out")).length : 0), { timeout: 20_000 })
      .toBe(44);
    running.kill("SIGKILL");
    const { stderr } = await running.ended;
    expect([...seen]).toEqual([`Basic ${Buffer.from("me:s3cret").toString("base64")}`]);
    const files = readdirSync(folder.at("out"), { recursive: true, encoding: "utf8" }).filter(
      (name) => !name.endsWith(".txt"),
    );
    expect(files).toContain(".bulkget/pages");
    for (const name of ["results.jsonl", "runs.jsonl", ".bulkget/pages"])
      expect(readFileSync(folder.at("out", name), "utf8"), name).not.toContain("s3cret");
    expect(stderr).not.toContain("s3cret");
  });
});
