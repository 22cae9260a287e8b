// The text of netrc files: parsing, and the entry of a host.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entryFor, type NetrcEntry, parseNetrc } from "../../../src/http/identity/netrc.ts";

describe("parseNetrc", () => {
  it.each<[string, string, readonly NetrcEntry[]]>([
    ["an empty text", "", []],
    ["one line", "machine Host login me password pw", [{ machine: "host", login: "me", password: "pw" }]],
    ["many lines", "machine h\n\tlogin me\r\n  password\n\n pw\n", [{ machine: "h", login: "me", password: "pw" }]],
    [
      "an account",
      "machine h login me account a password p",
      [{ machine: "h", login: "me", account: "a", password: "p" }],
    ],
    [
      "default",
      "machine h login a\ndefault login b password c",
      [
        { machine: "h", login: "a" },
        { login: "b", password: "c" },
      ],
    ],
    [
      "keywords as values",
      "machine login login machine password default",
      [{ machine: "login", login: "machine", password: "default" }],
    ],
    [
      "quotes",
      'machine h login "a b" password "c\\"d\\\\e\\n#\\x"',
      [{ machine: "h", login: "a b", password: 'c"d\\e\n#x' }],
    ],
    ["an empty value", 'machine h login "" password ""', [{ machine: "h", login: "", password: "" }]],
    ["a quoted word as no keyword", '"machine" h "login" x', []],
    ["comments", "# machine x login y\nmachine h # login z\nlogin me#1", [{ machine: "h", login: "me#1" }]],
    [
      "a macro",
      "machine h login me\nmacdef init\nmachine evil login x\nput a\n\nmachine i login j",
      [
        { machine: "h", login: "me" },
        { machine: "i", login: "j" },
      ],
    ],
    ["a macro without an end", "macdef init\nmachine evil login x", []],
    ["unknown words", "port 21 machine h protocol login me", [{ machine: "h", login: "me" }]],
    ["values before any machine", "login me password pw", []],
    ["a byte order mark", "\ufeffmachine h login me", [{ machine: "h", login: "me" }]],
    [
      "a comment in place of a value",
      "machine h login me password\n# no\n pw",
      [{ machine: "h", login: "me", password: "pw" }],
    ],
    [
      "a password that begins like a comment",
      "machine h login me password #1\nmachine i login #j # no",
      [
        { machine: "h", login: "me", password: "#1" },
        { machine: "i", login: "#j" },
      ],
    ],
    ["keywords in capitals", "MACHINE h LOGIN me Password PW", [{ machine: "h", login: "me", password: "PW" }]],
    ["a missing value", "machine h login", [{ machine: "h" }]],
  ])("parses %s", (_, text, entries) => {
    expect(parseNetrc(text)).toEqual(entries);
  });

  it.each([
    ['machine h\nlogin "me', "line 2"],
    ['machine h login "me\\"', "line 1"],
    ['"', "line 1"],
  ])("reports the line of the unterminated quote in %j", (text, where) => {
    expect(parseNetrc(text)).toEqual({ problem: expect.stringContaining(where) });
  });

  it("returns entries or a problem for any text", () => {
    const word = fc.constantFrom(
      "machine",
      "default",
      "login",
      "password",
      "account",
      "macdef",
      '"',
      "\\",
      "#",
      " ",
      "\n",
      "\t",
      "x",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(word).map((words) => words.join("")),
    );
    fc.assert(
      fc.property(text, (given) => {
        const read = parseNetrc(given);
        expect("problem" in read || Array.isArray(read)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("returns any quoted value unchanged", () => {
    const quoted = (text: string) =>
      `"${text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`;
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (login, password) => {
        expect(parseNetrc(`machine h login ${quoted(login)}\npassword ${quoted(password)}`)).toEqual([
          { machine: "h", login, password },
        ]);
      }),
    );
  });
});

describe("entryFor", () => {
  const entries = [
    { machine: "h", login: "one" },
    { machine: "h", login: "two", password: "2" },
    { machine: "i", login: "three" },
    { login: "all" },
    { machine: "late", login: "x" },
  ];
  it.each([
    ["h", undefined, "one"],
    ["h", "two", "two"],
    ["i", undefined, "three"],
    ["sub.h", undefined, "all"],
    ["late", undefined, "all"],
    ["i", "nobody", undefined],
    ["i", "three", undefined],
  ])("for the host %s and the user %s returns the entry of %s", (host, login, expected) => {
    expect(entryFor(entries, host, login)?.login).toBe(expected);
  });
});
