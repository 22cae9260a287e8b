// Compares the files that a program saved with the plan, byte by byte.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nameOf } from "./contenders.ts";
import { grouped } from "./grouped.ts";
import type { Page } from "./plan.ts";

export interface Checked {
  /** Number of saveable pages that were saved. */
  readonly saved: number;
  /** Saveable pages that were not saved. */
  readonly lost: readonly Page[];
  /** Pages whose file is truncated, or has another page's content. */
  readonly wrong: readonly Page[];
}

export function check(pages: readonly Page[], folder: string, bodyOf: (n: number, bytes: number) => Buffer): Checked {
  const there = new Set(readdirSync(folder));
  const files = new Map(pages.map((page) => [page, nameOf(page.n)]));
  const isWhole = (page: Page) => {
    const name = files.get(page) ?? "";
    return there.has(name) && readFileSync(join(folder, name)).equals(bodyOf(page.n, page.bytes));
  };
  const whole = new Set(pages.filter(isWhole));
  return {
    saved: pages.filter((page) => page.saveable && whole.has(page)).length,
    lost: pages.filter((page) => page.saveable && !whole.has(page)),
    wrong: pages.filter((page) => there.has(files.get(page) ?? "") && !whole.has(page)),
  };
}

/** Counts pages by kind of response: "3 stall at first, 1 whole". */
export function byAnswer(pages: readonly Page[]): string {
  const kinds = grouped(pages, ({ answer, redirect }) => redirect ?? answer);
  return [...kinds].map(([kind, members]) => `${members.length} ${kind}`).join(", ");
}
