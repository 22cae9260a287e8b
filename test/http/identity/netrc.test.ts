// netrc: parsing, the entry of a host, Authorization values, and the permissions of the file.

import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../../src/core/errors.ts";
import { authorizer, readNetrc } from "../../../src/http/identity/credentials.ts";
import { entryFor, type NetrcEntry, parseNetrc } from "../../../src/http/identity/netrc.ts";
import { ownFolder } from "../../support/own.ts";

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

describe("authorizer", () => {
  /** One character per byte, as the file is read. */
  const bytes = (text: string) => Buffer.from(text).toString("latin1");
  const authorize = authorizer([
    { machine: "h", login: "me", password: bytes("pä:ss") },
    { machine: "h", login: "you", password: "2" },
    { machine: "::1", login: "six", password: "6" },
    { machine: "token", password: "t" },
    { machine: "open", login: "me" },
    { machine: "empty" },
    { machine: "empty", login: "late", password: "l" },
    { machine: "twice", login: "b" },
    { machine: "twice", login: "b", password: "2" },
    { machine: "mixed", login: "a", password: "1" },
    { machine: "mixed", password: "any" },
    { machine: "latin", login: "\xfc", password: "\xe4\xff" },
  ]);
  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
  it.each([
    ["http://h/", basic("me:pä:ss")],
    ["https://H:8443/", basic("me:pä:ss")],
    ["http://h./", basic("me:pä:ss")],
    ["http://you@h/", basic("you:2")],
    ["http://nobody@h/", basic("nobody:")],
    ["http://other:own@h/", basic("other:own")],
    ["http://[::1]/", basic("six:6")],
    ["http://token/", basic(":t")],
    ["http://x@token/", basic("x:t")],
    ["http://open/", basic("me:")],
    ["http://me@open/", basic("me:")],
    ["http://x@open/", basic("x:")],
    ["http://empty/", basic("late:l")],
    ["http://twice/", basic("b:")],
    ["http://b@twice/", basic("b:2")],
    ["http://b@mixed/", basic("b:any")],
    ["http://a@mixed/", basic("a:1")],
    ["http://latin/", "Basic /Drk/w=="],
    ["http://%FC@latin/", "Basic /Drk/w=="],
    ["http://%FC:%E4%FF@h/", "Basic /Drk/w=="],
    ["http://100%:50%@h/", basic("100%:50%")],
    ["http://%C3%BC:%C3%A4@h/", basic("ü:ä")],
    ["http://ü:ä@h/", basic("ü:ä")],
    ["http://x.h/", undefined],
    ["http://hh/", undefined],
  ])("returns the credentials of %s as %s", (url, value) => {
    expect(authorize(new URL(url))).toBe(value);
  });
});

describe("readNetrc", () => {
  const folder = ownFolder();
  const file = (text: string, mode: number) => {
    const path = folder.at("netrc");
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };

  it.each([0o600, 0o400, 0o700])("reads a file of mode %o", (mode) => {
    expect(readNetrc(file("machine h login me", mode))).toEqual([{ machine: "h", login: "me" }]);
  });

  it.each([0o604, 0o640, 0o644, 0o620, 0o602, 0o660, 0o666])(
    "refuses a file of mode %o with the command that corrects it",
    (mode) => {
      const path = file("machine h login me password s3cret", mode);
      expect(() => readNetrc(path)).toThrow(OptionError);
      expect(() => readNetrc(path)).toThrow(`chmod 600 ${path}`);
    },
  );

  it("reads bytes that are not UTF-8", () => {
    const path = file("", 0o600);
    writeFileSync(path, Buffer.from("\xef\xbb\xbfmachine h login \xfc password \xe4\xff", "latin1"));
    expect(authorizer(readNetrc(path))(new URL("http://h/"))).toBe("Basic /Drk/w==");
  });

  it("checks the mode of the file that a link leads to", () => {
    const link = folder.at("link");
    symlinkSync(file("machine h", 0o644), link);
    expect(() => readNetrc(link)).toThrow("chmod 600");
  });

  it.each([
    ["that is missing", () => folder.at("none"), "cannot be read"],
    ["that is a folder", () => folder.path, /chmod|cannot be read/],
    ["that is endless", () => "/dev/zero", "more than 1048576 bytes"],
    ["with an unterminated quote", () => file('machine h password "s3cret', 0o600), "line 1"],
  ])("refuses a path %s", (_, path, what) => {
    expect(() => readNetrc(path())).toThrow(OptionError);
    expect(() => readNetrc(path())).toThrow(what);
    expect(() => readNetrc(path())).not.toThrow("s3cret");
  });
});
