// SIGKILL at any change of the folder while saved files move to their lines' new names: no body is lost.

import { spawn } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { BIN, cleanEnv, type Ran, ROOT } from "../../support/command.ts";
import { runsAgain } from "../../support/folders/again.ts";
import { leftIn, pageOf, status } from "../../support/site.ts";

const { server, folder, at, list, run } = runsAgain();

const SUICIDE = join(ROOT, "dist/test/support/process/suicide.js");

/** A run is killed at every STRIDE-th change of the folder: 1 for all changes, which takes a minute. */
const STRIDE = Number(process.env["KILL_STRIDE"] ?? 10);

/** Runs `urls.txt` in a folder; resolves to whether the run was killed at that change. */
function killedAt(change: number, output: string): Promise<boolean> {
  const args = ["--import", SUICIDE, BIN, "urls.txt", "-o", output, "-q", "-c", "1"];
  const env = cleanEnv({ KILL_AT: String(change) });
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: folder.path, env, stdio: "ignore" });
    child.on("error", reject);
    child.on("close", (_, signal) => resolve(signal === "SIGKILL"));
  });
}

/** Files and records, without the run's own state, gone/'s journal (it has times), and the numbers in gone/. */
function inFolder(name: string) {
  const { files, records } = leftIn(at(name));
  const kept = Object.entries(files).filter(([file]) => !/^(\.bulkget|gone\/results\.jsonl)/.test(file));
  return {
    files: Object.fromEntries(kept.map(([file, text]) => [file.replace(/^gone\/\d+/, "gone/1"), text])),
    records,
  };
}

/** Swapped and rotated names, a name that a moved line frees, lines inserted and removed, and a line that returns. */
const lists: readonly (readonly string[])[] = [
  ["/back", "/a\tx.txt", "/b\ty.txt", "/c\tz.txt", "/d", "/e", "/e", "/f", "/g\tcats/one.txt"],
  ["", "/a\tx.txt", "/b\ty.txt", "/c\tz.txt", "/d", "/e", "/e", "/f", "/g\tcats/one.txt", "/other"],
  ["/new", "/back", "/b\tx.txt", "/a\tz.txt", "/c\ty.txt", "", "/e", "/d", "/f\tcats/one.txt", "/e\tn=12"],
];

/** Runs the present list in copies of the folder `before`: killed at another change each time, then to its end. */
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

it(`a run that moves files and is killed at every ${STRIDE}th change of the folder loses no body and fetches none twice`, async () => {
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

it(`a permanent failure moves with its line and is not requested again, with kills at every ${STRIDE}th change`, async () => {
  for (const path of ["/none", "/nor-this"]) server.answers.set(path, status(404));
  list(["/none", "/nor-this", "/a", "/none"]);
  expect((await run("-o", "before")).code).toBe(1);
  list(["/new", "/none", "/nor-this", "/a", "/none"]);
  await killedAtEach((said, { code }) => {
    expect(code, said).toBe(1);
    expect(["", "/new"], said).toContain(server.asked().join());
    const { files, records } = inFolder("out");
    // A kill may leave an empty gone/.
    expect(Object.keys(files).filter((file) => file !== "gone")).toEqual(["000001.txt", "000004.txt"]);
    const errors = records.map((record) => ("error" in record ? record.error : undefined));
    expect(errors, said).toEqual([undefined, "http_status", "http_status", undefined, "http_status"]);
  });
}, 600_000);
