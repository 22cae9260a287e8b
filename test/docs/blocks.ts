// The code blocks of README.md and docs/*.md.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/command.ts";

export interface Block {
  /** `README.md` or `docs/lists.md` */
  readonly page: string;
  /** The number of the line of its first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** The pages that people read, README.md first. */
export const PAGES: readonly string[] = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `docs/${name}`),
];

export function pageText(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

/** Returns the blocks of all pages that have this language; "" is a block without one. */
export function blocks(language: string): Block[] {
  return PAGES.flatMap((page) => {
    const text = pageText(page);
    return [...text.matchAll(/^```([a-z]*)\n(.*?)^```$/gms)]
      .filter(([, name]) => name === language)
      .map(({ 1: name = "", 2: code = "", index }) => {
        const line = text.slice(0, index).split("\n").length + 1;
        return { page, line, language: name, text: code };
      });
  });
}
