// Names that come again are found among millions, in memory with a bound, and nobody's name is taken for another's.
import { describe, expect, it } from "vitest";
import { nameTable, refuseNames } from "../../src/app/name-table.ts";
import { fileNames } from "../../src/sink/directory/file-names.ts";

describe("a table of names", () => {
  it("says of each name whose it is, among 300,000", () => {
    const table = nameTable(1_000_000);
    const nameOf = (n: number) => `dir/${n % 7}/file-${n}.html`;
    for (let n = 1; n <= 300_000; n++) expect(table.take(nameOf(n), n)).toBeUndefined();
    for (let n = 1; n <= 300_000; n += 997) expect(table.take(nameOf(n), 999_999)).toBe(n);
  });

  it("knows a name by a number beyond 32 bits as an earlier line's", () => {
    const table = nameTable(10);
    expect([table.take("a", 2 ** 40), table.take("a", 1)]).toEqual([undefined, 0]);
  });

  it("takes no more names than it may, and still knows those", () => {
    const table = nameTable(3);
    for (const [n, name] of ["a", "b", "c", "d", "d"].entries()) expect(table.take(name, n)).toBeUndefined();
    expect([table.take("a", 9), table.take("c", 9), table.take("d", 9)]).toEqual([0, 2, undefined]);
  });

  it("takes 14 to 18 bytes a name", () => {
    const table = nameTable(10_000_000);
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 1; n <= 1_000_000; n++) table.take(`name-${n}`, n);
    const grown = process.memoryUsage().arrayBuffers - before;
    // While it grows both tables are there, and the old one until it is collected.
    expect(grown / 1_000_000).toBeLessThan(60);
    expect(table.take("name-5", 7)).toBe(5);
  });
});

describe("names refused", () => {
  const asked = (template: string, jobs: readonly { readonly url: string; readonly name?: string }[]) => {
    const refuse = refuseNames(fileNames(template));
    return jobs.map((job, i) => refuse({ n: i + 1, ...job })?.detail);
  };

  it("are those of an earlier line, as they will be in the folder", () => {
    const given = ["a", "/a", "a/", "b", "./b", "A", "../a", "_/a", "7", "000007"].map((name) => ({
      url: "http://a/",
      name,
    }));
    const [a, b] = ["a is the name of line 1 as well", undefined];
    expect(asked("{n:6}{ext}", given)).toEqual([
      undefined,
      a,
      a,
      undefined,
      b,
      undefined,
      undefined,
      "_/a is the name of line 7 as well",
      undefined,
      undefined,
    ]);
  });

  it("are none of lines that are no URLs, which fail by themselves", () => {
    const lines = ["id", "http://a/", "x", "http://b/"].map((url) => ({ url, name: "same" }));
    const taken = "same is the name of line 2 as well";
    expect(asked("{n:6}{ext}", lines)).toEqual([undefined, undefined, undefined, taken]);
  });

  it("are none where the template has the line's number, or the answer tells the name", () => {
    const urls = ["http://a/x", "http://a/x", "not a URL", "not a URL"].map((url) => ({ url }));
    const none = urls.map(() => undefined);
    for (const template of ["{n:6}{ext}", "{n}-{basename}", "{basename}{ext}", "{host}/{stem}{ext}"])
      expect(asked(template, urls)).toEqual(none);
    expect(asked("{basename}", urls)[1]).toBe("x is the name of line 1 as well");
    const known = ["http://a/x.html", "http://b/x.html", "http://b/x.php", "http://a/x.php"].map((url) => ({ url }));
    expect(asked("{basename}{ext}", known)).toEqual([
      undefined,
      "x.html is the name of line 1 as well",
      undefined,
      undefined,
    ]);
  });
});
