// The names that are queried for a host name, in the order of resolv.conf(5).

import { describe, expect, it } from "vitest";
import { candidates } from "../../../../src/http/connect/dns/dns-client.ts";

describe("the names that are queried", () => {
  it.each([
    ["h", { search: [], ndots: 1 }, ["h"]],
    ["h", { search: ["a.test", "b.test"], ndots: 1 }, ["h.a.test", "h.b.test", "h"]],
    ["h.x", { search: ["a.test"], ndots: 1 }, ["h.x", "h.x.a.test"]],
    ["h.x", { search: ["a.test"], ndots: 2 }, ["h.x.a.test", "h.x"]],
    ["h.x.", { search: ["a.test"], ndots: 5 }, ["h.x."]],
    ["h.x", { search: [""], ndots: 1 }, ["h.x"]],
    ["h", { search: ["", "a.test"], ndots: 1 }, ["h", "h.a.test"]],
  ])("for %s with %j are %j", (name, settings, expected) => {
    expect(candidates(name, settings)).toEqual(expected);
  });
});
