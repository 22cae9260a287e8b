// Breaks lines between words, and commands so that a shell takes them as they were.
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoted } from "../../../src/cli/command-line/shown-command.ts";
import { widthOf } from "../../../src/report/progress/fit.ts";
import { wrapped, wrappedCommand } from "../../../src/report/progress/wrap.ts";

const withoutBreaks = (text: string) => text.replace(/\n */g, " ");

describe("a line of the summary", () => {
  it("is broken between words, and goes on below its first one", () => {
    const line = "took    5.1 s: 235 URL/s, 287 KiB/s; one at a time: 1 min 34 s (48.2×)";
    expect(wrapped(line, 80)).toBe(line);
    expect(wrapped(line, 39)).toMatchInlineSnapshot(`
      "took    5.1 s: 235 URL/s, 287 KiB/s;
              one at a time: 1 min 34 s
              (48.2×)"
    `);
    expect(wrapped("        247 connection_lost (connection lost before the answer)", 39)).toMatchInlineSnapshot(`
      "        247 connection_lost (connection
                lost before the answer)"
    `);
    expect(wrapped("\u001b[31mfailed\u001b[0m  3 (all in an earlier run)", 33)).not.toContain("\n");
  });

  it("leaves less free in a terminal of 20 columns, and words whole that are longer", () => {
    expect(wrapped("saved   3 (24.0 MiB) in downloads/of/the/day/of/yesterday", 19)).toMatchInlineSnapshot(`
      "saved   3
           (24.0 MiB) in
           downloads/of/the/day/of/yesterday"
    `);
  });

  it("has the same words in any width, and is longer only where one word is", () => {
    const words = fc.array(fc.stringMatching(/^[a-zé日]{1,12}$/), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 100 }), (parts, columns) => {
        const text = wrapped(`saved   ${parts.join(" ")}`, columns);
        expect(withoutBreaks(text).replace(/ +/g, " ")).toBe(`saved ${parts.join(" ")}`);
        for (const line of text.split("\n").slice(1))
          if (widthOf(line) > columns) expect(line.trim()).not.toContain(" ");
      }),
    );
  });
});

describe("a command", () => {
  const remark = "(3 of the 5 failed may pass)";

  it("is whole where it fits, with the remark below it if need be", () => {
    const command = "bulkget urls.txt -c 50 -o downloads";
    expect(wrappedCommand("again   ", command, remark, 80)).toBe(`again   ${command}  ${remark}`);
    expect(wrappedCommand("again   ", command, remark, 60)).toBe(`again   ${command}\n        ${remark}`);
  });

  it("that was cut within quotes keeps its characters", () => {
    for (const command of ["bulkget urls.txt --name 'a b c d e f g h", "bulkget urls.txt -o downloads/of/the/day\\"]) {
      const text = wrappedCommand("", command, remark, 24);
      expect(text.slice(0, text.lastIndexOf("\n", text.indexOf("(3"))).replace(/ \\\n */g, " ")).toBe(command);
    }
  });

  it("is broken as a shell takes it, and not between an option and its value", () => {
    const command = "bulkget urls.txt -c 50 -o 'down loads' --header 'A: b'";
    expect(wrappedCommand("again   ", command, remark, 39)).toMatchInlineSnapshot(`
      "again   bulkget urls.txt -c 50 \\
                -o 'down loads' \\
                --header 'A: b'
              (3 of the 5 failed may pass)"
    `);
  });

  it("has the same words in any width, as bash reads it", () => {
    const word = fc.string({ unit: fc.constantFrom("a", " ", "'", "\\", "-", '"', "$"), minLength: 1, maxLength: 12 });
    const command = fc.array(word, { maxLength: 8 });
    const width = fc.integer({ min: 10, max: 100 });
    const cases = fc.sample(fc.tuple(command, width), { numRuns: 300, seed: 15 });
    // One process for all.
    const shell = cases.map(([words, columns]) => {
      const text = wrappedCommand("", ["printf", "'%s\\0'", ...words.map(quoted)].join(" "), "(why)", columns);
      return `${text.replace(/\s+\(why\)$/, "")}; echo`;
    });
    const printed = spawnSync("bash", ["-c", shell.join("\n")]).stdout.toString();
    expect(shell.some((text) => text.includes("\\\n"))).toBe(true);
    expect(printed.split("\n").slice(0, -1)).toEqual(cases.map(([words]) => `${words.join("\0")}\0`));
  });
});
