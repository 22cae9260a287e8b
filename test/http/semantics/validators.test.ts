// Validators and lengths of an answer, which a later request for the rest of its body uses.

import { beforeEach, describe, expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import type { Get } from "../../../src/core/ports.ts";
import { isRangeValidator, isStrongTag, isTag } from "../../../src/http/semantics/validators.ts";
import { testGet } from "../../support/get.ts";
import { own, ownRudeServer } from "../../support/own.ts";

const MODIFIED = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT";
const BEFORE_60_S = "Date: Sun, 06 Nov 1994 08:50:36 GMT";
const AFTER_60_S = "Date: Sun, 06 Nov 1994 08:50:37 GMT";
const TAG = 'ETag: "one"';

describe("entity tags", () => {
  it.each([
    ['""', true, true],
    ['"a-b/c;d\\"', true, true],
    ['"\u0080\u00ff"', true, true],
    ['W/"a"', false, true],
    ['w/"a"', false, false],
    ['W/W/"a"', false, false],
    ['"a b"', false, false],
    ['"a"b"', false, false],
    ['"a", "b"', false, false],
    ['"\u007f"', false, false],
    ["a", false, false],
    ["*", false, false],
    ["", false, false],
    [`"${"x".repeat(1022)}"`, true, true],
    [`"${"x".repeat(1023)}"`, false, false],
  ])("%s is strong: %s, is an entity tag: %s", (text, strong, any) => {
    expect([isStrongTag(text), isTag(text), isRangeValidator(text)]).toEqual([strong, any, strong]);
  });

  it("a date is a range validator, too", () => {
    expect(isRangeValidator("Sun, 06 Nov 1994 08:49:37 GMT")).toBe(true);
  });
});

describe("an answer", () => {
  const server = ownRudeServer();
  let get: Get;
  beforeEach(() => {
    get = own(testGet());
  });
  /** Returns an answer with a large body, after cancelling it. */
  const answerWith = async (headers: readonly string[], path = "/ok?bytes=200000", by = get) => {
    const query = headers.map((header) => `&header=${encodeURIComponent(header)}`).join("");
    const answer = await by.fetch(new URL(`${path}${query}`, server.origin));
    if (isFailure(answer)) throw new Error(answer.detail);
    if ("cancel" in answer.body) answer.body.cancel();
    return answer;
  };

  it.each<[string, string[], string | undefined]>([
    ["a strong tag", [TAG, MODIFIED, BEFORE_60_S], '"one"'],
    ["a date that is 60 s old", [MODIFIED, AFTER_60_S], "Sun, 06 Nov 1994 08:49:37 GMT"],
    ["no date that is younger", [MODIFIED, BEFORE_60_S], undefined],
    ["no date without a Date to compare", [MODIFIED], undefined],
    ["no date with an invalid Date", [MODIFIED, "Date: today"], undefined],
    ["no invalid date", ["Last-Modified: yesterday", AFTER_60_S], undefined],
    ["no weak tag, nor a date beside it", ['ETag: W/"one"', MODIFIED, AFTER_60_S], undefined],
    ["no tag without quotes", ["ETag: one"], undefined],
    ["nothing without ranges", [TAG, "Accept-Ranges: None"], undefined],
    ["a tag with ranges", [TAG, "Accept-Ranges: bytes"], '"one"'],
    ["nothing of an encoded body", [TAG, "Content-Encoding: gzip"], undefined],
    ["a tag of a body that is not encoded", [TAG, "Content-Encoding: identity"], '"one"'],
    ["a tag of a body that is encoded by none", [TAG, "Content-Encoding: none"], '"one"'],
    ["a tag of a body with an empty Content-Encoding", [TAG, "Content-Encoding:"], '"one"'],
    ["nothing without headers", [], undefined],
  ])("has as its validator %s", async (_, headers, validator) => {
    for (const path of ["/ok?bytes=200000", "/ok?bytes=200000&chunked=1"]) {
      expect((await answerWith(headers, path)).validator).toBe(validator);
    }
  });

  it("has no validator if its body is complete or decoded", async () => {
    expect(await answerWith([TAG], "/ok?bytes=100")).not.toHaveProperty("validator");
    expect(await answerWith([TAG], "/204?x=1")).not.toHaveProperty("validator");
    const compressed = own(testGet({ compressed: true }));
    expect(await answerWith([TAG], "/gzip?bytes=2000000", compressed)).not.toHaveProperty("validator");
  });

  it("has the length of its body if a header has it, but not for a decoded body", async () => {
    expect(await answerWith([], "/ok?bytes=100")).toMatchObject({ wholeBytes: 100 });
    expect(await answerWith([], "/ok?bytes=200000")).toMatchObject({ wholeBytes: 200_000 });
    for (const path of ["/ok?bytes=100&chunked=1", "/nolength?x=1", "/204?x=1"]) {
      expect(await answerWith([], path)).not.toHaveProperty("wholeBytes");
    }
    const compressed = own(testGet({ compressed: true }));
    expect(await answerWith([], "/gzip?bytes=1000", compressed)).not.toHaveProperty("wholeBytes");
  });
});
