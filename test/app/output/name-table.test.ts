// The table of names finds repeated names among millions, within its memory limit and without false matches.
import { strictEqual } from "node:assert";
import { describe, expect, it } from "vitest";
import { nameTable, refuseNames } from "../../../src/app/output/name-table.ts";
import { fileNames } from "../../../src/sink/names/file-names.ts";

describe("the table of names", () => {
  it("returns the line of each repeated name among 300,000", () => {
    const table = nameTable(1_000_000);
    const nameOf = (n: number) => `dir/${n % 7}/file-${n}.html`;
    for (let n = 1; n <= 300_000; n++) strictEqual(table.take(nameOf(n), n), undefined);
    for (let n = 1; n <= 300_000; n += 997) expect(table.take(nameOf(n), 999_999)).toBe(n);
  });

  it("returns 0 for a repeated name whose line number exceeds 32 bits", () => {
    const table = nameTable(10);
    expect([table.take("a", 2 ** 40), table.take("a", 1)]).toEqual([undefined, 0]);
  });

  it("stores no names beyond its limit, and still finds those that it has", () => {
    const table = nameTable(3);
    for (const [n, name] of ["a", "b", "c", "d", "d"].entries()) expect(table.take(name, n)).toBeUndefined();
    expect([table.take("a", 9), table.take("c", 9), table.take("d", 9)]).toEqual([0, 2, undefined]);
  });

  it("uses 14 to 18 bytes per name", () => {
    const table = nameTable(10_000_000);
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 1; n <= 1_000_000; n++) table.take(`name-${n}`, n);
    const grown = process.memoryUsage().arrayBuffers - before;
    // While the table grows, both tables exist, the old one until it is collected.
    expect(grown / 1_000_000).toBeLessThan(60);
    expect(table.take("name-5", 7)).toBe(5);
  });
});

describe("refusing names", () => {
  const asked = (template: string, jobs: readonly { readonly url: string; readonly name?: string }[]) => {
    const refuse = refuseNames(fileNames(template));
    return jobs.map((job, i) => refuse({ n: i + 1, ...job })?.detail);
  };

  it("refuses a line whose file name an earlier line has", () => {
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

  it("reserves no name for a line without a URL", () => {
    const lines = ["id", "http://a/", "x", "http://b/"].map((url) => ({ url, name: "same" }));
    const taken = "same is the name of line 2 as well";
    expect(asked("{n:6}{ext}", lines)).toEqual([undefined, undefined, undefined, taken]);
  });

  it("refuses nothing where the template has the line number, or the name depends on the response", () => {
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
