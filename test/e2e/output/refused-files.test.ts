// A file whose size or name the file system refuses fails only its line; a failing disk stops the run.

import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { FailureKind } from "../../../src/core/failure.ts";
import { BIN, filesOf, type Ran, recordsOf, shell } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { noStrace, renames } from "../../support/process/traced.ts";
import { body, journalOf } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
const { at } = folder;
const NUMBERS = Array.from({ length: 12 }, (_, i) => i + 1);

/** Runs a line of bash in the test's folder. */
const sh = (line: string): Promise<Ran> => shell(line, { cwd: folder.path });
const list = (paths: readonly string[]) => folder.list(paths.map((path) => server.url(path)));

/** The outcome of each line: its error, or "saved". */
function fates(output = "downloads"): Record<number, string> {
  const records = [...recordsOf(at(output)).values()];
  return Object.fromEntries(records.map((one) => [one.n, one.outcome === "failed" ? one.error : one.outcome]));
}

/** A response without Content-Length, whose size is unknown in advance. */
const unsized = (bytes: number) => (_: unknown, response: import("node:http").ServerResponse) => {
  response.write(Buffer.alloc(bytes / 2, "a"));
  response.end(Buffer.alloc(bytes / 2, "b"));
};

describe("a body larger than `ulimit -f`", () => {
  const ways: [how: string, options: string][] = [
    ["no option", ""],
    ["--hash sha256", "--hash sha256"],
    ["--durability file", "--durability file"],
    ["--workers 2", "--workers 2"],
  ];
  it.each(ways)("fails only its line, permanently, with %s", async (_, options) => {
    const large = {
      "/whole": body(Buffer.alloc(150_000)),
      "/stream": body(Buffer.alloc(3_000_000)),
      "/unsized": unsized(500_000),
    };
    for (const [path, answer] of Object.entries(large)) server.answers.set(path, answer);
    list(["/1", "/whole", "/2", "/stream", "/3", "/unsized", "/4"]);
    const expected = {
      1: "saved",
      2: "file_too_large",
      3: "saved",
      4: "file_too_large",
      5: "saved",
      6: "file_too_large",
      7: "saved",
    };
    const first = await sh(`ulimit -f 100; bulkget urls.txt ${options}`);
    expect(first.code, first.stderr).toBe(1);
    expect(fates()).toEqual(expected);
    expect(first.stderr).toContain("larger than this system lets a file be (ulimit -f, or the file system)");
    expect(filesOf(at("downloads"))).toEqual(["000001.txt", "000003.txt", "000005.txt", "000007.txt"]);
    server.asked();
    const second = await sh(`ulimit -f 100; bulkget urls.txt ${options}`);
    expect(second.code, second.stderr).toBe(1);
    expect(second.stderr).toContain("failed  3 (all in an earlier run; --retry-failed)");
    expect(server.asked()).toEqual([]);
    const last = await folder.run(["urls.txt", ...options.split(" ").filter((word) => word !== ""), "--retry-failed"]);
    expect(last.code, last.stderr).toBe(0);
    expect(readFileSync(at("downloads/000004"))).toHaveLength(3_000_000);
  });

  it.skipIf(noStrace !== undefined)("fails only its line on a slow disk", async () => {
    server.answers.set("/whole", body(Buffer.alloc(150_000)));
    list([...NUMBERS.map((n) => `/${n}`), "/whole", "/13", "/14"]);
    const { code, stderr } = await sh(`ulimit -f 100; ${renames("delay_enter=20ms")} urls.txt -c 2`);
    expect(code, stderr).toBe(1);
    expect(fates()[13]).toBe("file_too_large");
    expect(Object.values(fates()).filter((fate) => fate === "saved")).toHaveLength(14);
  });

  it("or a journal that exceeds it stops the run with exit code 3 and advice, and the next run resumes", async () => {
    list(Array.from({ length: 200 }, (_, i) => `/${i}`));
    for (let runs = 0; runs < 2; runs++) {
      const { code, stderr } = await sh("ulimit -f 8; bulkget urls.txt");
      expect(code, stderr).toBe(3);
      expect(stderr).toContain("the report results.jsonl cannot be written any more: EFBIG");
      expect(stderr).toContain("raise the limit (ulimit -f), or move the folder to another file system");
      expect(stderr).toContain("run it again to go on");
      expect(journalOf(at("downloads")).length).toBeGreaterThan(5);
    }
    const { code, stderr } = await folder.run(["urls.txt"]);
    expect(code, stderr).toBe(0);
    expect(journalOf(at("downloads")).map(({ n }) => n)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  });
});

describe("a subfolder of the output folder", () => {
  /** Runs as an unprivileged user: permissions do not apply to root. */
  const asNobody = process.getuid?.() === 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : "";
  const line = `${asNobody} "${process.execPath}" "${BIN}" urls.txt`;

  it.each(["in a first run", "in a resumed run"])(
    "that is not writable fails only its own lines, %s, and a later run fetches them",
    async (how) => {
      chmodSync(folder.path, 0o777);
      folder.list(
        ["open/a", "closed/b", "open/c", "closed/d", "e"].map((name) => `${server.url(`/${name}`)}\t${name}`),
      );
      if (how !== "in a first run") {
        expect((await sh(line)).code).toBe(0);
        for (const name of ["open/a", "closed/b"]) rmSync(at("downloads", name));
      } else mkdirSync(at("downloads/closed"), { recursive: true });
      chmodSync(at("downloads"), 0o777);
      chmodSync(at("downloads/closed"), 0o555);
      const { code, stderr } = await sh(line);
      expect(code, stderr).toBe(1);
      const failed = Object.entries(fates()).filter(([, fate]) => fate !== "saved");
      expect(failed).toEqual(
        how === "in a first run"
          ? [
              ["2", "name_refused"],
              ["4", "name_refused"],
            ]
          : [["2", "name_refused"]],
      );
      chmodSync(at("downloads/closed"), 0o777);
      const last = await sh(`${line} --retry-failed`);
      expect(last.code, last.stderr).toBe(0);
      expect(filesOf(at("downloads")).filter((name) => !name.startsWith(".bulkget"))).toEqual([
        "closed/b",
        "closed/d",
        "e",
        "open/a",
        "open/c",
      ]);
    },
  );

  it("whose name a user's file has fails only its own lines", async () => {
    mkdirSync(at("downloads"));
    writeFileSync(at("downloads/0"), "mine");
    list(NUMBERS.map((n) => `/${n}`));
    const { code, stderr } = await sh("bulkget urls.txt --per-dir 10 --name '{n}'");
    expect(code, stderr).toBe(1);
    expect(Object.values(fates()).sort()).toEqual([...Array(9).fill("file_exists"), ...Array(3).fill("saved")]);
    expect(readFileSync(at("downloads/0"), "utf8")).toBe("mine");
  });
});

if (noStrace !== undefined) console.warn(`SKIPPED: errors of disks: strace cannot be used: ${noStrace}`);

describe.skipIf(noStrace !== undefined)("a rename that fails once", () => {
  /** Injects the error into the third rename: the first ones are of the run's own files. */
  const once = (errno: string, more = "") => sh(`${renames(`error=${errno}:when=3`)} urls.txt -c 1 ${more}`);

  it.each<[errno: string, kind: FailureKind]>([
    ["EINVAL", "name_refused"],
    ["EILSEQ", "name_refused"],
    ["ENAMETOOLONG", "name_too_long"],
    ["EISDIR", "file_exists"],
    ["ELOOP", "file_exists"],
    ["EBUSY", "file_exists"],
    ["ETXTBSY", "file_exists"],
  ])("with %s fails only its line, with %s", async (errno, kind) => {
    list(NUMBERS.map((n) => `/${n}`));
    const { code, stderr } = await once(errno);
    expect(code, stderr).toBe(1);
    // Each writing thread has its own third rename.
    expect(new Set(Object.values(fates()))).toEqual(new Set(["saved", kind]));
    const again = await folder.run(["urls.txt", "--retry-failed"]);
    expect(again.code, again.stderr).toBe(0);
  });

  it.each<[errno: string, kind: FailureKind]>([
    ["ENOSPC", "disk_full"],
    ["EDQUOT", "disk_full"],
    ["EIO", "write_failed"],
    ["EROFS", "write_failed"],
    ["ENODEV", "write_failed"],
    ["ESTALE", "write_failed"],
    ["EUCLEAN", "write_failed"],
    ["EACCES", "write_failed"],
  ])("with %s stops the run with exit code 3 and %s, and the next run resumes", async (errno, kind) => {
    list(NUMBERS.map((n) => `/${n}`));
    const { code, stderr } = await once(errno);
    expect(code, stderr).toBe(3);
    expect(stderr).toContain(kind);
    expect(new Set(Object.values(fates()))).toEqual(new Set(["saved", kind]));
    const again = await folder.run(["urls.txt"]);
    expect(again.code, again.stderr).toBe(0);
    expect(Object.values(fates())).toEqual(Array(12).fill("saved"));
  });
});
