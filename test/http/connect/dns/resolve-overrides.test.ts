// --resolve in curl's syntax: hosts, wildcards, expiring and removed entries, and invalid ones.

import fc from "fast-check";
import { expect, it } from "vitest";
import { OptionError } from "../../../../src/core/errors.ts";
import { resolveOverrides } from "../../../../src/http/connect/dns/resolve-overrides.ts";

const found = (entries: readonly string[], host: string, port: number) => resolveOverrides(entries)?.(host, port);

it.each<[entries: string[], host: string, port: number, addresses: string[] | undefined]>([
  [["a.org:443:10.0.0.1"], "a.org", 443, ["10.0.0.1"]],
  [["a.org:443:10.0.0.1"], "a.org.", 443, ["10.0.0.1"]],
  [["A.org.:443:10.0.0.1"], "a.org", 443, ["10.0.0.1"]],
  [["a.org:443:10.0.0.1"], "a.org", 80, undefined],
  [["a.org:443:10.0.0.1"], "b.a.org", 443, undefined],
  [["a.org:443:10.0.0.1,[::1],2001:db8::1"], "a.org", 443, ["10.0.0.1", "::1", "2001:db8::1"]],
  [["a.org:1:10.0.0.1", "a.org:1:10.0.0.2"], "a.org", 1, ["10.0.0.2"]],
  [["a.org:1:10.0.0.1", "-a.org:1"], "a.org", 1, undefined],
  [["-a.org:1"], "a.org", 1, undefined],
  [["*:80:10.0.0.1"], "whatever.org", 80, ["10.0.0.1"]],
  [["*:80:10.0.0.1", "a.org:80:10.0.0.2"], "a.org", 80, ["10.0.0.2"]],
  [["+a.org:80:10.0.0.1"], "a.org", 80, ["10.0.0.1"]],
  [["[::1]:80:10.0.0.1"], "::1", 80, ["10.0.0.1"]],
  [["bücher.example:80:10.0.0.1"], "xn--bcher-kva.example", 80, ["10.0.0.1"]],
  [["127.1:80:10.0.0.1"], "127.0.0.1", 80, ["10.0.0.1"]],
])("with --resolve %j, %s:%i has the addresses %j", (entries, host, port, addresses) => {
  expect(found(entries, host, port)).toEqual(addresses);
});

it("an entry of --resolve with a + expires after a minute", () => {
  let nowMs = 0;
  const find = resolveOverrides(["+a.org:80:10.0.0.1", "b.org:80:10.0.0.2"], () => nowMs);
  nowMs = 59_999;
  expect(find?.("a.org", 80)).toEqual(["10.0.0.1"]);
  nowMs = 60_000;
  expect([find?.("a.org", 80), find?.("b.org", 80)]).toEqual([undefined, ["10.0.0.2"]]);
});

it.each([
  "",
  "a.org",
  "a.org:80",
  "a.org:80:",
  "a.org:80:b.org",
  "a.org:80:10.0.0.256",
  "a.org:80:10.0.0.1,",
  "a.org:0:10.0.0.1",
  "a.org:65536:10.0.0.1",
  "a.org:x:10.0.0.1",
  ":80:10.0.0.1",
  "a b:80:10.0.0.1",
  "u@a:80:10.0.0.1",
  "a/b:80:10.0.0.1",
  "-a.org:80:10.0.0.1",
  "[::1:80:10.0.0.1",
])("the entry %j of --resolve is refused with the syntax", (entry) => {
  expect(() => resolveOverrides([entry])).toThrow(/^resolve: not an entry: ".*" \(host:port:address\[,address\]\)$/);
});

it("any text for --resolve either is an OptionError or returns addresses", () => {
  const piece = fc.constantFrom("a.org", ":", "80", "*", "+", "-", "[", "]", "::1", "10.0.0.1", ",", "%", "é", " ");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      try {
        resolveOverrides([pieces.join("")]);
      } catch (error) {
        expect(error).toBeInstanceOf(OptionError);
      }
    }),
  );
});
