// Files that are not URL lists are refused by the built command, with the command that would make a list of them.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { shell } from "../../support/command.ts";
import { linesOf, ownFolder, ownSite } from "../../support/own.ts";
import { journalOf, leftIn } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();

const records = () => journalOf(folder.at("downloads"));
function list(content: string | Buffer, name: string): string {
  writeFileSync(folder.at(name), content);
  return name;
}

/** Expects exit code 2, no request, and only the lists in the folder. */
function refused(ran: { readonly code: number | null; readonly stderr: string }, lists: readonly string[]): void {
  expect([ran.code, ran.stderr]).toEqual([2, ran.stderr]);
  expect(server.asked()).toEqual([]);
  expect(readdirSync(folder.path)).toEqual(lists);
}

describe("a list in an unsupported file format", () => {
  const bytes = (text: string, ...more: readonly number[]) =>
    Buffer.concat([Buffer.from(text, "latin1"), Buffer.from(more)]);
  const tar = Buffer.alloc(1024);
  tar.write("urls.txt");
  tar.write("0000644\0", 100);
  tar.write("ustar\0", 257);
  const FORMATS: readonly [name: string, content: Buffer, noun: string, command?: string][] = [
    ["urls.xz", bytes("\xfd7zXZ\0"), "compressed with xz", "xz -dc urls.xz"],
    ["urls.bz2", bytes("BZh91AY&SY"), "compressed with bzip2", "bzip2 -dc urls.bz2"],
    ["urls.lz4", bytes("\x04\x22\x4d\x18"), "compressed with lz4", "lz4 -dc urls.lz4"],
    ["urls.zip", bytes("PK\x03\x04\x14"), "a zip archive", "unzip -p urls.zip"],
    ["no URLs.zip", bytes("PK\x05\x06"), "a zip archive", "unzip -p 'no URLs.zip'"],
    ["urls.tar", tar, "a tar archive", "tar -xOf urls.tar"],
    ["urls.tar.gz", gzipSync(tar), "a tar archive", "tar -xzOf urls.tar.gz"],
    ["urls.txt.xz.gz", gzipSync(bytes("\xfd7zXZ\0")), "compressed with xz", "gzip -dc urls.txt.xz.gz | xz -dc"],
    ["urls.7z", bytes("7z\xbc\xaf\x27\x1c"), "a 7z archive", "7z x -so urls.7z"],
    ["urls.db", bytes("SQLite format 3\0"), "an SQLite database", "sqlite3 urls.db 'SELECT url FROM links'"],
    ["urls.pdf", bytes("%PDF-1.7\n"), "a PDF", "pdftotext urls.pdf - | grep -oE 'https?://[^[:space:]]+'"],
    ["urls.xlsx", bytes(`PK\x03\x04${"\0".repeat(26)}[Content_Types].xml`), "an Office document"],
    ["urls.xls", bytes("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an Office document"],
    ["page.png", bytes("\x89PNG\r\n\x1a\n"), "a picture"],
    ["page.jpg", bytes("\xff\xd8\xff\xe0"), "a picture"],
    ["bulkget", bytes("\x7fELF\x02\x01"), "a program"],
    ["bulkget.exe", bytes("MZ\x90\0\x03"), "a program"],
    ["talk.mp4", bytes("\0\0\0\x20ftypisom"), "audio or video"],
  ];

  it.each(FORMATS)(
    "is refused with its format and a command that converts it: %s",
    async (name, content, noun, command) => {
      const ran = await folder.run([list(content, name)]);
      const what = `bulkget: ${name}: the list cannot be read: it is ${noun}`;
      if (command === undefined) expect(ran.stderr).toBe(`${what}; a list is text, with one URL per line\n`);
      else expect(ran.stderr).toBe(`${what} (${command} | bulkget -)\n`);
      refused(ran, [name]);
    },
  );

  it("on standard input is refused with its format, and no folder is created", async () => {
    list(bytes("\xfd7zXZ\0"), "urls.xz");
    const ran = await shell("bulkget - -q < urls.xz", { cwd: folder.path });
    expect(ran.stderr).toBe(
      "bulkget: (stdin): the list cannot be read: it is compressed with xz (… | xz -dc | bulkget -)\n",
    );
    refused(ran, ["urls.xz"]);
  });

  it("among other lists is refused before any of them is fetched", async () => {
    list(linesOf([server.url("/a")]), "a.txt");
    refused(await folder.run(["a.txt", list(bytes("\xfd7zXZ\0"), "b.xz")]), ["a.txt", "b.xz"]);
  });

  it("is refused before --force removes saved files", async () => {
    await folder.run([folder.list([server.url("/a")])]);
    const before = leftIn(folder.at("downloads"));
    expect((await folder.run([list(bytes("BZh91AY&SY"), "b.bz2"), "--force"])).code).toBe(2);
    expect(leftIn(folder.at("downloads"))).toEqual(before);
  });

  it.each([
    ["or without a URL, on standard input", "bulkget - --force < b.txt"],
    ["or without a URL, on a pipe behind a comment", "{ echo '# mine'; cat b.txt; } | bulkget - --force"],
    ["or without a URL, on a named pipe", "bulkget --force <(cat b.txt)"],
    ["or without any line", "bulkget - --force < /dev/null"],
  ])("%s, is refused before --force removes saved files", async (_where, command) => {
    await folder.run([folder.list([server.url("/a")])]);
    const before = leftIn(folder.at("downloads"));
    list(linesOf(["neither", "of these", "is a URL"]), "b.txt");
    const ran = await shell(command, { cwd: folder.path });
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringMatching(/is a URL|no URL in it/)]);
    expect(leftIn(folder.at("downloads"))).toEqual(before);
  });

  it("is distinguished from a good list on standard input, of which --force fetches every line", async () => {
    await folder.run([folder.list([server.url("/a")])]);
    list(linesOf(["/b", "/c", "/d"].map((path) => server.url(path))), "b.txt");
    expect((await shell("bulkget - --force -q < b.txt", { cwd: folder.path })).code).toBe(0);
    expect(records().map(({ n, url }) => [n, new URL(url).pathname])).toEqual([
      [1, "/b"],
      [2, "/c"],
      [3, "/d"],
    ]);
  });

  it("without a signature is refused by the look of its lines", async () => {
    const ran = await folder.run([list(brotliCompressSync(Buffer.alloc(3000, "http://a/b\n")), "urls.br")]);
    expect(ran.stderr).toContain("it looks like binary data");
    refused(ran, ["urls.br"]);
  });
});

describe("standard input", () => {
  it("that is a folder is refused", async () => {
    mkdirSync(folder.at("urls"));
    const ran = await shell("bulkget - < urls", { cwd: folder.path });
    expect(ran.stderr).toBe("bulkget: (stdin): the list cannot be read: it is a folder\n");
    refused(ran, ["urls"]);
  });
});

describe("a table", () => {
  it.each([
    [
      "CSV without the column",
      "urls.csv",
      "id,link\n1,http://a/\n",
      'it has no column "url", but id, link (--column names',
    ],
    [
      "JSON lines without the member",
      "urls.jsonl",
      '{"link":"http://a/"}\n',
      "its only row has no URL (the first: it has no URL): --column",
    ],
    [
      "CSV of hosts",
      "urls.csv",
      "url\na.example\n",
      'its only row has no URL ("a.example": no http:// or https:// in front): --column',
    ],
    [
      "XML that is no sitemap",
      "feed.xml",
      '<?xml version="1.0"?>\n<rss></rss>\n',
      "it is XML (<rss>), and no sitemap (grep -oE",
    ],
    ["a damaged Parquet file", "urls.parquet", "PAR1 and nothing more", "cannot be read on, after line 0: parquet"],
  ])("of %s is refused with code 2, and says what to do", async (_what, name, content, message) => {
    const ran = await folder.run([list(content, name)]);
    expect(ran.stderr).toContain(message);
    refused(ran, [name]);
  });
});

describe("a list without any URL", () => {
  it.each([
    ["nothing", ""],
    ["comments", "# a\r# b\r"],
    ["blank lines", "\n \r\n\t\n"],
    ["a byte order mark", "\ufeff"],
  ])("that holds only %s exits with code 2, and no folder is created", async (_what, content) => {
    const ran = await folder.run([list(content, "urls.txt")]);
    expect(ran.stderr).toBe("bulkget: urls.txt: no URL in it (--allow-empty, if that is no mistake)\n");
    refused(ran, ["urls.txt"]);
  });

  it.each(["bulkget - -q </dev/null", "bulkget - -q <&-", "printf '# x\\n' | bulkget - -q", "bulkget -q <(:)"])(
    "from `%s` exits with code 2, and no folder is created",
    async (line) => {
      const ran = await shell(line, { cwd: folder.path });
      expect(ran.stderr).toMatch(/^bulkget: \S+: no URL in it \(--allow-empty/);
      refused(ran, []);
    },
  );

  it("is accepted with --allow-empty, with BULKGET_ALLOW_EMPTY, and beside a list with a URL", async () => {
    list("", "a.txt");
    expect((await folder.run(["a.txt", "--allow-empty"])).code).toBe(0);
    expect((await folder.run(["-"], { env: { BULKGET_ALLOW_EMPTY: "1" } })).code).toBe(0);
    expect((await folder.run(["a.txt", folder.list([server.url("/a")], "b.txt")])).code).toBe(0);
    expect(server.asked()).toEqual(["/a"]);
  });

  it("is not reported for a list that is done, or for an empty failed.txt", async () => {
    folder.list([server.url("/a")]);
    expect((await folder.run(["urls.txt"])).code).toBe(0);
    expect((await folder.run(["urls.txt"])).code).toBe(0);
    expect((await shell("bulkget - < urls.txt", { cwd: folder.path })).code).toBe(0);
    list("", "downloads/failed.txt");
    expect((await folder.run(["downloads/failed.txt"])).code).toBe(0);
    expect(records()).toMatchObject([{ n: 1, outcome: "saved" }]);
  });

  it("changes nothing in the folder of an earlier run", async () => {
    await folder.run([folder.list([server.url("/a")])]);
    const before = leftIn(folder.at("downloads"));
    expect((await folder.run(["-"])).code).toBe(2);
    expect((await folder.run([list("", "empty.txt")])).code).toBe(2);
    expect(leftIn(folder.at("downloads"))).toEqual(before);
  });
});

describe("a list whose first 20 lines are no URLs", () => {
  const many = (line: (i: number) => string) => Array.from({ length: 30 }, (_, i) => line(i));
  const grep = (stop: string) => `grep -oE 'https?://[^${stop}[:space:]]+'`;
  const CASES: readonly (readonly [what: string, noun: string, lines: readonly string[], command: string])[] = [
    [
      "CSV",
      "CSV",
      ["id,name,link", ...many((i) => `${i},"page ${i}",https://example.org/${i}`)],
      `${grep('",;|')} LIST`,
    ],
    ["CSV with semicolons", "CSV", many((i) => `${i};https://example.org/${i}`), `${grep('",;|')} LIST`],
    ["a ranked list of hosts", "CSV", many((i) => `${i},example${i}.org`), "cut -d, -f2 LIST | sed 's|^|https://|'"],
    [
      "a table",
      "a table whose first column is no URL",
      many((i) => `${i}\thttps://example.org/${i}`),
      `${grep("")} LIST`,
    ],
    ["a JSON array over several lines", "JSON", ["[", ...many((i) => `  "https://example.org/${i}",`), "]"], "jq -r"],
    ["a JSON array in one line", "JSON", [JSON.stringify(many((i) => `https://example.org/${i}`))], "jq -r"],
    [
      "HTML",
      "HTML",
      ["<!DOCTYPE html>", ...many((i) => `<a href="https://example.org/${i}">x</a>`)],
      `${grep('"<>')} LIST`,
    ],
    [
      "a feed",
      "XML",
      ["<rss>", ...many((i) => `<link>https://example.org/${i}</link>`), "</rss>"],
      `${grep('"<>')} LIST`,
    ],
    ["Markdown", "Markdown or YAML", many((i) => `- [page](https://example.org/${i})`), `${grep(']()<>"')} LIST`],
    ["URLs in quotes", "URLs in quotes", many((i) => `"https://example.org/${i}"`), `${grep('"<>`')} LIST`],
    ["a shell script", "a shell script", many((i) => `curl -O https://example.org/${i}`), `${grep('"')} LIST`],
    ["prose", "text with URLs in it", many((i) => `see https://example.org/${i} for more`), `${grep('"<>')} LIST`],
    [
      "bare hosts",
      "hosts without http:// or https:// in front",
      many((i) => `example.org/${i}`),
      "sed 's|^|https://|' LIST",
    ],
    [
      "bare hosts with a port",
      "hosts without http:// or https:// in front",
      many((i) => `example.org:8080/${i}`),
      "sed 's|^|https://|' LIST",
    ],
    [
      "URLs without a scheme",
      "URLs without https: in front",
      many((i) => `//example.org/${i}`),
      "sed 's|^|https:|' LIST",
    ],
    ["CSV in quotes", "CSV", many((i) => `"https://example.org/${i}","page ${i}"`), `${grep('",;|')} LIST`],
    ["Windows paths", "paths of files", many((i) => `C:\\Users\\me\\${i}.html`), ""],
    ["Unix paths", "paths of files", many((i) => `/home/me/${i}.html`), ""],
    ["words", "", many((i) => `line ${i}`), ""],
  ];

  it.each(CASES)("but %s exits with code 2 and a message that names the form", async (_what, noun, lines, command) => {
    const ran = await folder.run([list(linesOf(lines), "urls.txt")]);
    expect(ran.stderr).toMatch(/^bulkget: urls\.txt: (none of its first 20 lines is a URL|its only line is no URL) \(/);
    const like =
      noun === "" ? "a list has one URL per line" : `it looks like ${noun}: ${command.replace("LIST", "urls.txt")}`;
    expect(ran.stderr).toContain(`: ${like}`);
    refused(ran, ["urls.txt"]);
    const piped = await folder.run(["-", "-q"], { stdin: linesOf(lines) });
    expect(piped.stderr).toContain(noun === "" ? like : `: it looks like ${noun}: `);
    refused(piped, ["urls.txt"]);
  });

  it.each(CASES.filter(([, , , command]) => /^(grep|sed|cut)/.test(command)))(
    "but %s becomes a list by the command in the message",
    async (_what, _noun, lines) => {
      const { stderr } = await folder.run([list(linesOf(lines), "urls.txt")]);
      const command = /: ((?:grep|sed|cut) .*) \| bulkget -\n$/.exec(stderr)?.[1];
      const { stdout } = await shell(command ?? "false", { cwd: folder.path });
      const urls = stdout.trimEnd().split("\n");
      expect(urls).toHaveLength(30);
      for (const url of urls) expect(new URL(url).hostname).toMatch(/^example\d*\.org$/);
    },
  );

  it("is refused if it has fewer than 20 lines, of which none is a URL", async () => {
    const ran = await folder.run([list("example.org/a\n# x\nexample.org/b\n", "urls.txt")]);
    expect(ran.stderr).toBe(
      'bulkget: urls.txt: none of its first 2 lines is a URL ("example.org/a": no http:// or https:// in front): ' +
        "it looks like hosts without http:// or https:// in front: sed 's|^|https://|' urls.txt | bulkget -\n",
    );
    refused(ran, ["urls.txt"]);
  });

  it("is refused without a password in the message", async () => {
    const lines = many((i) => `GET https://me:secret${i}@example.org/`);
    const ran = await folder.run([list(linesOf(lines), "urls.txt")]);
    expect(ran.stderr).not.toContain("secret");
    refused(ran, ["urls.txt"]);
  });

  it("is accepted if one of them is a URL, or has another scheme", async () => {
    const lines = [...many((i) => `line ${i}`).slice(0, 19), server.url("/a"), "line"];
    expect((await folder.run([list(linesOf(lines), "urls.txt")])).code).toBe(1);
    expect(records().map(({ n, outcome }) => [n, outcome])).toEqual(
      lines.map((_, i) => [i + 1, i === 19 ? "saved" : "failed"]),
    );
    const ftp = many((i) => `ftp://example.org/${i}`);
    expect((await folder.run([list(linesOf(ftp), "ftp.txt"), "-o", "ftp"])).code).toBe(1);
    expect(journalOf(folder.at("ftp"))).toHaveLength(30);
  });

  it("is refused although the 21st is a URL, read in one chunk or in many", async () => {
    const lines = [...many((i) => `line ${i}`).slice(0, 20), server.url("/a")];
    refused(await folder.run([list(linesOf(lines), "urls.txt")]), ["urls.txt"]);
    const slow = await shell('while read -r line; do echo "$line"; done < urls.txt | bulkget - -q', {
      cwd: folder.path,
    });
    refused(slow, ["urls.txt"]);
  });

  it("changes nothing in the folder of an earlier run", async () => {
    await folder.run([folder.list([server.url("/a")])]);
    const before = leftIn(folder.at("downloads"));
    list(linesOf(many((i) => `line ${i}`)), "other.txt");
    expect((await folder.run(["other.txt"])).code).toBe(2);
    expect((await shell("bulkget - < other.txt", { cwd: folder.path })).code).toBe(2);
    expect((await folder.run(["other.txt", "--force"])).code).toBe(2);
    expect(leftIn(folder.at("downloads"))).toEqual(before);
  });

  it("is accepted if it is failed.txt", async () => {
    const lines = [server.url("/a"), ...many((i) => `line ${i}`)];
    expect((await folder.run([list(linesOf(lines), "urls.txt")])).code).toBe(1);
    const failed = readFileSync(folder.at("downloads/failed.txt"), "utf8");
    expect((await folder.run(["downloads/failed.txt"])).code).toBe(1);
    expect(readFileSync(folder.at("downloads/failed.txt"), "utf8")).toBe(failed);
    expect(existsSync(folder.at("downloads/000001.txt"))).toBe(true);
  });
});
