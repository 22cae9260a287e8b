// One run at a time holds a folder: a second one exits with code 5, and the lock of a killed run is no obstacle.

import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { childUnderWay, commandUnderWay, type UnderWay } from "../../support/process/under-way.ts";
import { journalOf, leftIn } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
let running: UnderWay[];
/** Resolved when the page that is never answered is requested. */
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

it.each([[[]], [["--force"]], [["-u"]]])(
  "a second run in the folder exits with code 5 and names the first one, with arguments %j",
  async (args) => {
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
  },
);

it("a refused run leaves the first one's --report unchanged", async () => {
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

it("a refused run does not disturb the first one, after which the next run starts", async () => {
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

it("after SIGKILL the next run resumes at once", async () => {
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

it("a run whose parent npx was killed still locks the folder", async () => {
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
  await npx.ended; // its stderr is closed: no process is left
  server.answers.clear();
  expect((await second()).code).toBe(0);
});

it("of six runs that start at once, one runs and the others exit with code 5", async () => {
  const starting = Array.from({ length: 6 }, () => first(commandUnderWay));
  await stuck;
  const pid = holder();
  server.answers.clear();
  const losers = await Promise.all(starting.filter((one) => one.pid !== pid).map(({ ended }) => ended));
  expect(losers.map(({ code }) => code)).toEqual([5, 5, 5, 5, 5]);
  expect(server.asked()).toEqual(["/page-1", "/stuck"]);
});

describe.runIf(process.platform === "linux")("a stale or foreign lock", () => {
  const plant = (text: string, aheadMs = 0) => {
    mkdirSync(saved(".bulkget"), { recursive: true });
    const path = saved(".bulkget/lock");
    writeFileSync(path, text);
    const time = new Date(Date.now() + aheadMs);
    utimesSync(path, time, time);
  };
  const holderText = (more: object) =>
    JSON.stringify({
      ...{ pid: process.pid, host: hostname(), since: "2026-01-01T10:00:00.000Z", nonce: "a" },
      ...more,
    });
  beforeEach(() => server.answers.clear());

  it.each([
    ["of another boot, with a time in the future", { boot: "another", pidns: "pid:[1]" }, 3600_000],
    ["of another machine, silent since its clock was set back", { boot: "another", host: "build-7" }, 90_000],
    ["of an ended process", { pid: 4_194_303 }, 0],
    ["with an impossible pid", { pid: 2 ** 40 }, 0],
  ])("%s, does not stop a run, and is removed", async (_, what, aheadMs) => {
    const here = { boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() };
    plant(holderText({ ...here, pidns: namespaces(), started: 1, ...what }), aheadMs);
    writeFileSync(saved(".bulkget/lock.0123456789abcdef"), readFileSync(saved(".bulkget/lock")));
    utimesSync(saved(".bulkget/lock.0123456789abcdef"), 0, 0);
    const { code, stderr } = await second();
    expect(code, stderr).toBe(0);
    expect(existsSync(saved(".bulkget"))).toBe(false);
  });

  it("whose file is incomplete stops a run with advice", async () => {
    plant("garbage");
    const { code, stderr } = await second();
    const what = "downloads: .bulkget/lock is no lock, or not whole yet";
    expect({ code, stderr }).toEqual({
      code: 5,
      stderr: `bulkget: ${what}: wait a minute, or remove it if no other run is on\n`,
    });
  });

  it("cannot be made by another user who cannot write to the folder", async (context) => {
    const program = `
      const { createHash } = require("node:crypto");
      const { statSync } = require("node:fs");
      const real = process.argv[1];
      const { dev, ino } = statSync(real, { bigint: true });
      const name = "bulkget:" + createHash("sha512").update(dev + " " + ino + " " + real).digest("hex");
      require("node:net").createServer().listen({ path: ("\\0" + name).slice(0, 108) }, () => console.log("bound"));
    `;
    mkdirSync(saved(".bulkget"), { recursive: true });
    for (const path of [folder.path, saved(), saved(".bulkget")]) chmodSync(path, 0o755);
    const asNobody = process.geteuid?.() === 0 ? ["setpriv", "--reuid=65534", "--clear-groups"] : [];
    const [command = "", ...args] = [...asNobody, process.execPath, "-e", program, realpathSync(saved(".bulkget"))];
    const nobody = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
    own({ close: () => void nobody.kill("SIGKILL") });
    const said = await Promise.race([
      once(nobody.stdout, "data").then(String),
      once(nobody, "error").then(() => "no setpriv"),
      once(nobody, "exit").then(() => "ended"),
    ]);
    if (said !== "bound\n") return context.skip("a process of the user nobody cannot be started here");
    const { code, stderr } = await second();
    expect(code, stderr).toBe(0);
  });
});

function namespaces(): string {
  return ["pid", "time"]
    .filter((kind) => existsSync(`/proc/self/ns/${kind}`))
    .map((kind) => readlinkSync(`/proc/self/ns/${kind}`))
    .join(" ");
}
