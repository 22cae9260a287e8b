// The check of the library's options: any value is refused with the option's name, or is within the range of its row.

import { deepStrictEqual, ok } from "node:assert";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BulkgetOptions } from "../../src/bulkget.ts";
import { OptionError } from "../../src/core/errors.ts";
import { ORDERS } from "../../src/core/scheduler/order.ts";
import { checked } from "../../src/options/check.ts";
import { nearest } from "../../src/options/nearest.ts";
import type { Row } from "../../src/options/row.ts";
import { OPTIONS, type OptionName } from "../../src/options/table.ts";
import { anyValue } from "./values.ts";

const NAMES = Object.keys(OPTIONS) as OptionName[];
const FRACTIONS: readonly string[] = ["duration", "rate"];
const NUMBERS: readonly string[] = ["whole", "size", "speed", ...FRACTIONS];
const rowOf = (name: OptionName): Row => OPTIONS[name];

/** The message with which these options are refused; undefined if they are accepted. */
function refusal(options: unknown): OptionError | undefined {
  try {
    checked(options);
    return undefined;
  } catch (error) {
    if (error instanceof OptionError) return error;
    throw error;
  }
}

describe("the table of the library's options", () => {
  it("has a row for every option, and no other", () => {
    const rows: Readonly<Record<keyof BulkgetOptions, Row>> = OPTIONS;
    const names: readonly (keyof BulkgetOptions)[] = NAMES;
    expect(Object.keys(rows)).toEqual(names);
    expect([...OPTIONS.order.choices]).toEqual(Object.keys(ORDERS));
  });

  it("has defaults that its rows accept", () => {
    for (const name of NAMES) {
      const { default: value } = rowOf(name);
      if (value !== undefined) expect(checked({ [name]: value })).toEqual({ [name]: value });
    }
  });

  it("has ranges that include both ends, and not their neighbours", () => {
    for (const name of NAMES) {
      const { type, least, most } = rowOf(name);
      if (!NUMBERS.includes(type)) continue;
      expect.assert(least !== undefined && most !== undefined);
      for (const good of [least, most]) expect(checked({ [name]: good })).toEqual({ [name]: good });
      const out = !FRACTIONS.includes(type) ? [least - 1, most + 1] : [least * 0.999, most * 1.001];
      for (const bad of [...out, -least - 1]) expect(refusal({ [name]: bad })?.option).toBe(name);
    }
  });
});

describe("the check of options", () => {
  it("refuses a value with the option's name, or returns one within the range of its row", () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), anyValue, (name, { make }) => {
        const value = make();
        const error = refusal({ [name]: value });
        if (error !== undefined) {
          const { message } = error;
          deepStrictEqual([error.option, message.slice(0, name.length + 2)], [name, `${name}: `]);
          ok(message.length < 500, message);
          return;
        }
        const taken = checked({ [name]: value })[name];
        const { type, least = 0, most = Number.MAX_SAFE_INTEGER, choices } = rowOf(name);
        if (value === undefined) expect(taken).toBe(undefined);
        else if (type === "flag") expect(taken).toBe(value === true);
        else if (typeof taken === "number")
          expect(choices?.includes(taken) === true || (taken >= least && taken <= most)).toBe(true);
        else if (choices !== undefined && typeof taken === "string") expect(choices).toContain(taken);
        else if (NUMBERS.includes(type) || type === "choice") expect.unreachable("it was taken");
      }),
      { numRuns: 10_000 },
    );
  });

  it("refuses anything but an object", () => {
    fc.assert(
      fc.property(anyValue, ({ make }) => {
        const options = make();
        const error = refusal(options);
        if (error === undefined) expect(checked(options)).toBeTypeOf("object");
        else expect(error.message).toMatch(/^(options: |there is no option |[a-zA-Z0-9]+: )/);
      }),
      { numRuns: 5000 },
    );
  });

  it("reads each option once, and returns a copy that later changes do not affect", () => {
    let reads = 0;
    const headers = new Map([["a", "b"]]);
    const retryOn = [503];
    const given = {
      get retries() {
        return reads++;
      },
      headers,
      retryOn,
    };
    const taken = checked(given);
    headers.set("a", "two\r\nlines");
    retryOn.push(999);
    expect(taken).toEqual({ retries: 0, headers: [["a", "b"]], retryOn: [503] });
    expect(reads).toBe(1);
  });

  it("accepts instances with getters and modules, and treats undefined as left out", async () => {
    class Config {
      readonly concurrency = 5;
      readonly timeoutMs = undefined;
      get retries() {
        return 1;
      }
    }
    expect(checked(new Config())).toEqual({ concurrency: 5, retries: 1 });
    expect(checked(Object.create({ rate: 5 }))).toEqual({ rate: 5 });
    expect(refusal(Object.create({ rates: 5 }))?.message).toContain("did you mean rate?");
    expect(refusal(JSON.parse('{"__proto__": 5}'))?.message).toContain('there is no option "__proto__"');
    expect(refusal({ toString: 5 })?.message).toContain('there is no option "toString"');
  });

  it("shows no secret in a message", () => {
    const secret = "geheim\0\r\n";
    const rows = NAMES.filter((name) => rowOf(name).isSecret === true);
    expect(rows).toEqual(["headers", "cookie", "proxy", "ca", "cert", "key"]);
    for (const name of rows) {
      for (const value of [secret, [secret, 5], { a: [secret] }, [["a", secret, 1]]])
        expect(refusal({ [name]: value })?.message ?? "").not.toContain("geheim");
    }
  });
});

describe("a misspelt option name", () => {
  it("with one wrong letter or two swapped ones gets a hint to the right name", () => {
    const misspelt = fc
      .constantFrom(...NAMES.filter(({ length }) => length > 4))
      .chain((name) =>
        fc.tuple(
          fc.constant(name),
          fc.nat({ max: name.length - 2 }),
          fc.constantFrom("drop", "swap", "change", "double"),
        ),
      );
    fc.assert(
      fc.property(misspelt, ([name, at, how]) => {
        const [before, one, two, after] = [name.slice(0, at), name.charAt(at), name.charAt(at + 1), name.slice(at + 2)];
        const wrong = { drop: two, swap: two + one, change: `x${two}`, double: one + one + two }[how] ?? "";
        const given = before + wrong + after;
        if (!NAMES.some((other) => other === given)) expect(nearest(given, NAMES)).toBe(name);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["timeout", "timeoutMs"],
    ["time_out_ms", "timeoutMs"],
    ["CONCURRENCY", "concurrency"],
    ["max-redirs", "maxRedirs"],
    ["progress", "onProgress"],
    ["cookies", "cookie"],
    ["header", "headers"],
    ["maxFileSize", "maxFilesize"],
    ["hosts", undefined],
    ["", undefined],
    ["x".repeat(1_000_000), undefined],
  ])("%j gets a hint to %j", (given, meant) => {
    expect(nearest(given, NAMES)).toBe(meant);
  });
});
