// runs.jsonl of real runs: finished, resumed, refused, stopped and killed ones, of the command and the library.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bulkget } from "../../../src/index.ts";
import { VERSION } from "../../../src/version.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { commandUnderWay, graceOf } from "../../support/process/under-way.ts";
import { host } from "../../support/rude/host.ts";
import { rudeServer } from "../../support/rude.ts";
import { journalOf, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
const path = () => folder.at("downloads/runs.jsonl");

interface Line {
  readonly run: string;
  readonly begin: string;
  readonly end?: string;
  readonly command: string;
  readonly exit_code?: number;
  readonly counts?: Readonly<Record<string, number>>;
  readonly auto?: readonly (readonly [number, number, number, string])[];
}

const lines = () =>
  readFileSync(path(), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

const LIST = () => folder.list([server.url("/1"), server.url("/2"), server.url("/gone")]);

describe("runs.jsonl", () => {
  it("has two lines a run, with its command, counts and exit code", async () => {
    server.answers.set("/gone", status(404));
    LIST();
    const { code, stderr } = await folder.run(["urls.txt", "-c", "2", "-q", "-H", "X-Key: geheim"]);
    expect([code, stderr]).toEqual([1, ""]);
    await folder.run(["urls.txt", "-q"]);
    const [begun, ended, again, last] = lines();
    expect(begun).toEqual({
      run: ended?.run,
      begin: ended?.begin,
      version: VERSION,
      command: "bulkget urls.txt -c 2 -q -H ***",
    });
    expect(ended).toMatchObject({ ...begun, exit_code: 1, counts: { saved: 2, failed: 1 }, peak_in_flight: 2 });
    expect(Date.parse(ended?.end ?? "")).toBeGreaterThanOrEqual(Date.parse(ended?.begin ?? ""));
    expect(again?.run).not.toBe(begun?.run);
    expect(last).toMatchObject({ run: again?.run, exit_code: 1, counts: { saved: 0, failed: 0 } });
    expect(lines()).toHaveLength(4);
  });

  it("stays with --force, as the history of the folder", async () => {
    LIST();
    await folder.run(["urls.txt", "-q"]);
    await folder.run(["urls.txt", "-q", "--force"]);
    expect(lines().map(({ command }) => command)).toEqual([
      ...Array.from({ length: 2 }, () => "bulkget urls.txt -q"),
      ...Array.from({ length: 2 }, () => "bulkget urls.txt -q --force"),
    ]);
  });

  it("has no line of a run that is refused", async () => {
    LIST();
    await folder.run(["urls.txt", "-q"]);
    const before = readFileSync(path(), "utf8");
    folder.list(
      Array.from({ length: 20 }, (_, i) => server.url(`/other-${i}`)),
      "other.txt",
    );
    const refused = [
      ["other.txt"],
      ["missing.txt"],
      ["urls.txt", "--dry-run"],
      ["urls.txt", "--report", "no/such/file"],
    ];
    for (const args of refused) {
      const { code } = await folder.run([...args, "-q"]);
      expect([args, code]).toEqual([args, args.includes("--dry-run") ? 0 : 2]);
      expect(readFileSync(path(), "utf8")).toBe(before);
    }
  });

  it("is not left behind by input that proves to be no list", async () => {
    const { code } = await folder.run(["-", "-q"], { stdin: "<html>\n<body>no list\n" });
    expect([code, existsSync(folder.at("downloads"))]).toEqual([2, false]);
  });

  it("that no run wrote stays, also as the list itself, and the run succeeds", async () => {
    const mine = `{"url":"${server.url("/1")}"}\n`;
    writeFileSync(folder.at("runs.jsonl"), mine);
    const { code, stderr } = await folder.run(["runs.jsonl", "-o", "."]);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("runs.jsonl: is there already, but no run wrote it: move it away"),
    ]);
    expect(stderr.match(/runs\.jsonl: /g)).toHaveLength(1);
    expect(readFileSync(folder.at("runs.jsonl"), "utf8")).toBe(mine);
    expect(journalOf(folder.path)).toMatchObject([{ n: 1, outcome: "saved" }]);
  });

  it("is not a name that a body can have, nor a report", async () => {
    folder.list([`${server.url("/1")}\truns.jsonl`]);
    await folder.run(["urls.txt", "-q"]);
    expect(existsSync(folder.at("downloads/_runs.jsonl"))).toBe(true);
    const { code, stderr } = await folder.run(["urls.txt", "--report", "downloads/runs.jsonl"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("would overwrite downloads/runs.jsonl")]);
  });

  it("has one line of a killed run, and the exit code 130 of an interrupted one", async () => {
    const slow = own(await host(() => {}));
    folder.list([slow.origin]);
    for (const signal of ["SIGKILL", "SIGINT"] as const) {
      const running = commandUnderWay(["urls.txt", "-q"], folder.path, graceOf(100));
      await expect.poll(() => slow.asked.length, { timeout: 20_000 }).toBeGreaterThan(signal === "SIGINT" ? 1 : 0);
      running.kill(signal);
      await running.ended;
    }
    expect(lines().map(({ exit_code }) => exit_code)).toEqual([undefined, undefined, 130]);
  });

  it("has the numbers that -c auto tried, and why", async () => {
    const slow = own(await rudeServer());
    // At 8 in flight one second: a sample takes 200 ms.
    folder.list(Array.from({ length: 400 }, (_, i) => slow.url(`/ok?delay=20&i=${i}`)));
    await folder.run(["urls.txt", "-q", "-c", "auto"]);
    const auto = lines().at(-1)?.auto ?? [];
    expect(auto.length).toBeGreaterThan(0);
    const [ms, inFlight, perSecond, reason] = auto[0] ?? [];
    expect([ms, perSecond].every((one) => typeof one === "number" && one > 0)).toBe(true);
    expect([inFlight, reason]).toEqual([8, "the first number"]);
  });

  it("has the runs of the library, without an exit code", async () => {
    for await (const { outcome } of bulkget([server.url("/1")], { outputDir: folder.at("downloads") }))
      expect(outcome).toBe("saved");
    const [, end] = lines();
    expect(end).toMatchObject({ command: "library", counts: { saved: 1 } });
    expect(end).not.toHaveProperty("exit_code");
  });
});
