// The columns after a URL, through the built command: names, numbers, digests, and warnings about unknown keys.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { shell } from "../../support/command.ts";
import { linesOf, ownFolder, ownSite } from "../../support/own.ts";
import { journalOf, pageOf, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();

const records = () => journalOf(folder.at("downloads"));
const digest = (path: string) => createHash("sha256").update(pageOf(path)).digest("hex");

/** Runs a list of these lines; each begins with a path. */
function run(lines: readonly string[], ...args: string[]) {
  writeFileSync(folder.at("urls.txt"), linesOf(lines.map((line) => server.url(line))));
  return folder.run(["urls.txt", ...args]);
}

describe("a key=value column", () => {
  it("with a known key is read from the second column on, in any letter case and with blanks", async () => {
    const lines = [
      `/a\tsha256=${digest("/a")}`,
      `/b\tsha256=${digest("/other")}`,
      "/c\tn=77",
      `/d\tname=d.txt\tsha256=${digest("/d")}\tn=78`,
      `/e\te.txt\tmore\tstill more\tand more\tN = 79\tSHA256 = ${digest("/e").toUpperCase()} `,
      `/f\t\t\tsha256=${digest("/f").replace(/.{8}/g, "$& ")}`,
    ];
    expect((await run(lines)).code).toBe(1);
    expect(records()).toMatchObject([
      { n: 1, outcome: "saved", file: "000001.txt", sha256: digest("/a") },
      { n: 2, outcome: "failed", error: "checksum_mismatch", expected_sha256: digest("/other") },
      { n: 6, outcome: "saved", file: "000006.txt", sha256: digest("/f") },
      { n: 77, outcome: "saved", file: "000077.txt" },
      { n: 78, outcome: "saved", file: "d.txt", sha256: digest("/d") },
      { n: 79, outcome: "saved", file: "e.txt", sha256: digest("/e") },
    ]);
  });

  it("with an invalid digest fails its line without a request, with a message that describes a digest", async () => {
    const wrong = [
      "",
      "abc",
      digest("/a").slice(1),
      `${digest("/a")}0`,
      `${digest("/a").slice(1)}g`,
      `"${digest("/a")}"`,
    ];
    const lines = [...wrong.map((value, i) => `/${i}\tsha256=${value}`), "/fine"];
    const { code, stderr } = await run(lines);
    expect(code).toBe(1);
    expect(server.asked()).toEqual(["/fine"]);
    for (const [i, record] of records().slice(0, -1).entries()) {
      expect(record).toMatchObject({
        n: i + 1,
        outcome: "failed",
        error: "invalid_digest",
        retryable: false,
        attempts: 0,
      });
    }
    expect(stderr).toContain("urls.txt:2: not a digest (its sha256 is not 64 hexadecimal digits");
    // In failed.txt they are refused again; corrected, they are fetched.
    expect((await folder.run(["downloads/failed.txt"])).code).toBe(1);
    expect(server.asked()).toEqual([]);
    const right = [...wrong.map((_, i) => `/${i}\tsha256=${digest(`/${i}`)}`), "/fine"];
    expect((await run(right, "--retry-failed")).code).toBe(0);
    expect(server.asked()).toHaveLength(wrong.length);
  });

  it("with an invalid digest leaves the file that an earlier run saved for the line", async () => {
    expect((await run(["/a", "/b"])).code).toBe(0);
    await run(["/a\tsha256=none", "/b"], "-u");
    expect(records()).toMatchObject([{ n: 1, error: "invalid_digest", file: "000001.txt" }, { n: 2 }]);
    expect(readFileSync(folder.at("downloads/000001.txt"))).toEqual(pageOf("/a"));
    expect((await run([`/a\tsha256=${digest("/a")}`, "/b"], "--retry-failed")).code).toBe(0);
    expect(records()).toMatchObject([{ n: 1, outcome: "saved", file: "000001.txt" }, { n: 2 }]);
  });

  it("with the key name sets a file name that itself looks like key=value", async () => {
    const lines = ["/a\tname=sha256=abc", "/b\tname=n=5", "/c\tname=name=c.txt", "/d\tother.txt\tname=d.txt"];
    const { code, stderr } = await run(lines);
    expect(code).toBe(0);
    expect(stderr).not.toContain("bulkget: ");
    expect(records().map((record) => record.file)).toEqual(["sha256=abc", "n=5", "name=c.txt", "d.txt"]);
  });

  it("with an unknown key is reported once per key, and left out or used as the name", async () => {
    const lines = [
      "/a\ta.txt\tcrc=1",
      "/b\tb.txt\tcrc=2\tfoo=bar",
      "/c\tc.txt\tcrc=3",
      "/d\tpage=4.html",
      "/e\tpage=5.html",
    ];
    const { code, stderr } = await run(lines, "-o", "out");
    expect(code).toBe(0);
    const said = stderr.split("\n").filter((line) => line.startsWith("bulkget: "));
    expect(said).toEqual([
      'bulkget: urls.txt:1: "crc=1" is left out: the keys are n (digits), name, md5, sha1, sha256 and sha512',
      'bulkget: urls.txt:2: "foo=bar" is left out: the keys are n (digits), name, md5, sha1, sha256 and sha512',
      'bulkget: urls.txt:4: "page=4.html" is taken for the name of the file, as name=page=4.html would be',
    ]);
    expect(journalOf(folder.at("out")).map(({ file }) => file)).toContain("page=5.html");
    // A resumed run reads the list three times.
    const again = await run([...lines, "/f"], "-o", "out");
    expect(again.stderr.match(/is left out/g)).toHaveLength(2);
    expect((await run([...lines, "/g"], "-o", "out", "-q")).stderr).toBe("");
  });

  it("with an unknown key is reported without the password in it", async () => {
    const { stderr } = await run(["/a\t\treferer=https://me:secret@example.org/", "/b\tfrom=me:secret@example.org"]);
    expect(stderr).toContain('bulkget: urls.txt:1: "referer=…" is left out');
    expect(stderr).toContain('bulkget: urls.txt:2: "from=…" is taken for the name');
    expect(stderr).not.toContain("secret");
  });

  it("with an unknown key is reported for at most ten keys", async () => {
    const lines = Array.from({ length: 50 }, (_, i) => `/${i}\t\tkey${i}=x`);
    expect((await run(lines)).stderr.match(/is left out/g)).toHaveLength(10);
  });

  it("in failed.txt keeps a file name that looks like key=value", async () => {
    for (const path of ["/a", "/b"]) server.answers.set(path, status(404));
    const lines = ["/a\tname=sha256=abc", "/b\tpage=4.html"];
    expect((await run(lines)).code).toBe(1);
    server.answers.clear();
    const { code, stderr } = await shell("bulkget downloads/failed.txt", { cwd: folder.path });
    expect([code, stderr.includes("is taken for")]).toEqual([0, false]);
    expect(records().map(({ file }) => file)).toEqual(["sha256=abc", "page=4.html"]);
  });
});
