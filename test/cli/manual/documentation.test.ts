// The man page and docs/options.md are current, and valid for man, groff and Markdown links.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { manPage } from "../../../src/cli/manual/man-page.ts";
import { optionsPage } from "../../../src/cli/manual/options-page.ts";
import { splitFlags, variableOf } from "../../../src/options/flags.ts";
import type { Row } from "../../../src/options/row.ts";
import { TABLE } from "../../../src/options/table.ts";
import { ROOT, shell } from "../../support/command.ts";
import { installed } from "../../support/network/servers.ts";

const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** Skips a test loudly where a program is missing. */
function needs(program: string): boolean {
  const isThere = installed(program) !== undefined;
  if (!isThere) console.warn(`SKIPPED: the man page was not shown by ${program}, which is not installed`);
  return !isThere;
}

describe("the man page", () => {
  it("is what `npm run docs` writes", () => {
    expect(textOf("man/bulkget.1")).toBe(manPage());
  });

  it.skipIf(needs("man"))("is rendered by man without a warning, with every flag and variable", async () => {
    const shown = await shell("man -l --warnings man/bulkget.1 | col -bx", {
      cwd: ROOT,
      env: { MANWIDTH: "200", LC_ALL: "C.UTF-8" },
    });
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    for (const row of Object.values<Row>(TABLE)) {
      if (row.flags === undefined) continue;
      expect(shown.stdout).toContain(`${splitFlags(row.flags).name}`);
      expect(shown.stdout).toContain(`Variable: ${variableOf(row)}.`);
    }
  });

  it.skipIf(needs("groff"))("is rendered by groff without a warning, with all warnings on", async () => {
    expect(await shell("groff -man -ww -Tutf8 -z man/bulkget.1", { cwd: ROOT })).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("docs/options.md", () => {
  it("is what `npm run docs` writes", () => {
    expect(textOf("docs/options.md")).toBe(optionsPage());
  });

  it("has links only to its own headings", () => {
    const text = optionsPage();
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
      title.toLowerCase().replaceAll(" ", "-"),
    );
    const links = [...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, target]) => target);
    expect(links.length).toBeGreaterThan(50);
    for (const target of links) expect(headings).toContain(target);
  });

  it("documents each option of the command and of the library", () => {
    const text = optionsPage();
    for (const [key, row] of Object.entries<Row>(TABLE)) {
      if (row.flags !== undefined) expect(text).toContain(`\n### ${splitFlags(row.flags).name}\n`);
      expect(text).toContain(row.notInLibrary === undefined ? `Library: \`${key}\`` : row.notInLibrary.split(" ")[0]);
    }
  });
});
