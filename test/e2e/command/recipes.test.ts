// The documentation's recipes for records and failures print no control characters to a terminal.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { blocks } from "../../docs/blocks.ts";
import { recordsOf, shell } from "../../support/command.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";

const site = ownSite();
const folder = ownFolder();

/** Characters that a terminal may interpret, except TAB and LF. */
const UNSAFE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

const ODD = [
  "\u001b[2J",
  "\u001b]0;title\u0007",
  "\u007f",
  "\u009b31m",
  "\u0085",
  "\u202egnp.exe\u202c",
  "\u2066x\u2069",
  "a\u2028b",
];

/** The lines of the documentation's commands that read records. */
const RECIPES = blocks("sh")
  .flatMap(({ text }) => text.split("\n"))
  .filter((line) => /\bjq\b/.test(line));

const HAS_JQ = (() => {
  try {
    return execFileSync("jq", ["--version"], { stdio: "pipe" }).length > 0;
  } catch {
    return false;
  }
})();

/** A server with control characters in its headers. */
async function rude(): Promise<string> {
  const server = createServer((socket) => {
    socket
      .on("error", () => {})
      .once("data", (head) => {
        const moved = ["302 Found", "Location: \u009bx:\u0090y\r\n"];
        const odd = ["200 OK", "Transfer-Encoding: \u009b31m\u0090\r\n"];
        const [status, header] = head.includes("/moved") ? moved : odd;
        const answer = `HTTP/1.1 ${status}\r\n${header}Content-Type: a/\u009b31m\r\nContent-Length: 0\r\n\r\n`;
        socket.end(Buffer.from(answer, "latin1"));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  own({ close: () => void server.close() });
  const address = server.address();
  return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : expect.unreachable();
}

async function hostileRun(): Promise<void> {
  const origin = await rude();
  const good = Array.from({ length: 20 }, (_, i) => site.url(`/good${i}`));
  const lines = ODD.flatMap((odd, i) => [
    `${origin}/${i}${odd}`,
    `${origin}/moved${i}${odd}`,
    `${odd}${origin}/`,
    `http://h${odd}h/`,
    `x${odd}`,
    `${site.url(`/${i}`)}\tname${i}${odd}.txt`,
    `nothing${odd}\tname${i}${odd}`,
  ]);
  folder.list([...good, ...lines]);
  await folder.run(["urls.txt", "-o", "downloads", "-q", "--retries", "0"]);
  expect(recordsOf(folder.at("downloads")).size).toBe(good.length + lines.length);
}

describe("the terminal output", () => {
  it("of cat failed.txt has no control characters, and a run of failed.txt leaves it unchanged", async () => {
    await hostileRun();
    const text = readFileSync(folder.at("downloads/failed.txt"), "utf8");
    expect(text.split("\n").filter((line) => UNSAFE.test(line))).toEqual([]);
    const before = recordsOf(folder.at("downloads"));
    const { stderr } = await folder.run(["downloads/failed.txt", "-o", "downloads", "--retries", "0"]);
    expect(stderr).not.toContain("another list");
    const after = recordsOf(folder.at("downloads"));
    const errors = (records: typeof before) =>
      [...records.values()].map((record) => [record.n, "error" in record ? record.error : record.outcome]);
    const sorted = (rows: unknown[][]) => rows.map((row) => row.join(" ")).sort();
    expect(sorted(errors(after))).toEqual(sorted(errors(before)));
    const again = readFileSync(folder.at("downloads/failed.txt"), "utf8");
    expect(again.split("\n").sort()).toEqual(text.split("\n").sort());
  });

  it("is tested for at least two recipes of the documentation", () => {
    expect(RECIPES.length).toBeGreaterThan(1);
  });

  it.skipIf(!HAS_JQ).each(RECIPES)("of the documented command %s has no control characters", async (recipe) => {
    await hostileRun();
    writeFileSync(folder.at("crawl"), "#!/bin/sh\ncat urls.txt\n", { mode: 0o755 }); // a producer of some pages
    // A run starts anew; a report is on the run that was.
    const fresh = /^bulkget (?!report)/.test(recipe) ? "rm -r downloads; " : "";
    const { code, stdout } = await shell(fresh + recipe, { cwd: folder.path });
    expect(code).toBe(0);
    expect(stdout).not.toBe("");
    expect(stdout.split("\n").filter((line) => UNSAFE.test(line))).toEqual([]);
  });
});
