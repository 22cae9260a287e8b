// Every TypeScript snippet of README.md and docs/*.md runs as it is shown, with the built package.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, shell } from "../support/command.ts";
import { own, ownFolder } from "../support/own.ts";
import { blocks } from "./blocks.ts";
import { exampleSite } from "./example-site.ts";

/** A word of each snippet, in their order, and what it must print. */
const PRINTED: readonly (readonly [string, string])[] = [
  ["{ n, url, outcome }", "2 failed https://example.org/missing"],
  ["outputDir", "1 000001.json"],
  ["async function* pages", "https://example.org/list?page=3"],
  ["times.set", "Map(2)"],
  ["BulkgetError", "ERR_BULKGET_LIST\n"],
  ["MockAgent", "2 hello\n"],
];

describe("the documentation's snippets", () => {
  const folder = ownFolder();
  const snippets = blocks("ts");

  it("have one row each in this test's table", () => {
    expect(snippets).toHaveLength(PRINTED.length);
  });

  it.each(snippets.map((snippet, i) => [`${snippet.page}:${snippet.line}`, snippet.text, i] as const))(
    "%s runs as it is shown",
    async (_, text, i) => {
      const [word, printed] = PRINTED[i] ?? ["", "never"];
      expect(text).toContain(word);
      const site = own(await exampleSite());
      mkdirSync(folder.at("node_modules"));
      symlinkSync(ROOT, folder.at("node_modules/bulkget"));
      symlinkSync(join(ROOT, "node_modules/undici"), folder.at("node_modules/undici"));
      writeFileSync(folder.at("snippet.mjs"), text);
      const ran = await shell(`"${process.execPath}" snippet.mjs`, { cwd: folder.path, env: site.env });
      expect(ran).toMatchObject({ code: 0, stderr: "" });
      expect(ran.stdout).toContain(printed);
    },
  );
});
