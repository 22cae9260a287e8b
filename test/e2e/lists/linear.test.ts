// Lists, items and journals built to be expensive take time linear in their length, or are refused.

import { mkdirSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { escapedStack } from "../../../src/core/text/escape.ts";
import { hasLongHostText, parseUrl } from "../../../src/core/url/parse-url.ts";
import { nextTarget } from "../../../src/http/semantics/redirect.ts";
import { bulkget, type Outcome } from "../../../src/index.ts";
import { ownFolder, ownSite } from "../../support/own.ts";

const server = ownSite();
const folder = ownFolder();

/** Combining marks in the wrong canonical order, whose normalisation takes quadratic time. */
const MARKS = "\u0316\u0301";

it("file names of 300,000 dots, blanks or combining marks are handled in linear time", async () => {
  const odd = [".", " ", "\u00a0", `a${MARKS}`, MARKS, ".part", "/", "./", "con ", "\u202e", "%41", "a:b@", "//", "@"];
  const items = odd.flatMap((one, i) => {
    const long = one.repeat(300_000 / one.length);
    return [`${long}x`, `x${long}x`, `x${long}`].map((name, j) => ({ url: server.url(`/${i}/${j}`), name }));
  });
  const outcomes: Outcome[] = [];
  for await (const outcome of bulkget(items, { outputDir: folder.at("out") })) outcomes.push(outcome);
  expect(outcomes).toHaveLength(items.length);
  for (const outcome of outcomes) {
    if (outcome.outcome === "failed") expect(outcome.error).toMatch(/^(name_too_long|file_exists|write_failed)$/);
    else expect(outcome.outcome).toBe("saved");
  }
});

it("a host name that is expensive to parse is refused before parsing, in a list and in a redirect", () => {
  const long = MARKS.repeat(32_000);
  const from = new URL("http://h/");
  for (let i = 0; i < 500; i++) {
    for (const front of ["http://", "https:", "http:\\\\", "http://me:pw@"]) {
      expect(parseUrl(`${front}a${long}`)).toMatchObject({ error: "invalid_url", detail: /host name longer/ });
    }
    const location = Buffer.from(`//a${long}`).toString("latin1");
    expect(nextTarget({ status: 302, locations: [location] }, from)).toMatchObject({ error: "redirect_refused" });
  }
});

it("a host name of the maximum length is accepted in percent-encoding", () => {
  const label = "%F0%90%90%A8"; // one letter, in 12 characters
  const name = Array.from({ length: 4 }, () => label.repeat(15)).join(".");
  expect(hasLongHostText(`http://${name}/`)).toBe(false);
  expect(hasLongHostText(`http://${"x".repeat(60_000)}@h/`)).toBe(false);
  expect(hasLongHostText(`http://h/${"x".repeat(60_000)}`)).toBe(false);
  expect(hasLongHostText(`/${"x".repeat(60_000)}`)).toBe(false);
  expect(hasLongHostText("x".repeat(60_000))).toBe(false);
});

it("a text of a million line feeds is escaped in linear time, and a stack keeps its lines", () => {
  expect(escapedStack(`a${"\n".repeat(1_000_000)}`)).toHaveLength(1 + 1998 * "\\x0a".length + 1);
  expect(escapedStack("Error: a\nb\n    at x\n    at y")).toBe("Error: a\\x0ab\n    at x\n    at y");
});

it.each([
  "{",
  "[",
  '"',
  "\\",
  "}",
  '{"n":',
  '{"n":1,',
  ",",
  "\n",
  "[{",
  '{"a":"',
  " ",
  "\t",
  "\0",
  "\ufeff",
  "a:b@",
  '{"n":1,"url":"x"}',
])("a journal of 3 MB of %j is read or refused in linear time", async (one) => {
  mkdirSync(folder.at("out"));
  const record = `{"n":1,"url":"${server.url("/1")}","outcome":"failed","error":"truncated","detail":"x","retryable":true}\n`;
  writeFileSync(folder.at("out/results.jsonl"), record + one.repeat(3_000_000 / one.length));
  folder.list([server.url("/1"), server.url("/2")]);
  const { code, stderr } = await folder.run(["urls.txt", "-o", "out"]);
  expect([0, 2], stderr).toContain(code);
});
