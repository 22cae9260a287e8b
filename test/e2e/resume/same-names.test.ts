// Of two lines with one file name the lower line number has it, whichever response arrives first, in every run.

import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bulkget, type Outcome } from "../../../src/index.ts";
import { linesOf, ownFolder, ownSite } from "../../support/own.ts";
import { type Answer, body, journalOf, leftIn, pageOf, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();

const at = (name = "downloads") => folder.at(name);
const write = (lines: readonly string[]) => writeFileSync(folder.at("urls.txt"), linesOf(lines.map(server.url)));
function run(lines: readonly string[], ...args: string[]) {
  write(lines);
  return folder.run(["urls.txt", ...args]);
}
const fates = (records: readonly Outcome[]) =>
  records.map((one) => (one.outcome === "failed" ? `${one.n} ${one.error}` : `${one.n} ${one.file}`));

/** Answers the first path only after the second one was requested. */
function answerLate(first: string, second: string): void {
  const answer: Answer = (request, response) =>
    body(pageOf(request.url ?? ""), { "content-type": "text/plain" })(request, response);
  let isAsked = false;
  let held: (() => void) | undefined;
  server.answers.set(first, (request, response) => {
    if (isAsked) answer(request, response);
    else held = () => answer(request, response);
  });
  server.answers.set(second, (request, response) => {
    isAsked = true;
    answer(request, response);
    held?.();
  });
}

describe("of two lines with one file name in the list,", () => {
  it.each([
    ["in one process", []],
    ["in two processes", ["--workers", "2"]],
    ["with one URL at a time", ["-c", "1"]],
  ])("the first is saved, and the second fails without a request, %s", async (_how, args) => {
    if (args[0] !== "-c") answerLate("/1", "/3");
    const ran = await run(
      ["/1\tsame.txt", "/2\tsame.txt", "/3\tother.txt", "/4\tdir/../same.txt", "/5\t//same.txt"],
      ...args,
    );
    expect(ran.code).toBe(1);
    expect(fates(journalOf(at()))).toEqual([
      "1 same.txt",
      "2 file_exists",
      "3 other.txt",
      "4 dir/_/same.txt",
      "5 file_exists",
    ]);
    expect(ran.stderr).toContain("urls.txt:2: the file name is taken (same.txt is the name of line 1 as well): ");
    expect(readFileSync(folder.at("downloads/same.txt"))).toEqual(pageOf("/1"));
    expect(server.asked()).toEqual(["/1", "/3", "/4"]);
  });

  it("the second never gets the name although the first fails, in this run and in the next", async () => {
    for (const [code, retried] of [
      [404, []],
      [503, ["/1"]],
    ] as const) {
      server.answers.set("/1", status(code));
      const lines = ["/1\tsame.txt", "/2\tsame.txt"];
      await run(lines, "--force", "--retries", "0");
      expect(fates(journalOf(at()))).toEqual(["1 http_status", "2 file_exists"]);
      expect(server.asked()).toEqual(["/1"]);
      server.answers.clear();
      expect((await run(lines)).code).toBe(1);
      expect(server.asked()).toEqual(retried);
      expect((await run(lines, "--retry-failed")).code).toBe(1);
      expect(fates(journalOf(at()))).toEqual(["1 same.txt", "2 file_exists"]);
      server.asked();
    }
  });

  it("the first gets the name in a run of failed.txt, where the second is a comment", async () => {
    server.answers.set("/1", status(503));
    await run(["/0", "/1\tsame.txt", "/2\tsame.txt"], "--retries", "0");
    const failed = readFileSync(folder.at("downloads/failed.txt"), "utf8").trimEnd().split("\n").sort();
    expect(failed).toEqual([
      `# same.txt is the name of line 2 as well: ${server.url("/2")}`,
      `${server.url("/1")}\tsame.txt\tn=2`,
    ]);
    server.answers.clear();
    expect((await folder.run(["downloads/failed.txt"])).code).toBe(0);
    expect(fates(journalOf(at()))).toEqual(["1 000001.txt", "2 same.txt", "3 file_exists"]);
    expect((await folder.run(["urls.txt"])).code).toBe(1);
    expect(fates(journalOf(at()))).toEqual(["1 000001.txt", "2 same.txt", "3 file_exists"]);
    expect(server.asked()).toEqual(["/0", "/1", "/1"]);
  });

  it("the second fails in the library too", async () => {
    const items = ["/1", "/2"].map((path) => ({ url: server.url(path), name: "same.txt" }));
    const outcomes: Outcome[] = [];
    for await (const outcome of bulkget(items, { outputDir: at("out") })) outcomes.push(outcome);
    expect(fates(outcomes.sort((a, b) => a.n - b.n))).toEqual(["1 same.txt", "2 file_exists"]);
    expect(server.asked()).toEqual(["/1"]);
  });
});

describe("of lines with one file name by the --name template,", () => {
  it("the first is saved, and the others fail without a request", async () => {
    answerLate("/a/page.txt", "/other");
    await run(["/a/page.txt", "/b/page.txt", "/c/page.txt?d", "/other"], "--name", "{basename}");
    expect(fates(journalOf(at()))).toEqual(["1 page.txt", "2 file_exists", "3 file_exists", "4 other"]);
    expect(server.asked()).toEqual(["/a/page.txt", "/other"]);
  });

  it("the first is saved where only the Content-Type determines the extension", async () => {
    const html: Answer = (request, response) =>
      body(pageOf(request.url ?? ""), { "content-type": "text/html" })(request, response);
    for (const path of ["/a/page", "/b/page.php", "/d/page"]) server.answers.set(path, html);
    server.answers.set("/c/page", body("{}", { "content-type": "application/json" }));
    server.answers.set("/e/page", status(404));
    const lines = [
      "/a/page",
      "/b/page.php",
      "/c/page",
      "/d/page",
      "/e/page",
      "/f/page.html",
      "/g/page.txt",
      "/h/other",
    ];
    for (const args of [[], ["--workers", "2"], ["-c", "1"]]) {
      const { stderr } = await run(lines, "--name", "{basename}{ext}", "--force", ...args);
      expect(fates(journalOf(at()))).toEqual([
        "1 page.html",
        "2 file_exists",
        "3 page.json",
        "4 file_exists",
        "5 http_status",
        "6 file_exists",
        "7 page.txt",
        "8 other.txt",
      ]);
      expect(stderr).toContain("urls.txt:2: the file name is taken (page.html is the name of line 1 as well): ");
      expect(stderr).toContain("urls.txt:6: the file name is taken (page.html is the name of line 1 as well): ");
      // The name of the sixth line is known without a request, and it is taken by then.
      expect(server.asked()).toEqual(lines.filter((path) => path !== "/f/page.html").sort());
    }
  });

  it("all are saved if the template contains {n}", async () => {
    await run(["/a/page", "/b/page", "/c/page"], "--name", "{basename}-{n}{ext}");
    expect(fates(journalOf(at()))).toEqual(["1 page-1.txt", "2 page-2.txt", "3 page-3.txt"]);
  });
});

describe("a random list with repeated names", () => {
  const NAMES = ["\ta", "\tb", "\td/a", "\ta.html", "", ""];
  const PATHS = ["/x/a", "/y/a", "/a.html", "/z/a.html", "/b", "/404/b", "/b.php", "/json/a", "/json/b"];
  const aLine = fc.tuple(fc.constantFrom(...PATHS), fc.constantFrom(...NAMES));
  const aTemplate = fc.constantFrom("{basename}", "{basename}{ext}", "{path}/{stem}{ext}", "{n:6}{ext}");

  it("leaves equal files with -c 1, with -c 8, with two processes, and after a partial run", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(aLine, { minLength: 2, maxLength: 12 }),
        aTemplate,
        fc.nat(11),
        fc.infiniteStream(fc.nat(20)),
        async (lines, template, first, delays) => {
          const list = lines.map(([path, name], i) => `${path}?${i}${name}`);
          for (const [i, [path]] of lines.entries()) {
            const type = path.startsWith("/json")
              ? "application/json"
              : path.includes("a")
                ? "text/html"
                : "text/plain";
            const delayMs = delays.next().value ?? 0;
            server.answers.set(`${path}?${i}`, (request, response) => {
              const send = path.startsWith("/404")
                ? status(404)
                : body(pageOf(request.url ?? ""), { "content-type": type });
              setTimeout(() => send(request, response), delayMs);
            });
          }
          const left = async (name: string, ...args: string[]) => {
            await run(list, "-o", name, "--name", template, "--force", ...args);
            return leftIn(at(name));
          };
          const expected = await left("one", "-c", "1");
          expect(await left("many", "-c", "8")).toEqual(expected);
          expect(await left("two", "--workers", "2", "-c", "8")).toEqual(expected);
          await run(list.slice(0, 1 + (first % list.length)), "-o", "cut", "--name", template, "--force", "-c", "8");
          await run(list, "-o", "cut", "--name", template, "-c", "8");
          const { files } = leftIn(at("cut"));
          expect(files).toEqual(expected.files);
        },
      ),
      { numRuns: 12 },
    );
  }, 120_000);
});
