// The names of a sample's members, grouped by WebDataset's own rule.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleNames } from "../../../src/sink/container/tar-names.ts";

/** webdataset/tariterators.py, base_plus_ext: key and extension at the first dot of the last part; undefined without one. */
function keyOf(path: string): readonly [key: string, extension: string] | undefined {
  const [, key, extension] = /^((?:.*\/|)[^./]+)[.]([^/]*)$/s.exec(path) ?? [];
  return key === undefined || extension === undefined ? undefined : [key, extension];
}

describe("the members of a tar sample", () => {
  it.each([
    ["000001.html", "000001.html", "000001.json"],
    ["000001", "000001.bin", "000001.json"],
    ["000001.json", "000001.body.json", "000001.json"],
    ["000001.JSON", "000001.body.JSON", "000001.json"],
    ["000001.tar.gz", "000001.tar.gz", "000001.json"],
    ["dir.d/a.b.jpg", "dir.d/a.b.jpg", "dir.d/a.json"],
    ["000001.txt", "000001.txt", "000001.json"],
  ])("of %s are %s and %s", (file, body, record) => {
    expect(sampleNames(file, false)).toMatchObject({ body, record });
  });

  it.each([
    ["000001.jpg", "000001.jpg", "000001.txt"],
    ["000001.txt", "000001.body.txt", "000001.txt"],
    ["000001.TXT", "000001.body.TXT", "000001.txt"],
    ["000001.json", "000001.body.json", "000001.txt"],
  ])("of %s with a text are %s and %s", (file, body, text) => {
    expect(sampleNames(file, true)).toMatchObject({ body, text });
  });

  it("have one key and different extensions, whatever the file is called", () => {
    const part = fc.string({
      unit: fc.constantFrom("a", "B", "1", ".", "json", "txt", "-"),
      minLength: 1,
      maxLength: 6,
    });
    const file = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(
        file.filter((path) => path.split("/").every((name) => !/^\.|\.$/.test(name))), // no file of ours begins or ends with a dot
        (path) => {
          const { body, record, text } = sampleNames(path, true);
          const all = [body, record, text].map(keyOf);
          expect(new Set(all.map((one) => one?.[0])).size).toBe(1);
          expect(new Set(all.map((one) => one?.[1].toLowerCase())).size).toBe(3);
        },
      ),
    );
  });
});
