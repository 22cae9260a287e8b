// The errors that end a call or a run of the library: each code is thrown where the documentation says.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BulkgetError, type BulkgetErrorCode, bulkget, ERROR_CODES } from "../../src/index.ts";
import { ROOT } from "../support/command.ts";
import { own, ownFolder, ownSite } from "../support/own.ts";

const site = ownSite();
const folder = ownFolder();

/** Runs a list to its end, as a caller does. */
async function run(...args: Parameters<typeof bulkget>): Promise<void> {
  for await (const _ of bulkget(...args));
}

const urls = (...paths: readonly string[]) => paths.map((path) => site.url(path));

/** One way to get each error, into `outputDir`. */
const CAUSES: Readonly<Record<BulkgetErrorCode, (outputDir: string) => Promise<void>>> = {
  ERR_BULKGET_OPTION: async (outputDir) => run([], { outputDir, concurrency: 0 }),
  ERR_BULKGET_LIST: (outputDir) => run(folder.at("missing.txt"), { outputDir }),
  ERR_BULKGET_FOLDER: async (outputDir) => {
    mkdirSync(outputDir);
    writeFileSync(`${outputDir}/failed.txt`, "my notes\n");
    await run(urls("/a"), { outputDir });
  },
  ERR_BULKGET_OTHER_LIST: async (outputDir) => {
    await run(urls("/a", "/b", "/c"), { outputDir });
    await run(urls("/d", "/e", "/f"), { outputDir });
  },
  ERR_BULKGET_JOURNAL: async (outputDir) => {
    mkdirSync(outputDir);
    writeFileSync(`${outputDir}/results.jsonl`, "my notes\n");
    await run(urls("/a"), { outputDir });
  },
  ERR_BULKGET_LOCKED: async (outputDir) => {
    const first = bulkget(urls("/a", "/b"), { outputDir });
    own({ close: async () => void (await first.return()) });
    await first.next();
    await run(urls("/a", "/b"), { outputDir });
  },
  // 300 bytes exceed NAME_MAX (255): mkdir fails with ENAMETOOLONG.
  ERR_BULKGET_DISK: (outputDir) => run(urls("/a"), { outputDir: `${outputDir}${"x".repeat(300)}` }),
};

describe("the library throws", () => {
  it.each(Object.entries(CAUSES))("%s", async (code, cause) => {
    const error: unknown = await cause(folder.at("out")).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BulkgetError);
    expect(error).toMatchObject({ code });
    const { name } = error as BulkgetError;
    expect(documented().get(code)?.classes).toContain(name);
  });
});

it("docs/library.md has one row per error code, with the meaning in ERROR_CODES", () => {
  const rows = documented();
  expect([...rows.keys()]).toEqual(Object.keys(ERROR_CODES));
  for (const [code, meaning] of Object.entries(ERROR_CODES)) expect(rows.get(code)?.meaning).toContain(meaning);
});

/** The rows of the documentation's table of errors. */
function documented() {
  const page = readFileSync(`${ROOT}/docs/library.md`, "utf8");
  const rows = [...page.matchAll(/^\| `(ERR_BULKGET_\w+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
  return new Map(
    rows.map(([, code = "", classes = "", meaning = ""]) => [
      code,
      { classes: classes.replaceAll("`", "").split(", "), meaning: meaning.replaceAll("`", "") },
    ]),
  );
}
