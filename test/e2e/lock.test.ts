// One run at a time in a folder: a second one leaves at once, and what a killed one leaves stops nobody.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ownFolder, ownSite } from "../support/own.ts";
import { journalOf, leftIn } from "../support/site.ts";
import { childUnderWay, commandUnderWay, type UnderWay } from "../support/under-way.ts";

const server = ownSite();
const folder = ownFolder();
let running: UnderWay[];
/** Settled when somebody asked for the page that never comes. */
let stuck: Promise<void>;
beforeEach(() => {
  running = [];
  stuck = new Promise((resolve) => server.answers.set("/stuck", () => resolve()));
  folder.list(["/page-1", "/stuck"].map(server.url));
});
afterEach(() => {
  for (const one of running) one.kill("SIGKILL");
});

const saved = (...more: string[]) => folder.at("downloads", ...more);
const second = (...args: string[]) => folder.run(["urls.txt", ...args]);

function first(start: typeof commandUnderWay): UnderWay {
  const started = start(["urls.txt", "--timeout", "600s"], folder.path);
  running.push(started);
  return started;
}

/** The pid that the lock file names. */
function holder(): number {
  return (JSON.parse(readFileSync(saved(".bulkget/lock"), "utf8")) as { pid: number }).pid;
}

it.each([[[]], [["--force"]], [["-u"]]])("a second run leaves with 5 and names the first: %s", async (args) => {
  const { pid } = first(commandUnderWay);
  await stuck;
  server.asked();
  const from = Date.now();
  const { code, stdout, stderr } = await second(...args);
  expect(code, stderr).toBe(5);
  expect(stderr).toMatch(
    new RegExp(`^bulkget: downloads: another run holds it \\(pid ${pid}, since [0-9-]{10} [0-9:]{8}\\): wait for it`),
  );
  const since = Date.parse(/since ([0-9-]{10} [0-9:]{8})/.exec(stderr)?.[1] ?? "");
  expect(from - since).toBeLessThan(60_000);
  expect(stdout).toBe("");
  expect(server.asked()).toEqual([]);
});

it("a run that is refused leaves the first one's --report as it is", async () => {
  const report = folder.at("mine.jsonl");
  const { ended } = first((args, cwd) => commandUnderWay([...args, "--report", report], cwd));
  await stuck;
  await expect.poll(() => readFileSync(report, "utf8")).toContain("page-1");
  expect((await second("--report", report)).code).toBe(5);
  expect(readFileSync(report, "utf8")).toContain("page-1");
  running[0]?.kill("SIGKILL");
  await ended;
  writeFileSync(folder.at("urls.txt"), `${server.url("/another-list")}\n`);
  expect((await second("--report", report)).code).toBe(2);
  expect(readFileSync(report, "utf8")).toContain("page-1");
});

it("the first run is not disturbed by a second one, and the next may come when it is done", async () => {
  let answer = () => {};
  const asked = new Promise<void>((resolve) => {
    server.answers.set("/stuck", (_, response) => {
      answer = () => void response.end("at last");
      resolve();
    });
  });
  const { ended } = first(commandUnderWay);
  await asked;
  expect((await second()).code).toBe(5);
  answer();
  expect(await ended).toMatchObject({ code: 0 });
  expect(existsSync(saved(".bulkget"))).toBe(false);
  expect((await second()).stderr).toContain("resuming: 2 saved earlier, 0 to do\n");
});

it("after kill -9 the next run goes on at once", async () => {
  const { kill, ended } = first(commandUnderWay);
  await stuck;
  await expect.poll(() => journalOf(saved()).length).toBe(1);
  kill("SIGKILL");
  expect(await ended).toMatchObject({ code: null, signal: "SIGKILL" });
  expect(existsSync(saved(".bulkget/lock"))).toBe(true);
  server.answers.clear();
  server.asked();
  const { code, stderr } = await second();
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("resuming: 1 saved earlier, 1 to do\n");
  expect(server.asked()).toEqual(["/stuck"]);
  expect(Object.keys(leftIn(saved()).files)).toEqual(["000001.txt", "000002.txt"]);
});

it("where an npx was killed, the run that it left behind still holds the folder", async () => {
  const npx = first(childUnderWay);
  await stuck;
  const pid = holder();
  try {
    npx.kill("SIGKILL");
    expect(pid).not.toBe(npx.pid);
    const { code, stderr } = await second();
    expect(code, stderr).toBe(5);
    expect(stderr).toContain(`(pid ${pid}, since `);
  } finally {
    process.kill(pid, "SIGKILL");
  }
  await npx.ended; // its stderr is closed: nobody is left
  server.answers.clear();
  expect((await second()).code).toBe(0);
});

it("of many that start at once, one runs and the others leave with 5", async () => {
  const starting = Array.from({ length: 6 }, () => first(commandUnderWay));
  await stuck;
  const pid = holder();
  server.answers.clear();
  const losers = await Promise.all(starting.filter((one) => one.pid !== pid).map(({ ended }) => ended));
  expect(losers.map(({ code }) => code)).toEqual([5, 5, 5, 5, 5]);
  expect(server.asked()).toEqual(["/page-1", "/stuck"]);
});
