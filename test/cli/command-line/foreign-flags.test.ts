// Hints for flags of other tools name options that exist here.
import { describe, expect, it } from "vitest";
import { FLAGS, ownNameOf } from "../../../src/cli/command-line/foreign-flags.ts";
import { splitFlags } from "../../../src/options/flags.ts";
import type { Row } from "../../../src/options/row.ts";
import { TABLE } from "../../../src/options/table.ts";

const OWN = new Set(
  Object.values<Row>(TABLE).flatMap(({ flags }) => {
    if (flags === undefined) return [];
    const { name, letter } = splitFlags(flags);
    return letter === undefined ? [name] : [name, letter];
  }),
);

describe("a flag of another tool", () => {
  it.each(Object.entries(FLAGS))("%s is none of ours, and its hint names options that are", (flag, hint) => {
    expect(OWN).not.toContain(flag);
    for (const [named] of hint.matchAll(/(?<![\w-])--?[a-zA-Z][\w-]*/g)) expect(OWN).toContain(named);
  });

  it("is known with a value behind its letter", () => {
    expect(ownNameOf("-j8")).toBe(ownNameOf("-j"));
    expect(ownNameOf("--jobs8")).toBeUndefined();
    expect(ownNameOf("--constructor")).toBeUndefined();
  });
});
