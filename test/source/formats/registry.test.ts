// The registry of list formats: which format reads a list.
import { describe, expect, it } from "vitest";
import { OPTIONS } from "../../../src/options/table.ts";
import type { Format } from "../../../src/source/formats/format.ts";
import { lines } from "../../../src/source/formats/lines.ts";
import { FORMATS, formatOf } from "../../../src/source/formats/registry.ts";

const { jobs } = lines;
const csv: Format = { name: "csv", matches: (path) => path.endsWith(".csv"), jobs };
const json: Format = { name: "json", matches: (_, head) => head[0] === 0x7b, jobs };
const formats = [csv, json, lines] as const;

describe("the registry of list formats", () => {
  it("has names that are unique and in lower case", () => {
    const names = FORMATS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
  });

  it("ends with `lines`, which reads any list that no other format matches", () => {
    expect(FORMATS.at(-1)).toBe(lines);
    for (const path of ["-", "urls.txt", "urls"]) expect(formatOf(path, Buffer.alloc(0))).toBe(lines);
  });

  it.each([
    ["its extension", "urls.csv", "http://a/", csv],
    ["its first bytes", "-", '{"url":"http://a/"}', json],
    ["the first format that matches", "urls.csv", "{", csv],
    ["`lines` if no other format matches", "urls.txt", "http://a/\n", lines],
  ])("chooses the format of a list by %s", (_, path, head, format) => {
    expect(formatOf(path, Buffer.from(head), {}, formats)).toBe(format);
  });
});

it("the choices of --input-format are the registered formats", () => {
  expect(FORMATS.map(({ name }) => name).toSorted()).toEqual([...OPTIONS.inputFormat.choices].toSorted());
});
