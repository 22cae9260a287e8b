// kill -9 at any change of the folder while what is saved moves to where its lines are now: no body is lost, and the next run goes on.

import { spawn } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runsAgain } from "../support/again.ts";
import { BIN, cleanEnv, type Ran, ROOT } from "../support/command.ts";
import { leftIn, pageOf, status } from "../support/site.ts";

const { server, folder, at, list, run } = runsAgain();

const SUICIDE = join(ROOT, "dist/test/support/suicide.js");

/** Every how manieth change of the folder is one at which a run is killed: 1 for all, which takes a minute. */
const STRIDE = Number(process.env["KILL_STRIDE"] ?? 6);

/** Runs `urls.txt` in a folder; whether it was killed at that change of it. */
function killedAt(change: number, output: string): Promise<boolean> {
  const args = ["--import", SUICIDE, BIN, "urls.txt", "-o", output, "-q", "-c", "1"];
  const env = cleanEnv({ KILL_AT: String(change) });
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: folder.path, env, stdio: "ignore" });
    child.on("error", reject);
    child.on("close", (_, signal) => resolve(signal === "SIGKILL"));
  });
}

/** All but the run's own state, and of what is gone its journal, which has times, and its number. */
function inFolder(name: string) {
  const { files, records } = leftIn(at(name));
  const kept = Object.entries(files).filter(([file]) => !/^(\.bulkget|gone\/results\.jsonl)/.test(file));
  return {
    files: Object.fromEntries(kept.map(([file, text]) => [file.replace(/^gone\/\d+/, "gone/1"), text])),
    records,
  };
}

/** Names exchanged, a ring of names, a name that a moved line leaves, lines before, in between and gone, and one that comes back. */
const lists: readonly (readonly string[])[] = [
  ["/back", "/a\tx.txt", "/b\ty.txt", "/c\tz.txt", "/d", "/e", "/e", "/f", "/g\tcats/one.txt"],
  ["", "/a\tx.txt", "/b\ty.txt", "/c\tz.txt", "/d", "/e", "/e", "/f", "/g\tcats/one.txt", "/other"],
  ["/new", "/back", "/b\tx.txt", "/a\tz.txt", "/c\ty.txt", "", "/e", "/d", "/f\tcats/one.txt", "/e\tn=12"],
];

/** Runs the present list in copies of the folder `before`, each killed at another change of it, and then to its end. */
async function killedAtEach(ended: (said: string, ran: Ran) => void): Promise<void> {
  for (let change = 1 + Math.floor(Math.random() * STRIDE); ; change += STRIDE) {
    cpSync(at("before"), at("out"), { recursive: true, preserveTimestamps: true });
    const isKilled = await killedAt(change, "out");
    server.asked();
    const ran = await run("-o", "out");
    ended(`killed at change ${change}: ${ran.stderr}`, ran);
    rmSync(at("out"), { recursive: true });
    if (!isKilled) break;
  }
}

it(`a run that moves files is killed at every ${STRIDE}th change of the folder: no body is lost, and nothing is fetched twice`, async () => {
  const texts = lists.map((lines) => lines.map((line) => (line === "" ? "" : server.url(line))));
  const [first = [], second = [], third = []] = texts;
  list(first);
  expect((await run("-o", "before")).code).toBe(0);
  list(second);
  expect((await run("-o", "before")).code).toBe(0);
  list(third);
  cpSync(at("before"), at("whole"), { recursive: true });
  server.asked();
  expect((await run("-o", "whole")).code).toBe(0);
  expect(server.asked()).toEqual(["/new"]);
  const whole = inFolder("whole");
  await killedAtEach((said, { code }) => {
    expect(code, said).toBe(0);
    expect(["", "/new"], said).toContain(server.asked().join());
    const { files, records } = inFolder("out");
    expect(records, said).toEqual(whole.records);
    expect(Object.keys(files), said).toEqual(Object.keys(whole.files));
    expect(Object.values(files).sort(), said).toEqual(Object.values(whole.files).sort());
    for (const path of ["/a", "/b", "/c", "/d", "/e", "/f", "/g", "/back", "/other"]) {
      expect(Object.values(files), `${said}: ${path}`).toContain(pageOf(path).toString("latin1"));
    }
  });
}, 600_000);

it(`what failed for good moves with its line: killed at every ${STRIDE}th change, it is not asked for again`, async () => {
  for (const path of ["/none", "/nor-this"]) server.answers.set(path, status(404));
  list(["/none", "/nor-this", "/a", "/none"]);
  expect((await run("-o", "before")).code).toBe(1);
  list(["/new", "/none", "/nor-this", "/a", "/none"]);
  await killedAtEach((said, { code }) => {
    expect(code, said).toBe(1);
    expect(["", "/new"], said).toContain(server.asked().join());
    const { files, records } = inFolder("out");
    // A kill may leave an empty folder for what is moved.
    expect(Object.keys(files).filter((file) => file !== "gone")).toEqual(["000001.txt", "000004.txt"]);
    const errors = records.map((record) => ("error" in record ? record.error : undefined));
    expect(errors, said).toEqual([undefined, "http_status", "http_status", undefined, "http_status"]);
  });
}, 600_000);
