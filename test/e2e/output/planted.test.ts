// Links, pipes, devices and folders that somebody planted in the output folder are not followed, written to or adopted.

import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { errorsIn, surrounded } from "../../support/folders/surrounded.ts";
import { look, namesBelow } from "../../support/folders/victims.ts";
import { status } from "../../support/site.ts";

const { server, around, out, run, tried, wellKept } = surrounded();

/** Creates an object at a path in the folder; false where that needs root. */
const PLANTS: Readonly<Record<string, (path: string) => boolean>> = {
  "a link to a file": (path) => planted(() => symlinkSync(around().file, path)),
  "a link to a folder": (path) => planted(() => symlinkSync(around().path, path)),
  "a link to nowhere": (path) => planted(() => symlinkSync(join(around().cwd, "nowhere"), path)),
  "a link to itself": (path) => planted(() => symlinkSync(path, path)),
  "a pipe": (path) => spawnSync("mkfifo", [path]).status === 0,
  "a device": (path) => spawnSync("mknod", [path, "c", "1", "5"]).status === 0, // /dev/zero, which is endless
  "a folder": (path) => planted(() => mkdirSync(path)),
  "a hard link to a file": (path) => planted(() => linkSync(around().file, path)),
};
const PLANTED = Object.keys(PLANTS);

function planted(plant: () => void): true {
  plant();
  return true;
}

/** Plants an object; false, with a warning, where that is impossible. */
function plant(what: string, ...path: readonly string[]): boolean {
  if (PLANTS[what]?.(out(...path)) === true) return true;
  console.warn(`SKIPPED: ${what} cannot be made here`);
  return false;
}

describe.each(PLANTED)("%s that somebody planted", (what) => {
  const LINES = ["/1", "/2\tsub/x", "/3"];
  const isFolder = what === "a folder";
  const isFile = what === "a hard link to a file";

  it("in place of a line's file stays, and the line fails, in a fresh and in a resumed run", async () => {
    mkdirSync(out());
    if (!plant(what, "000001.txt")) return;
    const before = look(out("000001.txt"));
    for (const more of [[], ["-u", "--retry-failed"]]) {
      expect((await run(LINES, ...more)).code).toBe(1);
      const errors = errorsIn(wellKept(isFolder ? [] : ["000001.txt"]));
      expect(errors).toEqual(["file_exists", "saved", "saved"]);
      expect(look(out("000001.txt"))).toBe(before);
    }
  });

  it("in place of a saved file stays in a resumed run and with -u", async () => {
    await run(LINES);
    for (const more of [[], ["-u", "--retry-failed"]]) {
      rmSync(out("000001.txt"), { force: true, recursive: true });
      if (!plant(what, "000001.txt")) return;
      const before = look(out("000001.txt"));
      // A hard link at the line's own name is replaced by the line's file; its other name keeps the old content.
      expect((await run(LINES, ...more)).code).toBe(isFile ? 0 : 1);
      if (isFile) expect(errorsIn(wellKept())).not.toContain("file_exists");
      else expect(look(out("000001.txt"))).toBe(before);
    }
  });

  it("in place of a folder for files is not entered", async () => {
    mkdirSync(out());
    if (!plant(what, "sub")) return;
    const also = isFolder ? [] : ["sub"];
    expect((await run(LINES)).code).toBe(isFolder ? 0 : 1);
    expect(errorsIn(wellKept(also))).toEqual(["saved", isFolder ? "saved" : "file_exists", "saved"]);
    rmSync(out(), { recursive: true });
    await run(LINES);
    rmSync(out("sub"), { recursive: true });
    plant(what, "sub");
    const moved = ["/new", "/1", "/2\tsub/x", "/3"];
    for (const [lines, ...more] of [[LINES, "-u"], [moved], [LINES, "--force"]] as const) {
      expect((await run(lines, ...more)).code).toBe(isFolder ? 0 : 1);
      expect(errorsIn(wellKept(also)).includes("file_exists")).toBe(!isFolder);
    }
  });

  it("in place of results.jsonl stops the run before any request, also with --force", async () => {
    await run(LINES);
    unlinkSync(out("results.jsonl"));
    if (!plant(what, "results.jsonl")) return;
    const { code, stderr } = await tried(["urls.txt"]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/results\.jsonl: (is|has) .*another folder/),
    });
    const forced = await tried(["urls.txt", "--force", "--name", "again/{n}"]);
    expect(forced).toMatchObject({ code, stderr });
  });

  it("in place of failed.txt stops the run before any request", async () => {
    server.answers.set("/1", status(404));
    mkdirSync(out());
    if (!plant(what, "failed.txt")) return;
    for (const more of [[], ["--retry-failed"], ["--force"]]) {
      const { code, stderr } = await tried(["-", ...more], LINES);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/failed\.txt(:1)?: (is|has) .*\(-o\)/)]);
      if (more.length > 0) continue;
      rmSync(out("failed.txt"), { force: true, recursive: true });
      expect((await run(LINES)).code).toBe(1);
      rmSync(out("failed.txt"), { force: true, recursive: true });
      plant(what, "failed.txt");
    }
  });

  it("at the temporary names of failed.txt and results.jsonl is not written through", async () => {
    server.answers.set("/1", status(404));
    mkdirSync(out(".bulkget"), { recursive: true });
    for (const more of [[], ["--retry-failed"]]) {
      for (const name of [".bulkget/failed.txt", ".bulkget/results.jsonl"]) {
        rmSync(out(name), { force: true, recursive: true });
        if (!plant(what, name)) return;
      }
      const { code, stderr } = await tried(["-", ...more], LINES);
      if (isFolder)
        expect([code, stderr]).toEqual([3, expect.stringMatching(/cannot be written any more: .*failed\.txt/)]);
      else {
        expect(code, stderr).toBe(1);
        expect(errorsIn(wellKept(more.length === 0 ? [".bulkget/results.jsonl"] : []))).toEqual([
          "http_status",
          "saved",
          "saved",
        ]);
      }
    }
  });

  it("in place of the files in .bulkget/ is not written through", async () => {
    const parts = ["1.part", "1-1.part", "1.note", "2.part"];
    // A folder in place of a required file can only be reported.
    for (const [names, wanted] of isFolder
      ? ([
          [["lock"], 5],
          [["since"], 3],
          [["now"], 3],
        ] as const)
      : ([
          [["lock"], 5],
          [["since", "since.next", "now", ...parts], 0],
        ] as const)) {
      mkdirSync(out(".bulkget"), { recursive: true });
      for (const name of names) if (!plant(what, ".bulkget", name)) return;
      const { code, stderr } = await tried(["-"], LINES);
      expect([code, stderr]).toEqual([
        wanted,
        expect.stringContaining({ 0: "saved   3", 3: "cannot be used: ", 5: ".bulkget/lock is no lock" }[wanted]),
      ]);
      // A regular file at .bulkget/since counts as the run's own, and stays.
      if (wanted === 0)
        expect(errorsIn(wellKept(isFile ? [".bulkget/since"] : []))).toEqual(["saved", "saved", "saved"]);
      rmSync(out(), { recursive: true });
    }
  });

  it("in place of .bulkget/ stops the run", async () => {
    mkdirSync(out());
    if (isFolder || !plant(what, ".bulkget")) return;
    const { code, stderr } = await tried(["-"], LINES);
    expect([2, 3], stderr).toContain(code);
    expect(stderr).toContain("downloads: the output folder cannot be made: ");
    expect(namesBelow(out())).toEqual([".bulkget"]);
  });
});

it("a partial file that is a link to a user's file is not written to", async () => {
  const whole = Buffer.alloc(3_000_000, "0123456789");
  server.answers.set("/big", (request, response) => {
    const from = Number(/^bytes=([0-9]+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const headers = { etag: '"v1"', "content-range": `bytes ${from}-${whole.length - 1}/${whole.length}` };
    response.writeHead(from > 0 ? 206 : 200, headers).end(whole.subarray(from));
  });
  writeFileSync(around().file, whole.subarray(0, 2_000_000));
  mkdirSync(out(".bulkget"), { recursive: true });
  const note = { job: server.url("/big"), url: server.url("/big"), validator: '"v1"', wholeBytes: whole.length };
  writeFileSync(out(".bulkget/1.note"), JSON.stringify(note));
  for (const plantPart of [
    () => linkSync(around().file, out(".bulkget/1.part")),
    () => symlinkSync(around().file, out(".bulkget/1.part")),
  ]) {
    plantPart();
    expect((await tried(["-", "--force"], ["/big"])).code).toBe(0);
    expect(readFileSync(out("000001")).equals(whole)).toBe(true);
    mkdirSync(out(".bulkget"), { recursive: true });
    writeFileSync(out(".bulkget/1.note"), JSON.stringify(note));
    rmSync(out("000001"));
    plantPart();
    expect((await tried(["-"], ["/big"])).code).toBe(0);
    expect(readFileSync(out("000001")).equals(whole)).toBe(true);
    rmSync(out(".bulkget"), { recursive: true, force: true });
    mkdirSync(out(".bulkget"));
  }
});

it("an output folder that is itself a symbolic link is used", async () => {
  mkdirSync(join(around().cwd, "downloads"));
  symlinkSync("downloads", join(around().cwd, "linked"));
  expect((await run(["/1", "/2\tsub/x"], "-o", "linked")).code).toBe(0);
  expect(wellKept().map(({ file }) => file)).toEqual(["000001.txt", "sub/x"]);
});
