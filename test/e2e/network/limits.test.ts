// Under limits of the system (ulimit), a run continues without the threads and processes that do not fit.

import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { serializeOutcome } from "../../../src/core/serialize-outcome.ts";
import { saved } from "../../core/outcomes.ts";
import { filesOf, shell } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";

const site = ownSite();
const folder = ownFolder();

const run = (line: string) => shell(line, { cwd: folder.path });

function list(urls: number): string[] {
  const lines = Array.from({ length: urls }, (_, i) => site.url(`/${i + 1}`));
  folder.list(lines);
  return lines;
}

describe.runIf(process.platform === "linux")("in a limited address space, a run", () => {
  it.each([1_500_000, 2_000_000])("finishes without its writer thread: ulimit -v %i", async (kib) => {
    list(2000);
    const { code, signal, stderr } = await run(`ulimit -v ${kib}; bulkget urls.txt -q`);
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: "" });
    expect(filesOf(folder.at("downloads"))).toHaveLength(2000);
  });

  it("finishes without the thread that checks the files of a long journal", async () => {
    const LONG = 22_000;
    const urls = list(LONG);
    mkdirSync(folder.at("downloads"));
    const records = urls.map((url, i) => {
      const n = i + 1;
      const file = String(n).padStart(6, "0");
      writeFileSync(folder.at("downloads", file), "x");
      return serializeOutcome(saved({ n, url, file, bytes: 1 }));
    });
    writeFileSync(folder.at("downloads/results.jsonl"), records.join(""));
    const { code, signal, stderr } = await run("ulimit -v 1500000; bulkget urls.txt");
    expect({ code, signal }, stderr).toEqual({ code: 0, signal: null });
    expect(stderr).toContain("22,000 saved");
    expect(site.asked()).toEqual([]);
  });
});

describe("with too few file descriptors for --workers, a run", () => {
  // From too few for one process to enough for all.
  const limits = [24, 26, 28, 30, 32, 34, 36, 40, 44, 48, 64];

  it.each(limits)("finishes with fewer processes, or ends before any request: ulimit -n %i", async (limit) => {
    list(200);
    const { code, signal, stderr } = await run(`ulimit -n ${limit}; bulkget urls.txt --workers 8 -c 40 --retries 0`);
    const files = code === 0 ? filesOf(folder.at("downloads")) : [];
    if (code === 0) expect(files).toHaveLength(200);
    else {
      expect({ signal, stderr }).toEqual({ signal: null, stderr: expect.stringContaining("EMFILE") });
      expect([2, 3], stderr).toContain(code);
      expect(site.asked()).toEqual([]);
    }
    if (limit >= 32) expect(code, stderr).toBe(0);
  });

  it("reports the reason and the number of processes", async () => {
    list(200);
    const { code, stderr } = await run("ulimit -n 36; bulkget urls.txt --workers 2");
    expect(code, stderr).toBe(0);
    const why = "no other process can be started: too few file descriptors (ulimit -n); this one goes on alone";
    expect(stderr).toContain(`bulkget: ${why}\n`);
  });
});
