// ARCHITECTURE.md and docs/decisions are current: the tree, the files that they name, the index of decisions.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/command.ts";
import { pageText } from "./blocks.ts";

const DECISIONS = readdirSync(join(ROOT, "docs/decisions")).sort();
const PAGES = [
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...DECISIONS.map((name) => `docs/decisions/${name}`),
];

describe("ARCHITECTURE.md", () => {
  it("has the tree as `npm run docs` writes it", () => {
    const page = execFileSync(process.execPath, [join(ROOT, "build/tree.js"), "--print"], { encoding: "utf8" });
    expect(pageText("ARCHITECTURE.md")).toBe(page);
  });

  it("has one line per file of src, with one sentence", () => {
    const [, tree = ""] = /<!-- tree -->\n([\s\S]*?)<!-- \/tree -->/.exec(pageText("ARCHITECTURE.md")) ?? [];
    const lines = tree.split("\n").filter((line) => /^ +[\w.-]+\.\w+ /.test(line));
    const files = readdirSync(join(ROOT, "src"), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    const named = lines.map((line) => line.trim().split(" ", 1)[0] ?? "");
    expect(named.sort()).toEqual(files.map(({ name }) => name).sort());
    expect(lines.filter((line) => !/^ +\S+ +[^\s].{9,}$/.test(line))).toEqual([]);
  });
});

describe("the documentation of the code", () => {
  it.each(PAGES)("%s names only files that exist", (page) => {
    const named = [...pageText(page).matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|js|txt|json|md))`/g)].map(
      ([, path = ""]) => path,
    );
    const missing = named.filter((path) => !["", "src"].some((top) => existsSync(join(ROOT, top, path))));
    expect(missing.filter((path) => !path.startsWith("dist/"))).toEqual([]);
  });

  it("has an index of decisions with a link to every page", () => {
    const linked = [...pageText("docs/decisions/README.md").matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, name]) => name);
    expect(["README.md", ...linked].sort()).toEqual(DECISIONS);
  });
});
