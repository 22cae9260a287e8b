// Authorization for the URLs of the list, from the URL or from netrc, and the permissions of a netrc file.

import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../../src/core/errors.ts";
import { authorizer, readNetrc } from "../../../src/http/identity/credentials.ts";
import { ownFolder } from "../../support/own.ts";

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
