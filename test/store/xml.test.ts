// The reader of a store's XML: strict, and without trust in what a server sends.
import { describe, expect, it } from "vitest";
import { problemOf } from "../../src/store/problem.ts";
import { elementsOf, escapedXml, textAt } from "../../src/store/xml.ts";

describe("elementsOf", () => {
  it("reads elements with their paths, entities, CDATA, prefixes and comments", () => {
    const xml = `\ufeff<?xml version="1.0"?>\n<!-- c --><s3:A xmlns:s3="x"><B>1 &lt;&#38;&#x1F600;&quot;</B><C/><B><![CDATA[<2>]]></B></s3:A>\n`;
    expect(elementsOf(xml)).toEqual([
      { path: "A/B", text: '1 <&😀"' },
      { path: "A/C", text: "" },
      { path: "A/B", text: "<2>" },
      { path: "A", text: "" },
    ]);
    expect(textAt(elementsOf(xml), "A/B")).toBe('1 <&😀"');
    expect(textAt(elementsOf(`<A>${escapedXml(`<&>"'`)}</A>`), "A")).toBe(`<&>"'`);
  });

  it.each([
    "",
    "text",
    "<A>",
    "<A></B>",
    "<A/><B/>",
    "</A>",
    "<A><B></A></B>",
    "<A>1 < 2</A>",
    "<A>".repeat(40),
    "<html><br></html>",
  ])("refuses %j", (xml) => {
    expect(() => elementsOf(xml)).toThrow();
  });
});

describe("problemOf", () => {
  it.each([
    [
      403,
      "<Error><Code>AccessDenied</Code><Message>No\u001b[31m</Message></Error>",
      false,
      "403 AccessDenied: No [31m",
      false,
    ],
    [503, "<Error><Code>SlowDown</Code></Error>", false, "503 SlowDown", true],
    [400, "<Error><Code>RequestTimeout</Code></Error>", false, "400 RequestTimeout", true],
    [502, "<html>", false, "502", true],
    [404, "", false, "404", false],
    [200, "<Error><Code>InternalError</Code></Error>", true, "200 InternalError", true],
    [200, "<CompleteMultipart", true, "200 with an answer that is no XML", true],
    [
      301,
      "<Error><Code>PermanentRedirect</Code><Region>eu-west-1</Region></Error>",
      false,
      "301 PermanentRedirect (the bucket's region is eu-west-1: set AWS_REGION=eu-west-1)",
      false,
    ],
  ])("of status %d and %j is known", (status, body, isAlwaysXml, problem, retry) => {
    expect(problemOf(status, body, isAlwaysXml)).toMatchObject({ problem, retry, status });
  });

  it("has the region of the bucket after a long message, from the answer or from its header", () => {
    const long = `<Error><Code>PermanentRedirect</Code><Message>${"x".repeat(500)}</Message></Error>`;
    for (const [status, body] of [
      [301, long],
      [301, ""],
      [400, ""],
    ] as const)
      expect(problemOf(status, body, true, "eu-west-3")?.problem).toMatch(
        /^\d+.* \(the bucket's region is eu-west-3: set AWS_REGION=eu-west-3\)$/,
      );
    expect(problemOf(403, "", true, "eu-west-3")?.problem).toBe("403");
  });

  it("is none where an answer of success has no error", () => {
    expect(problemOf(200, "<CopyObjectResult/>", true)).toBeUndefined();
    expect(problemOf(200, "any bytes", false)).toBeUndefined();
  });
});
