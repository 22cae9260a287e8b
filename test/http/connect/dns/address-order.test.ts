// The order of a name's addresses (RFC 6724).

import { describe, expect, it } from "vitest";
import { reachOf, sortAddresses } from "../../../../src/http/connect/dns/address-order.ts";

const V4 = "192.0.2.1";
const V6 = "2620:fe::1";
const ULA = "fd00::1";

describe("the addresses of a name", () => {
  it.each([
    ["only loopback", ["127.0.0.1", "::1"], [V6, V4, "127.0.0.9"], ["127.0.0.9", V4, V6]],
    ["only IPv4", ["127.0.0.1", "198.51.100.1", "fe80::1"], [V6, V4], [V4, V6]],
    ["only IPv6", ["2001:db8::9"], [V4, V6], [V6, V4]],
    ["both families", ["198.51.100.1", "2001:db8::9"], [V4, V6], [V6, V4]],
    ["IPv4 and unique-local IPv6", ["198.51.100.1", "fd00::9"], [V6, V4, ULA], [V4, ULA, V6]],
    ["both families (6to4 comes last)", ["198.51.100.1", "2001:db8::9"], ["2002::1", V4, V6], [V6, V4, "2002::1"]],
  ])("are sorted as getaddrinfo sorts them on a machine with %s", (_, own, answer, order) => {
    expect(sortAddresses(answer, reachOf(own), false)).toEqual(order);
  });

  it("of equal rank keep the order of the DNS answer", () => {
    const many = ["192.0.2.9", "192.0.2.1", "192.0.2.5"];
    expect(sortAddresses(many, reachOf(["198.51.100.1"]), false)).toEqual(many);
  });

  it("begin with IPv4 if gai.conf prefers it", () => {
    expect(sortAddresses([V6, V4], reachOf(["198.51.100.1", "2001:db8::9"]), true)).toEqual([V4, V6]);
  });
});
