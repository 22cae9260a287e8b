// The headers of tar members, read back by GNU tar, and by Python's tarfile where it is installed.
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOCK_BYTES, paddingOf, TAR_TRAILER_BYTES, tarHeader } from "../../../src/sink/container/tar-header.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();

const MTIME = Date.UTC(2026, 10, 29) / 1000;

function archive(members: readonly (readonly [name: string, content: string])[]): string {
  const parts = members.flatMap(([name, content]) => {
    const body = Buffer.from(content);
    return [tarHeader({ name, bytes: body.length, mtimeSeconds: MTIME }), body, Buffer.alloc(paddingOf(body.length))];
  });
  const path = folder.at("a.tar");
  writeFileSync(path, Buffer.concat([...parts, Buffer.alloc(TAR_TRAILER_BYTES)]));
  return path;
}

const NAMES = [
  "000001.html",
  "a/b/c.d.e",
  "x".repeat(100),
  "x".repeat(101),
  `${"deep/".repeat(60)}file.bin`,
  "größe.txt",
  "日本語/😀.jpg",
  " blank .x",
];

describe("a tar archive", () => {
  it("is read by GNU tar with every name and content, short, long and not ASCII", () => {
    const path = archive(NAMES.map((name, i) => [name, "y".repeat(i * 300)]));
    const env = { ...process.env, LC_ALL: "C.UTF-8" };
    const listed = execFileSync("tar", ["--quoting-style=literal", "-tf", path], { env, encoding: "utf8" });
    expect(listed.split("\n").slice(0, -1)).toEqual(NAMES);
    for (const [i, name] of NAMES.entries()) {
      expect(execFileSync("tar", ["-xOf", path, name], { env, encoding: "utf8" })).toBe("y".repeat(i * 300));
    }
    expect(execFileSync("tar", ["--utc", "-tvf", path], { env, encoding: "utf8" })).toContain("2026-11-29 00:00");
  });

  it("is read by Python's tarfile with the same names", (context) => {
    if (spawnSync("python3", ["-V"]).status !== 0) return context.skip("python3 is not installed");
    const path = archive(NAMES.map((name) => [name, name]));
    const script = "import sys,tarfile,json;print(json.dumps([m.name for m in tarfile.open(sys.argv[1],'r|')]))";
    expect(JSON.parse(execFileSync("python3", ["-c", script, path], { encoding: "utf8" }))).toEqual(NAMES);
  });

  it("has the size of a member over 8 GiB in a pax header", () => {
    const bytes = 2 ** 33 + 5;
    const path = folder.at("large.tar");
    const header = tarHeader({ name: "large.bin", bytes, mtimeSeconds: MTIME });
    expect(header.length % BLOCK_BYTES).toBe(0);
    writeFileSync(path, header);
    const listed = spawnSync("tar", ["-tvf", path], { encoding: "utf8" }).stdout;
    expect(listed).toContain(` ${bytes} `);
  });
});

describe("a tar header", () => {
  it("is one block for a short name of ASCII, with a checksum over all of its bytes", () => {
    const name = fc.string({ unit: fc.constantFrom(..."abc/._-019 "), minLength: 1, maxLength: 100 });
    const bytes = fc.integer({ min: 0, max: 0o77777777777 });
    fc.assert(
      fc.property(name, bytes, fc.integer({ min: 0, max: 2 ** 32 }), (name, bytes, mtimeSeconds) => {
        const header = tarHeader({ name, bytes, mtimeSeconds });
        expect(header.length).toBe(BLOCK_BYTES);
        const octal = (at: number, length: number) => Number.parseInt(header.toString("latin1", at, at + length), 8);
        expect([header.toString("latin1", 0, name.length), octal(124, 11), octal(136, 11)]).toEqual([
          name,
          bytes,
          mtimeSeconds,
        ]);
        let sum = 8 * 0x20;
        for (const [at, byte] of header.entries()) if (at < 148 || at >= 156) sum += byte;
        expect(octal(148, 6)).toBe(sum);
      }),
    );
  });
});
