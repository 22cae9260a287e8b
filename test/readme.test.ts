// README.md and docs/*.md show the current help, all failures, the demo's output and valid links.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { FACTS } from "../src/core/failure.ts";
import { blocks, PAGES, pageText } from "./docs/blocks.ts";
import { BIN, cleanEnv, ROOT, shell } from "./support/command.ts";
import { ownFolder } from "./support/own.ts";

describe("the documentation", () => {
  it("has a README of at most 200 lines", () => {
    expect(pageText("README.md").split("\n").length - 1).toBeLessThanOrEqual(200);
  });

  it("contains the help that the command prints", () => {
    const help = execFileSync(process.execPath, [BIN, "--help"], { encoding: "utf8", env: cleanEnv() });
    const shown = blocks("").filter(({ page }) => page === "docs/help.md");
    expect(shown.map(({ text }) => text)).toEqual([`${help.trimEnd()}\n`]);
  });

  it("lists exactly the failures of the closed list", () => {
    const page = pageText("docs/records-and-errors.md");
    const section = page.slice(page.indexOf("## Errors"));
    const listed = [...section.matchAll(/^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|/gm)].flatMap(([, names = ""]) =>
      names.split(", ").map((name) => name.replaceAll("`", "")),
    );
    const kinds = Object.keys(FACTS).filter((kind) => kind !== "interrupted");
    expect(listed.sort()).toEqual(kinds.sort());
    expect(section).toContain("`interrupted`");
  });

  it("has only links to existing files and headings", () => {
    const pages = [...PAGES, "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "docs/decisions/README.md"];
    const dead = pages.flatMap((page) =>
      [...pageText(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
        .filter(([, file = "", heading]) => !leads(page, file, heading))
        .map(([link]) => `${page}: ${link}`),
    );
    expect(dead).toEqual([]);
  });
});

describe("the README's example output", () => {
  const folder = ownFolder();

  it("is the demo's output except for numbers, times and the bar", async () => {
    const { code, stderr } = await shell(`"${process.execPath}" "${join(ROOT, "dist/test/demo/demo.js")}"`, {
      cwd: folder.path,
    });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const [picture = ""] = blocks("text").map(({ text }) => text.trimEnd());
    const [command, failure] = picture.split("\n");
    const summary = picture.slice(picture.indexOf("\nsaved ") + 1);
    expect(command).toBe("$ npx bulkget demo-urls.txt -c 50 -o demo-downloads");
    expect(masked(stderr).split("\n")).toContain(masked(failure ?? ""));
    expect(masked(stderr)).toContain(masked(summary));
  });
});

/** Numbers, and units that depend on them, as `#`. */
function masked(text: string): string {
  return text.replace(/\d[\d.,:]*(?: (?:h|min|s|ms|[KMG]?i?B(?:\/s)?)\b)*(?: #)*/g, "#").replace(/#(?: #)+/g, "#");
}

function leads(page: string, file: string, heading: string | undefined): boolean {
  const path = file === "" ? page : normalize(join(dirname(page), file));
  if (!existsSync(join(ROOT, path))) return false;
  if (heading === undefined) return true;
  const headings = [...pageText(path).matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
  return headings.includes(heading);
}
