// Fixture for tests of --workers: a folder, servers that count, lists, and the check of a complete run.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { filesOf } from "../command.ts";
import { own, ownFolder } from "../own.ts";
import { journalOf } from "../site.ts";
import { contentOf, crowd } from "./crowd.ts";

type Act = Parameters<typeof crowd>[0];

/** Call at the top of a file: creates a folder for each of its tests, and servers that end with the test. */
export function crowded() {
  const folder = ownFolder();
  const { at } = folder;

  const serve = async (act: Act = () => false) => own(await crowd(act));

  function list(urls: number, line: (n: number) => string): void {
    folder.list(Array.from({ length: urls }, (_, i) => line(i + 1)));
  }

  /** Expects one saved record and the right file for every line, and nothing else. */
  function expectAll(urls: number, output = at("downloads")): void {
    const numbers = Array.from({ length: urls }, (_, i) => i + 1);
    const lines = readFileSync(join(output, "results.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n).sort((a, b) => a - b)).toEqual(numbers);
    expect(journalOf(output).every(({ outcome }) => outcome === "saved")).toBe(true);
    expect(filesOf(output).filter((file) => file !== ".bulkget/since")).toEqual(
      numbers.map((n) => String(n).padStart(6, "0")),
    );
    for (const n of numbers) {
      const file = String(n).padStart(6, "0");
      expect(readFileSync(join(output, file)).equals(contentOf(`/${n}`)), file).toBe(true);
    }
    expect(existsSync(join(output, "failed.txt"))).toBe(false);
  }

  return { folder, at, serve, list, expectAll };
}
