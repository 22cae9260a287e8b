// What a person sees in a terminal of 40 to 200 columns, also while its size changes; and the same run in a log.

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { inTerminal, TMUX, watchedTerminal } from "../../support/process/terminal.ts";
import { gate } from "../../support/rude/host.ts";
import { status } from "../../support/site.ts";

const site = ownSite();
const folder = ownFolder();
const MIB = 2 ** 20;

/** The screen without what differs from run to run: ports, times, sizes that are still growing and rates. */
function steady(screen: readonly string[]): string[] {
  return screen.map((line) =>
    line
      .replaceAll(site.origin, "http://site")
      .replaceAll(site.origin.slice("http://".length), "site")
      .replace(/^times .*/, "times …")
      .replace(/^took .*/, "took …"),
  );
}

/** A list with two failures, of which one may pass, and three bodies that stop at a quarter until the gate is opened. */
function fewLarge() {
  const held = gate();
  site.answers.set("/forbidden", status(403));
  site.answers.set("/busy/with/a/long/path/to/the-file.html", status(500));
  for (const n of [1, 2, 3]) {
    site.answers.set(`/large/image-${n}.iso`, (_, response) => {
      response.writeHead(200, { "content-length": 4 * n * MIB });
      response.write(Buffer.alloc(n * MIB));
      held.pass(() => response.end(Buffer.alloc(3 * n * MIB)));
    });
  }
  const paths = [
    "/forbidden",
    "/busy/with/a/long/path/to/the-file.html",
    ...[1, 2, 3].map((n) => `/large/image-${n}.iso`),
  ];
  writeFileSync(folder.at("urls.txt"), paths.map((path) => `${site.url(path)}\n`).join(""));
  return held;
}

const SUMMARY = [
  "saved   3 (24.0 MiB) in downloads",
  "failed  2",
  "        1 http_status 403 (Forbidden)",
  "        1 http_status 500 (Internal Server Error)",
  "hosts   site 2 of 5 (403 and others)",
  "times …",
  "took …",
  "files   failures in downloads/failed.txt, records in downloads/results.jsonl",
  "again   bulkget urls.txt --retries 0  (1 of the 2 failed may pass)",
];

/** The same in 40 columns: lines are broken between words, and the command so that a shell takes it. */
const NARROW_SUMMARY = [
  "saved   3 (24.0 MiB) in downloads",
  "failed  2",
  "        1 http_status 403 (Forbidden)",
  "        1 http_status 500 (Internal",
  "          Server Error)",
  "hosts   site 2 of 5 (403 and",
  "        others)",
  "files   failures in",
  "        downloads/failed.txt, records",
  "        in downloads/results.jsonl",
  "again   bulkget urls.txt --retries 0",
  "        (1 of the 2 failed may pass)",
];

describe.skipIf(TMUX === undefined)("a terminal", () => {
  it.each([
    [
      200,
      [
        "urls.txt:1: 403 Forbidden: http://site/forbidden",
        "urls.txt:2: 500 Internal Server Error: http://site/busy/with/a/long/path/to/the-file.html",
      ],
    ],
    [100, ["urls.txt:1: 403 Forbidden: http://site/forbidden", "the-file.html"]],
    [80, ["urls.txt:1: 403 Forbidden: http://site/forbidden", "the-file.html"]],
    [40, ["forbidden", "le.html"]],
  ] as const)("of %i columns has the failures, and at the end what to do next", async (columns, failures) => {
    fewLarge().open();
    const args = ["urls.txt", "--retries", "0"];
    const { screen, code } = await inTerminal(args, { cwd: folder.path, columns, rows: 30 });
    expect(code).toBe(1);
    const shown = steady(screen);
    for (const [i, line] of failures.entries()) expect(shown[i]?.endsWith(line), shown[i]).toBe(true);
    if (columns >= 80) expect(shown.slice(2)).toEqual(SUMMARY);
    else {
      const summary = shown.slice(2);
      const at = (label: string) => summary.findIndex((line) => line.startsWith(label));
      expect([...summary.slice(0, at("times")), ...summary.slice(at("files"))]).toEqual(NARROW_SUMMARY);
    }
  });

  it("shows large bodies with their share, and nothing stale after its size changed", async () => {
    const held = fewLarge();
    const args = ["urls.txt", "--retries", "0"];
    const terminal = own(watchedTerminal(args, { cwd: folder.path, columns: 100, rows: 20 }));
    const isDrawn = (screen: readonly string[]) => screen.filter((line) => line.includes("25 % of")).length === 3;
    const wide = await terminal.until(isDrawn);
    expect(
      steady(wide.slice(-3))
        .map((line) => line.replace(/, \d+ s/, ", … s"))
        .sort(),
    ).toEqual([
      "  #3 25 % of 4.0 MiB, … s  http://site/large/image-1.iso",
      "  #4 25 % of 8.0 MiB, … s  http://site/large/image-2.iso",
      "  #5 25 % of 12.0 MiB, … s  http://site/large/image-3.iso",
    ]);
    // A terminal breaks its lines anew: of the bar, only one drawing stays, and the failures above it stay as well.
    for (const columns of [40, 60, 30, 120, 100]) {
      terminal.resize(columns);
      await terminal.until((screen) => isDrawn(screen) && isCurrent(screen, columns));
    }
    expect(terminal.history().filter((line) => line.includes("403 Forbidden"))).toHaveLength(1);
    held.open();
    expect(await terminal.ended).toBe(1);
    const end = await terminal.until((screen) => screen.some((line) => line.startsWith("again")));
    expect(end.some((line) => line.includes("% of") || line.includes("2/5"))).toBe(false);
    expect(end.filter((line) => line.startsWith("saved"))).toHaveLength(1);
  });

  it("has nothing of the bar in its history, also where that was drawn in the first line", async () => {
    const held = fewLarge();
    const list = readFileSync(folder.at("urls.txt"), "utf8").split("\n").slice(2).join("\n");
    writeFileSync(folder.at("urls.txt"), list);
    const terminal = own(watchedTerminal(["urls.txt"], { cwd: folder.path, columns: 100, rows: 20 }));
    await terminal.until(([first = "", ...bodies]) => first.includes("0/3") && bodies.length === 3);
    held.open();
    expect(await terminal.ended).toBe(0);
    await terminal.until((screen) => screen.some((line) => line.startsWith("files")));
    expect(terminal.history()[0]).toBe("saved   3 (24.0 MiB) in downloads");
  });

  /** Whether the bar is there once, as it is drawn in these columns: in a wide terminal with the times of bodies. */
  function isCurrent(screen: readonly string[], columns: number): boolean {
    const bar = screen.slice(-4);
    const bodies = screen.filter((line) => line.includes("% of"));
    return (
      screen.filter((line) => line.includes("2/5")).length === 1 &&
      bar[0]?.includes("2/5") === true &&
      bodies.length === 3 &&
      bodies.every((line) => / \d s {2}/.test(line) === columns > 60) &&
      bar.every((line) => line.length < columns) &&
      (columns < 60 || bar[0].length > columns - 30)
    );
  }
});

describe("the same run in a log", () => {
  it("has the failures with their whole URLs, and the same summary", async () => {
    fewLarge().open();
    const { stderr, code } = await folder.run(["urls.txt", "--retries", "0"]);
    expect(code).toBe(1);
    const lines = steady(stderr.trimEnd().split("\n"));
    expect(lines.slice(0, 2).sort()).toEqual([
      "urls.txt:1: 403 Forbidden: http://site/forbidden",
      "urls.txt:2: 500 Internal Server Error: http://site/busy/with/a/long/path/to/the-file.html",
    ]);
    expect(lines.slice(2)).toEqual(SUMMARY);
  });

  it("names the list of failures also where a resumed run writes the first one", async () => {
    const line = (path: string) => `${site.url(path)}\n`;
    writeFileSync(folder.at("urls.txt"), line("/a"));
    expect((await folder.run(["urls.txt"])).code).toBe(0);
    site.answers.set("/gone", status(410));
    writeFileSync(folder.at("urls.txt"), line("/a") + line("/gone"));
    const { stderr } = await folder.run(["urls.txt"]);
    expect(stderr).toContain("\nfiles   failures in downloads/failed.txt, records in downloads/results.jsonl\n");
    expect(readFileSync(folder.at("downloads/failed.txt"), "utf8")).toBe(`${site.url("/gone")}\t000002\n`);
  });
});
