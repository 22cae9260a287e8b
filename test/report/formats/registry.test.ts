// The registry of report formats: parsing of --report [format:]file.
import { describe, expect, it } from "vitest";
import { jsonl } from "../../../src/report/formats/jsonl.ts";
import { parseReport, REPORT_FORMATS } from "../../../src/report/formats/registry.ts";

describe("--report [format:]file", () => {
  it.each([
    ["-", "-"],
    ["out.jsonl", "out.jsonl"],
    ["jsonl:-", "-"],
    ["jsonl:out.jsonl", "out.jsonl"],
    ["jsonl:a:b", "a:b"],
    ["jsonl:jsonl:b", "jsonl:b"],
    ["C:\\x", "C:\\x"],
    ["c:/x", "c:/x"],
    ["a:b.jsonl", "a:b.jsonl"],
    ["./html:x", "./html:x"],
    ["Html:x", "Html:x"],
    ["1x:y", "1x:y"],
    ["run-1:y", "run-1:y"],
  ])("reads %j as JSON lines to %j", (text, path) => {
    expect(parseReport(text)).toEqual({ format: jsonl, path });
  });

  it.each(["html:out.html", "http://host/", "jsonl:", "jsonl: ", "", " "])("refuses %j", (text) => {
    expect(parseReport(text)).toBeUndefined();
  });

  it("has unique format names that are valid prefixes", () => {
    const names = REPORT_FORMATS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(parseReport(`${name}:x`)?.format.name).toBe(name);
  });
});
