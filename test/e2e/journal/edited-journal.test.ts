// File names in an edited journal never make a run touch files outside the folder, or files that are not its own.

import { existsSync, lstatSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { surrounded } from "../../support/folders/surrounded.ts";
import { journalOf, pageOf, status } from "../../support/site.ts";

const { server, around, out, run, wellKept } = surrounded();

describe("an edited journal", () => {
  /** Hostile values of a record's `file`, one for each line. */
  const hostileFiles = () => [
    "../victims/x",
    "../../../x",
    "sub/../../victims/x",
    "./../victims/victim.txt",
    around().file,
    "results.jsonl",
    "./results.jsonl",
    "RESULTS.jsonl",
    "failed.txt",
    ".bulkget/lock",
    ".bulkget/since",
    ".bulkget",
    "sub/..",
    "sub",
    "",
    ".",
    "..\\victims\\x",
    "linked/x",
    "../downloads/mine.txt",
    "x\0",
    "000101.txt",
  ];
  const honest = ["/101\t000101", "/102\tsub/x"];

  /** Runs a list, deletes its files, and puts the hostile names into the records, with the fitting length or another one. */
  async function tampered(fitting: boolean): Promise<readonly string[]> {
    const files = hostileFiles();
    const lines = [...files.map((_, i) => `/${i + 1}`), ...honest];
    rmSync(out(), { recursive: true, force: true });
    await run(lines);
    for (const n of files.keys()) unlinkSync(out(`${String(n + 1).padStart(6, "0")}.txt`));
    symlinkSync(around().path, out("linked"));
    writeFileSync(out("mine.txt"), "mine");
    const edited = journalOf(out()).map((record, i) => {
      const file = files[i];
      if (file === undefined) return record;
      const there = fitting && i !== files.length - 1 ? sizeOf(file) : undefined;
      return { ...record, file, bytes: there ?? 5 };
    });
    writeFileSync(out("results.jsonl"), edited.map((record) => `${JSON.stringify(record)}\n`).join(""));
    return lines;
  }

  function sizeOf(file: string): number | undefined {
    if (file.includes("\0")) return undefined;
    return lstatSync(file.startsWith("/") ? file : out(file), { throwIfNoEntry: false })?.size;
  }

  it.each([
    ["their true length", true],
    ["another length", false],
  ])("that names foreign files, with %s, makes no later run touch them", async (_, fitting) => {
    const ways: (readonly [(lines: readonly string[]) => readonly string[], ...string[]])[] = [
      [(lines) => lines],
      [(lines) => lines, "-u"],
      [(lines) => lines, "--force"],
      [(lines) => lines, "-u", "--name", "other/{n}{ext}"],
      [(lines) => ["/new", ...lines]],
      [(lines) => [...lines.slice(0, -2).reverse(), ...lines.slice(-2)]],
      [(lines) => lines.map((line, i) => (i < lines.length - 2 ? `${line}-changed` : line))],
    ];
    for (const [change, ...more] of ways) {
      const lines = change(await tampered(fitting));
      const { code, stderr } = await run(lines, ...more);
      expect(code, stderr).toBe(0);
      const records = wellKept(["linked", "mine.txt"]);
      expect(records.filter(({ outcome }) => outcome === "failed")).toEqual([]);
      expect(new Set(records.map(({ url }) => url))).toEqual(
        new Set(lines.map((line) => server.url(line.split("\t")[0] ?? ""))),
      );
      expect(existsSync(out(".bulkget/lock"))).toBe(false);
    }
  });

  it("of a run that was killed while it moved files still leads each line to its file", async () => {
    await run(["/1\tx", "/2"]);
    const [one] = journalOf(out());
    if (one === undefined || one.outcome !== "saved") return expect.unreachable();
    // Line 1 has become line 2: its record is written, the file has not been renamed yet.
    const left = {
      ...one,
      outcome: "failed",
      error: "write_failed",
      detail: "being moved within the list",
      retryable: true,
    };
    const records = [left, { ...one, n: 2 }];
    writeFileSync(out("results.jsonl"), records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    rmSync(out("000002.txt"));
    expect((await run(["/new", "/1\tx"])).code).toBe(0);
    expect(wellKept().map(({ n, file }) => [n, file])).toEqual([
      [1, "000001.txt"],
      [2, "x"],
    ]);
  });

  it("with line breaks in its values injects no header and no line of failed.txt", async () => {
    const lines = ["/1", "/2", "/3"];
    server.answers.set("/3", status(404));
    await run(lines);
    const evil = {
      etag: '"a"\r\nX-Evil: 1',
      last_modified: "now\r\nX-Evil: 1",
      final_url: 42,
      expected_sha256: "x\nhttp://evil.example/\t000009",
      name: "a\nhttp://evil.example/",
    };
    const edited = journalOf(out()).map((record) => ({ ...record, ...evil }));
    writeFileSync(out("results.jsonl"), edited.map((record) => `${JSON.stringify(record)}\n`).join(""));
    const headers: string[] = [];
    for (const path of lines) {
      server.answers.set(path, (request, response) => {
        headers.push(...Object.keys(request.headers));
        if (path === "/3") response.writeHead(404).end();
        else response.setHeader("content-type", "text/plain").end(pageOf(path));
      });
    }
    for (const more of [[], ["-u"]]) {
      const { code, stderr } = await run(lines, ...more);
      expect(code, stderr).toBe(1);
      expect(readFileSync(out("failed.txt"), "utf8").split("\n")).toHaveLength(2);
    }
    expect(headers.filter((header) => /evil|if-/.test(header))).toEqual([]);
  });
});
