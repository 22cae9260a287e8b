// In which order addresses are tried: RFC 6724 by this machine's interfaces; and which names are asked for, by resolv.conf(5).

import { describe, expect, it } from "vitest";
import { reachOf, sortAddresses } from "../../../src/http/connect/address-order.ts";
import { candidates } from "../../../src/http/connect/dns-client.ts";

const V4 = "192.0.2.1";
const V6 = "2620:fe::1";
const ULA = "fd00::1";

describe("addresses of a name", () => {
  it.each([
    ["nothing but loopback", ["127.0.0.1", "::1"], [V6, V4, "127.0.0.9"], ["127.0.0.9", V4, V6]],
    ["IPv4 alone", ["127.0.0.1", "198.51.100.1", "fe80::1"], [V6, V4], [V4, V6]],
    ["IPv6 alone", ["2001:db8::9"], [V4, V6], [V6, V4]],
    ["both families", ["198.51.100.1", "2001:db8::9"], [V4, V6], [V6, V4]],
    ["unique-local IPv6 beside IPv4", ["198.51.100.1", "fd00::9"], [V6, V4, ULA], [V4, ULA, V6]],
    ["both families, with 6to4", ["198.51.100.1", "2001:db8::9"], ["2002::1", V4, V6], [V6, V4, "2002::1"]],
  ])("with %s are tried in the system's order", (_, own, answer, order) => {
    expect(sortAddresses(answer, reachOf(own), false)).toEqual(order);
  });

  it("of one kind stay as the server has them", () => {
    const many = ["192.0.2.9", "192.0.2.1", "192.0.2.5"];
    expect(sortAddresses(many, reachOf(["198.51.100.1"]), false)).toEqual(many);
  });

  it("begin with IPv4 where gai.conf has it first", () => {
    expect(sortAddresses([V6, V4], reachOf(["198.51.100.1", "2001:db8::9"]), true)).toEqual([V4, V6]);
  });
});

describe("the names that are asked for", () => {
  it.each([
    ["h", { search: [], ndots: 1 }, ["h"]],
    ["h", { search: ["a.test", "b.test"], ndots: 1 }, ["h.a.test", "h.b.test", "h"]],
    ["h.x", { search: ["a.test"], ndots: 1 }, ["h.x", "h.x.a.test"]],
    ["h.x", { search: ["a.test"], ndots: 2 }, ["h.x.a.test", "h.x"]],
    ["h.x.", { search: ["a.test"], ndots: 5 }, ["h.x."]],
    ["h.x", { search: [""], ndots: 1 }, ["h.x"]],
    ["h", { search: ["", "a.test"], ndots: 1 }, ["h", "h.a.test"]],
  ])("of %s with %j are %j", (name, settings, expected) => {
    expect(candidates(name, settings)).toEqual(expected);
  });
});
