// Public addresses: the registries' ranges with their edges, and IPv6 addresses that embed IPv4 ones.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, isPublic } from "../../../../src/http/connect/dns/addresses.ts";

/** First and last address of ranges that IANA's IPv4 registry lists as not globally reachable, of multicast and of reserved ones. */
const NOT_PUBLIC: readonly (readonly [string, string])[] = [
  ["0.0.0.0", "0.255.255.255"], // this network, RFC 791
  ["10.0.0.0", "10.255.255.255"], // private, RFC 1918
  ["100.64.0.0", "100.127.255.255"], // carrier-grade NAT, RFC 6598
  ["127.0.0.0", "127.255.255.255"], // loopback, RFC 1122
  ["169.254.0.0", "169.254.255.255"], // link-local, RFC 3927: clouds' metadata
  ["172.16.0.0", "172.31.255.255"], // private, RFC 1918
  ["192.0.0.0", "192.0.0.255"], // protocol assignments, RFC 6890
  ["192.0.2.0", "192.0.2.255"], // documentation, RFC 5737
  ["192.31.196.0", "192.31.196.255"], // AS112, RFC 7535
  ["192.52.193.0", "192.52.193.255"], // AMT, RFC 7450
  ["192.88.99.0", "192.88.99.255"], // 6to4 relays, RFC 7526
  ["192.168.0.0", "192.168.255.255"], // private, RFC 1918
  ["192.175.48.0", "192.175.48.255"], // AS112, RFC 7534
  ["198.18.0.0", "198.19.255.255"], // benchmarks, RFC 2544
  ["198.51.100.0", "198.51.100.255"], // documentation, RFC 5737
  ["203.0.113.0", "203.0.113.255"], // documentation, RFC 5737
  ["224.0.0.0", "239.255.255.255"], // multicast, RFC 5771
  ["240.0.0.0", "255.255.255.255"], // reserved, RFC 1112, and broadcast, RFC 919
  ["168.63.129.16", "168.63.129.16"], // Azure's platform, internal
];

const numberOf = (address: string) => address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
const addressOf = (number: number) => [24, 16, 8, 0].map((bits) => (number >>> bits) & 255).join(".");
const inTable = (number: number) =>
  NOT_PUBLIC.some(([first, last]) => number >= numberOf(first) && number <= numberOf(last));

describe("an IPv4 address", () => {
  it.each(NOT_PUBLIC)("in the range from %s to %s is not public, and the range ends there", (first, last) => {
    for (const address of [first, last]) expect(isPublic(address)).toBe(false);
    for (const number of [numberOf(first) - 1, numberOf(last) + 1]) {
      if (number < 0 || number > 0xffffffff) continue;
      expect(isPublic(addressOf(number)), addressOf(number)).toBe(!inTable(number));
    }
  });

  it("outside the table's ranges is public", () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), (number) => {
        expect(isPublic(addressOf(number))).toBe(!inTable(number));
      }),
      { numRuns: 5000 },
    );
  });
});

describe("an IPv6 address", () => {
  it.each([
    "::", // unspecified
    "::1", // loopback
    "fe80::1", // link-local
    "fe80::1%eth0",
    "fec0::1", // site-local, RFC 3879
    "fc00::1", // unique local, RFC 4193
    "fdff:ffff::1",
    "fd00:ec2::254", // a cloud's metadata
    "ff02::1", // multicast
    "100::1", // discard-only, RFC 6666
    "100:0:0:1::1", // dummy, RFC 9780
    "2001::1", // Teredo, RFC 4380
    "2001:2::1", // benchmarks, RFC 5180
    "2001:10::1", // ORCHID, RFC 4843
    "2001:20::1", // ORCHIDv2, RFC 7343
    "2001:db8::1", // documentation, RFC 3849
    "3fff::1", // documentation, RFC 9637
    "3fff:fff:ffff::1",
    "5f00::1", // segment routing, RFC 9602
    "2002:808:808::1", // 6to4 of a public address
    "::8.8.8.8", // compatible, RFC 4291
    "::ffff:0:8.8.8.8", // RFC 2765
    "64:ff9b:1::808:808", // local NAT64, RFC 8215
    "64:ff9b:0:1::808:808",
    "4000::1", // not assigned
    "1fff:ffff::1",
    "e000::1",
    "2606:4700::1%1", // a zone
  ])("%s is not public", (address) => {
    expect(isPublic(address)).toBe(false);
  });

  it.each(["2606:4700:4700::1111", "2a00:1450:4001::64", "2001:4860:4860::8888", "2000::1", "3ffe::1", "3fff:1000::1"])(
    "%s is public",
    (address) => expect(isPublic(address)).toBe(true),
  );

  it.each([
    ["mapped", "::ffff:"],
    ["NAT64", "64:ff9b::"],
  ])("that embeds an IPv4 address (%s) is public exactly if that is", (_, prefix) => {
    for (const inside of ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"])
      expect(isPublic(`${prefix}${inside}`)).toBe(false);
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), (number) => {
        const hex = `${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`;
        expect(isPublic(`${prefix}${hex}`)).toBe(isPublic(addressOf(number)));
      }),
    );
  });
});

it.each([
  "",
  "example.org",
  "localhost",
  "127.1",
  "0x7f.1",
  "2130706433",
  "010.0.0.1",
  "8.8.8.8.",
  " 8.8.8.8",
  "[::1]",
])("%j is no valid address, and so not public", (text) => expect(isPublic(text)).toBe(false));

it("an IPv4 address has 4 bytes, and an IPv6 address 16", () => {
  expect(bytesOf("1.2.3.255")).toEqual([1, 2, 3, 255]);
  expect(bytesOf("2001:db8::1:ff")).toEqual([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0xff]);
});
