// The option table: every row is complete, and its texts are bundled only into the files that print them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { splitFlags } from "../../src/options/flags.ts";
import type { Row } from "../../src/options/row.ts";
import { MEASURING } from "../../src/options/rows/tune.ts";
import { RUN_GROUPS, TABLE } from "../../src/options/table.ts";
import { ROOT } from "../support/command.ts";

const ROWS = Object.entries<Row>({ ...TABLE, ...MEASURING });

describe("a row of the option table", () => {
  it.each(ROWS)("describes %s in one line and in detail", (_, { summary, details }) => {
    expect(summary).toMatch(/^[\x20-\x7e]{3,52}$/);
    expect(summary).not.toMatch(/\.$|"/);
    expect(details.trim()).toMatch(/^[A-Z][^`]*[.a-z0-9")]$/s);
  });

  it.each(ROWS)("assigns %s to the command, the library or both", (_, { flags, notInLibrary, type }) => {
    expect(flags !== undefined || notInLibrary === undefined).toBe(true);
    if (flags === undefined) return;
    expect(splitFlags(flags).placeholder === undefined).toBe(type === "flag");
  });
});

describe("the option table", () => {
  it("has each flag once", () => {
    const flags = ROWS.flatMap(([, row]) => (row.flags === undefined ? [] : [splitFlags(row.flags)]));
    for (const spellings of [flags.map(({ name }) => name), flags.flatMap(({ letter }) => letter ?? [])])
      expect(new Set(spellings).size).toBe(spellings.length);
  });

  it("has each option of the command in one group of the help, in the order of the table", () => {
    const grouped = RUN_GROUPS.flatMap(({ rows }) => Object.keys(rows));
    expect(grouped).toEqual(
      Object.entries<Row>(TABLE).flatMap(([key, { flags }]) => (flags === undefined ? [] : [key])),
    );
  });

  it.each(["bin/core.cjs", "bin/main.cjs", "lib/index.cjs"])("has its detailed texts left out of dist/%s", (file) => {
    const code = readFileSync(join(ROOT, "dist", file), "utf8");
    const left = ROWS.filter(([, { summary, details }]) => {
      const [line = ""] = details.trim().split("\n");
      return code.includes(line) || (summary.length > 20 && code.includes(summary));
    });
    expect(left.map(([key]) => key)).toEqual([]);
  });
});
