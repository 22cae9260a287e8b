// --report into a pipe whose reader comes late, leaves early or never reads: the run waits for it, but not forever.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { filesOf, recordsOf, shell } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { commandUnderWay, GRACE_MESSAGE, graceOf } from "../../support/process/under-way.ts";

const site = ownSite();
const folder = ownFolder();

/** The records of URLs of CHARS characters exceed the capacity of a pipe. */
const URLS = 400;
const CHARS = 1000;

const PATIENCE = { timeout: 20_000 };

function list(): void {
  folder.list(Array.from({ length: URLS }, (_, i) => site.url(`/${"x".repeat(CHARS)}-${i}`)));
}

const run = (line: string) => shell(line, { cwd: folder.path });
const pipe = () => execFileSync("mkfifo", [folder.at("pipe")]);
const lost = (name: string) => `the report ${name} cannot be written any more: nobody reads it`;

describe("a --report to a pipe that nobody reads", () => {
  it.each([
    ["without a reader", "bulkget urls.txt --report pipe --deadline 1s", "pipe"],
    ["with a reader that never reads", "exec 9<> pipe; bulkget urls.txt --report pipe --deadline 1s", "pipe"],
    [
      "on stdout",
      "bulkget urls.txt --report - --deadline 1s > >(exec sleep 1000); code=$?; kill $!; exit $code",
      "on stdout",
    ],
  ])("lets --deadline stop the run, %s", async (_, line, name) => {
    pipe();
    list();
    const { code, stderr } = await run(line);
    expect(code, stderr).toBe(4);
    expect(stderr).toContain(lost(name));
    expect(stderr).toContain("the time of --deadline is over");
    // Files that were fetched meanwhile are recorded.
    expect(recordsOf(folder.at("downloads")).size).toBe(filesOf(folder.at("downloads")).length);
  });

  it("lets a signal stop the run after its grace period", async () => {
    pipe();
    list();
    const { kill, ended } = commandUnderWay(["urls.txt", "--report", "pipe"], folder.path, graceOf(200));
    await expect.poll(() => site.asked().length, PATIENCE).toBeGreaterThan(0);
    kill("SIGTERM");
    const { code, signal, stderr } = await ended;
    expect({ code, signal }).toEqual({ code: null, signal: "SIGTERM" });
    expect(stderr).toContain(GRACE_MESSAGE);
    expect(stderr).toContain(lost("pipe"));
  });

  it("lets a second signal stop the run at once", async () => {
    pipe();
    list();
    // Within the time limit of this test, only the second signal can end the run.
    const { kill, stderr, ended } = commandUnderWay(["urls.txt", "--report", "pipe"], folder.path, graceOf(600_000));
    await expect.poll(() => site.asked().length, PATIENCE).toBeGreaterThan(0);
    kill("SIGINT");
    await expect.poll(stderr, PATIENCE).toContain(GRACE_MESSAGE);
    kill("SIGINT");
    expect(await ended).toMatchObject({ code: null, signal: "SIGINT" });
  });

  it("does not delay the end of a run without records", async () => {
    pipe();
    list();
    expect((await run("bulkget urls.txt -q")).code).toBe(0);
    const { code, stderr } = await run("bulkget urls.txt --report pipe");
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining("nobody reads it") });
  });
});

describe("a --report to a pipe", () => {
  it("waits for a reader that comes later", async () => {
    pipe();
    list();
    const { ended } = commandUnderWay(["urls.txt", "-q", "--report", "pipe"], folder.path);
    await expect.poll(() => site.asked().length, PATIENCE).toBeGreaterThan(0);
    const { stdout } = await run("cat pipe");
    expect(await ended).toEqual({ code: 0, signal: null, stderr: "" });
    expect(stdout.trimEnd().split("\n").sort()).toEqual(linesOf("downloads/results.jsonl"));
  });

  it("does not stop the run when its reader ends early", async () => {
    pipe();
    list();
    const { code, stdout, stderr } = await run("head -n 1 pipe & bulkget urls.txt -q --report pipe; exit $?");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(filesOf(folder.at("downloads"))).toHaveLength(URLS);
  });

  it("reaches a process substitution completely", async () => {
    list();
    expect((await run("bulkget urls.txt -q --report >(cat > copy); wait $!")).code).toBe(0);
    expect(linesOf("copy")).toEqual(linesOf("downloads/results.jsonl"));
  });

  it("ends for its reader in a run without records", async () => {
    pipe();
    list();
    expect((await run("bulkget urls.txt -q")).code).toBe(0);
    const { code, stdout } = await run("bulkget urls.txt -q --report pipe & cat pipe; wait $!");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  });
});

function linesOf(file: string): string[] {
  return readFileSync(folder.at(file), "utf8").trimEnd().split("\n").sort();
}
