// Lists in the encodings and line ends of Excel, PowerShell and editors are fetched by the built command.

import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { shell } from "../../support/command.ts";
import { ENCODINGS, encoded } from "../../support/encodings.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { journalOf } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();

const records = () => journalOf(folder.at("downloads"));
function list(content: string | Buffer, name = "urls.txt"): string {
  writeFileSync(folder.at(name), content);
  return name;
}
const saved = (...numbers: readonly number[]) => numbers.map((n) => ({ n, outcome: "saved" }));

describe("a list with CR line ends", () => {
  it("and a comment at its start, as Excel for Mac writes it, is fetched", async () => {
    const text = ["# my list", server.url("/a"), "", server.url("/b")].join("\r");
    const { code } = await folder.run([list(text)]);
    expect(code).toBe(0);
    expect(server.asked()).toEqual(["/a", "/b"]);
    expect(records()).toMatchObject(saved(2, 4));
  });

  it("mixed with LF and CRLF counts one line per line end", async () => {
    const text = `${server.url("/a")}\r${server.url("/b")}\n# c\r${server.url("/d")}\r\n\r${server.url("/e")}`;
    const { code } = await folder.run([list(text)]);
    expect(code).toBe(0);
    expect(server.asked()).toEqual(["/a", "/b", "/d", "/e"]);
    expect(records()).toMatchObject(saved(1, 2, 4, 6));
  });

  it("on standard input is fetched", async () => {
    const { code } = await folder.run(["-"], { stdin: `# c\r${server.url("/a")}\r` });
    expect([code, server.asked()]).toEqual([0, ["/a"]]);
  });
});

describe("a list encoded", () => {
  const text = () => `# Grüße, 日本, 😀\r\n${server.url("/a")}\r\n\r\n${server.url("/é")}\tdir/ü.txt\r\n`;

  it.each(ENCODINGS)("in %s is fetched with its non-ASCII URLs and names", async (encoding) => {
    const { code, stderr } = await folder.run([list(encoded(text(), encoding))]);
    expect(stderr).not.toContain("bulkget: ");
    expect(code).toBe(0);
    expect(server.asked()).toEqual(["/%C3%A9", "/a"]);
    expect(records()).toMatchObject([
      { n: 2, file: "000002.txt" },
      { n: 4, file: "dir/ü.txt" },
    ]);
  });

  it("differently from the other lists of a run, gzipped or on standard input, is fetched", async () => {
    list(encoded(`${server.url("/a")}\n`, "UTF-16LE"), "a.txt");
    list(gzipSync(encoded(`#\r${server.url("/b")}\r`, "UTF-16BE with BOM")), "b.gz");
    list(encoded(`${server.url("/c")}\n`, "UTF-32LE with BOM"), "c.txt");
    list(`${server.url("/d")}\n`, "d.txt");
    const { code } = await shell("bulkget a.txt b.gz - d.txt < c.txt", { cwd: folder.path });
    expect(code).toBe(0);
    expect(server.asked()).toEqual(["/a", "/b", "/c", "/d"]);
    expect(records()).toMatchObject(saved(1, 3, 4, 5));
  });
});

describe("a list whose encoding changes", () => {
  it.each([
    ["UTF-8", "UTF-16LE", "UTF-16"],
    ["UTF-8", "UTF-32LE", "UTF-32"],
    ["UTF-16LE with BOM", "UTF-8", "UTF-8"],
    ["UTF-16LE", "UTF-8", "UTF-8"],
    ["UTF-16BE with BOM", "UTF-8", "UTF-8"],
    ["UTF-16LE with BOM", "UTF-16BE", "UTF-16BE"],
    ["UTF-32LE with BOM", "UTF-8", "UTF-8"],
  ] as const)("from %s to %s is read up to the change, and ends with an error", async (first, second, said) => {
    const one = encoded(`# one\r\n${server.url("/a")}\r\n`, first);
    const other = encoded(`${server.url("/b")}\r\n${server.url("/c")}\r\n`, second);
    const { code, stderr } = await folder.run([list(Buffer.concat([one, other]))]);
    expect(code).toBe(2);
    const named = first.replace(/ .*/, "");
    expect(stderr).toContain(`bulkget: urls.txt: cannot be read on, after line 2: ${said} follows ${named} (`);
    expect(server.asked()).toEqual(["/a"]);
    expect(records()).toMatchObject(saved(2));
  });
});
