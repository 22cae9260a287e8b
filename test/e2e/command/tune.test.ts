// `bulkget tune` against real servers: the sweep, the table, the chart, and the reasons to stop.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../support/command.ts";
import { own, ownFolder } from "../../support/own.ts";
import { type Act, type Host, host } from "../../support/rude/host.ts";

const folder = ownFolder();
let server: Host;

async function list(act: Act, urls = 400): Promise<void> {
  server = own(await host(act));
  const lines = Array.from({ length: urls }, (_, i) => `${server.origin}/${i}`);
  writeFileSync(folder.at("urls.txt"), ["# a list", "", ...lines, "not a URL"].join("\n"));
}

const numberOf = (text = "") => Number(text.replaceAll(",", ""));
const tune = (...args: string[]) => folder.runProcess(["tune", ...args]);
const late =
  (ms: number): Act =>
  (response) =>
    void setTimeout(() => response.end("fine\n"), ms);

describe("bulkget tune", () => {
  it("measures, prints a table and draws a chart, and leaves no other file", async () => {
    await list(late(100)); // far more than the command's own time per URL, even on a busy machine
    const { code, stdout, stderr } = await tune("urls.txt", "--up-to", "8", "--step-time", "300ms", "-H", "X-Mine: 1");
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^ *-c +URL\/s +bytes\/s +p50 +p95 +URLs +failed\n( *[1-8] .*\n){3,}$/);
    // test/policy/concurrency/sweep.test.ts tests the choice of the knee.
    const speeds = new Map([...stdout.matchAll(/^ *(\d+) +([\d.,]+) /gm)].map(([, c, speed]) => [c, numberOf(speed)]));
    const [, knee] = /^ *(\d+) .*<- the knee$/m.exec(stdout) ?? [];
    expect(speeds.get(knee)).toBeGreaterThan(0.9 * Math.max(...speeds.values()));
    expect(stderr).toContain(`use -c ${knee}; the chart is tune.svg`);
    expect(readFileSync(folder.at("tune.svg"), "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(existsSync(folder.at("downloads"))).toBe(false);
    expect(server.peakOpen).toBeLessThanOrEqual(8);
    expect(server.asked.every(({ headers }) => headers["x-mine"] === "1")).toBe(true);
    // The sample is taken from the whole list.
    expect(new Set(server.asked.map(({ path }) => path)).size).toBeGreaterThan(20);
  });

  it("stops raising the concurrency when the server refuses", async () => {
    let open = 0;
    await list((response) => {
      if (open >= 6) return void response.writeHead(503).end();
      open++;
      setTimeout(() => {
        open--;
        response.end("fine\n");
      }, 100);
    });
    const { code, stdout, stderr } = await tune("urls.txt", "--step-time", "600ms", "--svg", "a.svg");
    expect(code, stderr).toBe(0);
    expect(server.peakOpen).toBeLessThanOrEqual(8);
    expect(stdout).toMatch(/^ *[456] .*<- the knee$/m);
    expect(existsSync(folder.at("a.svg"))).toBe(true);
  });

  it("exits with code 1 after a few tries where nothing can be fetched", async () => {
    await list((response) => void response.writeHead(503).end());
    const { code, stdout, stderr } = await tune("urls.txt", "--step-time", "300ms");
    expect(code).toBe(1);
    expect(stderr).toContain("nothing could be fetched");
    expect(stdout).not.toContain("knee");
    expect(server.asked.length).toBeLessThan(60);
  });

  it("measures nothing where the chart cannot be written, and replaces only charts of its own", async () => {
    await list(late(1));
    writeFileSync(folder.at("mine.svg"), "<svg/>");
    const { code, stderr } = await tune("urls.txt", "--svg", "mine.svg");
    expect(code).toBe(2);
    expect(stderr).toBe("bulkget: --svg mine.svg: exists and is no chart of bulkget tune; name another file\n");
    expect(readFileSync(folder.at("mine.svg"), "utf8")).toBe("<svg/>");
    expect((await tune("urls.txt", "--svg", "no/where.svg")).code).toBe(2);
    expect(server.asked).toEqual([]);
    const again = ["urls.txt", "--up-to", "1", "--step-time", "50ms", "--svg", "two.svg"];
    expect([(await tune(...again)).code, (await tune(...again)).code]).toEqual([0, 0]);
  });

  const refusal = (name: string) =>
    `bulkget: --svg ${name}: exists and is no chart of bulkget tune; name another file\n`;

  it.each([
    ["a pipe without a reader", () => execFileSync("mkfifo", [folder.at("tune.svg")])],
    ["a link to a chart", () => symlinkSync("other.svg", folder.at("tune.svg"))],
    ["a dangling link", () => symlinkSync("nowhere.svg", folder.at("tune.svg"))],
    ["a folder", () => mkdirSync(folder.at("tune.svg"))],
  ])("measures nothing where tune.svg is %s", async (_, plant) => {
    await list(late(1));
    expect((await tune("urls.txt", "--up-to", "1", "--step-time", "50ms", "--svg", "other.svg")).code).toBe(0);
    const asked = server.asked.length;
    const before = readFileSync(folder.at("other.svg"), "utf8");
    plant();
    expect(await tune("urls.txt")).toMatchObject({ code: 2, stderr: refusal("tune.svg") });
    expect(server.asked).toHaveLength(asked);
    expect(readFileSync(folder.at("other.svg"), "utf8")).toBe(before);
    expect(existsSync(folder.at("nowhere.svg"))).toBe(false);
  });

  it.each([
    ["a link", () => symlinkSync("mine.txt", folder.at("tune.svg"))],
    ["a pipe", () => execFileSync("mkfifo", [folder.at("tune.svg")])],
    ["a file", () => writeFileSync(folder.at("tune.svg"), "mine\n")],
  ])("neither follows nor replaces %s that appears at tune.svg while it measures", async (_, plant) => {
    writeFileSync(folder.at("mine.txt"), "mine\n");
    let planted = false;
    await list((response) => {
      if (!planted) plant();
      planted = true;
      response.end("fine\n");
    });
    const { code, stdout, stderr } = await tune("urls.txt", "--up-to", "1", "--step-time", "50ms");
    expect(code).toBe(2);
    expect(stderr).toContain(refusal("tune.svg"));
    expect(stdout).toMatch(/URL\/s/); // the measurements are still printed
    expect(readFileSync(folder.at("mine.txt"), "utf8")).toBe("mine\n");
    expect(readdirSync(folder.path).sort()).toEqual(["mine.txt", "tune.svg", "urls.txt"]);
  });

  it("reports errors in its arguments, and has its own help", async () => {
    await list(late(1), 0);
    expect(await tune()).toMatchObject({ code: 2, stdout: "" });
    expect(await tune("urls.txt", "--up-to", "0")).toMatchObject({ code: 2, stdout: "" });
    expect((await tune("missing.txt")).stderr).toContain("missing.txt: the list cannot be read");
    expect((await tune("urls.txt")).stderr).toContain("urls.txt: its only line is no URL");
    const help = await tune("--help");
    expect(help.code).toBe(0);
    for (const row of help.stdout.split("\n")) expect(row.length, row).toBeLessThanOrEqual(80);
    await expect(help.stdout).toMatchFileSnapshot(join(ROOT, "fixtures/golden/help-tune.txt"));
  });

  it("is recognised only as the first word, so that a list can have the name tune", async () => {
    server = await host((response) => void response.end("fine\n"));
    writeFileSync(folder.at("tune"), `${server.origin}/x\n`);
    for (const args of [["./tune"], ["--", "tune"], ["-q", "tune"]]) {
      const { code } = await folder.runProcess(["--force", ...args]);
      expect(code).toBe(0);
    }
    expect(server.asked).toHaveLength(3);
  });
});
