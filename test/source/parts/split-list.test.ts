// A list is split by its line feeds into the same lines, with the same numbers, as the format `lines` reads.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Job } from "../../../src/core/job.ts";
import type { Source } from "../../../src/core/ports.ts";
import { lists } from "../../../src/source/lists.ts";
import { rangeSource } from "../../../src/source/parts/part.ts";
import { isSplittableFile, type Part, splitList } from "../../../src/source/parts/split-list.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();
const options = { refuse: () => undefined, onNamed: () => {} };

async function jobsOf(source: Source): Promise<Job[]> {
  const jobs: Job[] = [];
  for await (const batch of source) jobs.push(...batch);
  return jobs;
}

async function partsOf(path: string, lines: number) {
  const parts: Part[] = [];
  const split = await splitList(path, lines, (part) => void parts.push(part));
  return { parts, split };
}

it("the jobs of all parts are those of the whole list", async () => {
  const line = fc.oneof(
    fc.nat().map((n) => `https://example.org/${n}`),
    fc.constantFrom("", "# comment", "https://example.org/a\tname.txt", "https://example.org/ä", "   "),
  );
  const end = fc.constantFrom("\n", "\r\n");
  const anyList = fc.tuple(fc.array(fc.tuple(line, end), { minLength: 1, maxLength: 40 }), fc.boolean());
  await fc.assert(
    fc.asyncProperty(anyList, fc.integer({ min: 1, max: 9 }), async ([rows, isCut], chunkLines) => {
      const text = rows.map(([row, feed]) => row + feed).join("");
      const path = folder.at("urls.txt");
      writeFileSync(path, `https://example.org/first\n${isCut ? text.trimEnd() : text}`);
      const { parts, split } = await partsOf(path, chunkLines);
      const stop = new AbortController().signal;
      const whole = await jobsOf(lists([path], { stdin: () => process.stdin, stop, allowEmpty: true }));
      const jobs: Job[] = [];
      for (const { n, ...range } of parts) {
        const firstLine = (n - 1) * chunkLines + 1;
        jobs.push(...(await jobsOf(rangeSource({ ...range, path, listBytes: split?.bytes ?? 0, firstLine }, options))));
      }
      assert.deepEqual(jobs, whole);
      assert.deepEqual(
        parts.map(({ n }) => n),
        parts.map((_, i) => i + 1),
      );
    }),
  );
});

it("a list in which a CR alone ends a line is not split", async () => {
  const path = folder.list(["https://example.org/a\rhttps://example.org/b"]);
  expect((await partsOf(path, 1)).split).toBeUndefined();
  writeFileSync(path, "https://example.org/a\r");
  expect((await partsOf(path, 1)).split).toEqual({ lines: 1, bytes: 22, crc: crc32("https://example.org/a\r") });
});

it.each([
  ["a list of URLs", "https://example.org/\n", true],
  ["a CSV file", "url,caption\nhttps://example.org/,x\n", false],
  ["JSON lines", '{"url":"https://example.org/"}\n', false],
  ["a list in UTF-16", Buffer.from("https://example.org/\n", "utf16le"), false],
  ["a packed list", Buffer.from([0x1f, 0x8b, 8, 0, 0xff, 0xfe]), false],
])("whether %s can be split is known by its first bytes", (_, content, expected) => {
  const path = folder.at("list");
  writeFileSync(path, content);
  expect(isSplittableFile(path, { table: {} })).toBe(expected);
});

it.each([
  { what: "is longer", now: "https://example.org/a\nhttps://example.org/b\nhttps://example.org/c\n" },
  { what: "has other lines of the same length", now: "https://example.org/b\nhttps://example.org/a\n" },
])("a list that $what since it was split is refused", async ({ now }) => {
  const path = folder.list(["https://example.org/a", "https://example.org/b"]);
  const { parts, split } = await partsOf(path, 1);
  writeFileSync(path, now);
  const [{ n: _, ...range } = { n: 0, fromBytes: 0, toBytes: 0, crc: 0 }] = parts;
  const source = rangeSource({ ...range, path, listBytes: split?.bytes ?? 0, firstLine: 1 }, options);
  await expect(jobsOf(source)).rejects.toThrow(
    `${path}: the list cannot be read: it has changed since it was enqueued: enqueue it into another folder`,
  );
});
