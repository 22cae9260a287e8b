// The system's settings for names: resolv.conf(5), nsswitch.conf(5), hosts(5) and gai.conf(5).

import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type SystemFiles, type SystemNames, systemNames } from "../../../../src/http/connect/dns/system-names.ts";
import { ownFolder } from "../../../support/own.ts";

const folder = ownFolder();

type Texts = Partial<Record<keyof SystemFiles, string>>;

function files(texts: Texts): SystemFiles {
  const at = (name: keyof SystemFiles) => {
    const text = texts[name];
    if (text !== undefined) writeFileSync(folder.at(name), text);
    return folder.at(name);
  };
  return { nsswitch: at("nsswitch"), resolv: at("resolv"), hosts: at("hosts"), gai: at("gai") };
}

const read = (texts: Texts, env: NodeJS.ProcessEnv = {}): SystemNames => systemNames(files(texts), env)();

describe("the sources of names", () => {
  it.each([
    [undefined, []],
    ["", []],
    ["passwd: files\nhosts: files dns\n", []],
    ["hosts:\tfiles   dns # both", []],
    ["hosts: files mdns4_minimal [NOTFOUND=return] dns", ["mdns4_minimal"]],
    ["hosts: files dns myhostname", ["myhostname"]],
    ["hosts: files mymachines dns", ["mymachines"]],
    ["hosts: dns files", undefined],
    ["hosts: dns", undefined],
    ["hosts: files", undefined],
    ["hosts: files sss dns", undefined],
    ["hosts: files [NOTFOUND=return] dns", undefined],
    ["hosts: files dns [SUCCESS=continue] nis", undefined],
    ["hosts: files resolve [!UNAVAIL=return] dns", undefined],
  ])("of %j, besides the hosts file and DNS, are %j", (nsswitch, others) => {
    expect(read(nsswitch === undefined ? {} : { nsswitch }).otherSources).toEqual(others);
  });

  it("are followed with systemd-resolved if resolv.conf has its stub server", () => {
    const nsswitch = "hosts: files myhostname resolve [!UNAVAIL=return] dns\n";
    const resolv = "nameserver 127.0.0.53\noptions edns0 trust-ad\n";
    expect(read({ nsswitch, resolv }).otherSources).toEqual(["myhostname", "resolve"]);
  });

  it.each([{ HOSTALIASES: "/x" }, { RES_OPTIONS: "ndots:3" }])(
    "are left to the C library with the environment %j",
    (env) => {
      expect(read({}, env).otherSources).toBeUndefined();
    },
  );

  it.each(["use-vc", "no-aaaa", "inet6", "unheard-of"])("are left to the C library with the option %s", (one) => {
    expect(read({ resolv: `nameserver 127.0.0.1\noptions ndots:2 ${one}\n` }).otherSources).toBeUndefined();
  });
});

describe("resolv.conf", () => {
  it("sets up to three servers, the search list, ndots, and the time limit", () => {
    const servers = ["127.0.0.1", "::1", "127.0.0.2", "127.0.0.3"];
    const resolv = [
      "# comment",
      "; comment",
      ...servers.map((one) => `nameserver ${one}`),
      "nameserver nonsense",
      "domain first.test",
      "search a.test b.test.",
      "options ndots:2 timeout:3 attempts:2",
      "options rotate",
    ].join("\n");
    expect(read({ resolv })).toMatchObject({
      servers: servers.slice(0, 3),
      search: ["a.test", "b.test"],
      ndots: 2,
      budgetMs: 18_000,
    });
  });

  it("without timeouts, or absent, has glibc's defaults", () => {
    expect(read({})).toMatchObject({ servers: [], ndots: 1, budgetMs: 10_000 });
  });

  it("with an address that has a zone is left to c-ares", () => {
    expect(read({ resolv: "nameserver fe80::1%lo\nnameserver 127.0.0.1\n" }).servers).toEqual([]);
  });

  it("has its numbers clamped to the bounds of glibc", () => {
    const resolv = "options ndots:99 timeout:999 attempts:99\n";
    expect(read({ resolv })).toMatchObject({ ndots: 15, budgetMs: 150_000 });
  });

  it("is overridden by LOCALDOMAIN, also by an empty one", () => {
    const resolv = "search a.test\n";
    expect(read({ resolv }, { LOCALDOMAIN: "b.test c.test" }).search).toEqual(["b.test", "c.test"]);
    expect(read({ resolv }, { LOCALDOMAIN: "" }).search).toEqual([]);
  });

  it("is read again after a change, checked once per second", () => {
    let nowMs = 0;
    const names = systemNames(files({ resolv: "search a.test\n" }), {}, () => nowMs);
    expect(names().search).toEqual(["a.test"]);
    writeFileSync(folder.at("resolv"), "search longer.test\n");
    nowMs = 999;
    expect(names().search).toEqual(["a.test"]);
    nowMs = 1000;
    expect(names().search).toEqual(["longer.test"]);
  });
});

describe("the hosts file", () => {
  const hosts = [
    "127.0.0.1 localhost",
    "# 127.0.0.9 comment.test",
    "127.0.0.2\ttwo.test Alias # other.test",
    "127.0.0.3 two.test",
    "2001:db8::1 two.test",
    "127.0.0.2 two.test",
    "300.1.1.1 nonsense.test",
    "fe80::1%lo scoped.test",
    "127.0.0.4 dotted.test.",
    "127.0.0.5",
  ].join("\n");

  it.each([
    ["two.test", ["127.0.0.2", "127.0.0.3", "2001:db8::1"]],
    ["TWO.test", ["127.0.0.2", "127.0.0.3", "2001:db8::1"]],
    ["alias", ["127.0.0.2"]],
    ["comment.test", undefined],
    ["other.test", undefined],
    ["nonsense.test", undefined],
    ["scoped.test", undefined],
    ["two.test.", undefined],
    ["dotted.test", undefined],
    ["dotted.test.", ["127.0.0.4"]],
    ["constructor", undefined],
  ])("has for %s the addresses %j", (name, addresses) => {
    expect(read({ hosts }).hosts(name)).toEqual(addresses);
  });
});

it("gai.conf prefers IPv4 by its line for mapped addresses, and not by a comment", () => {
  expect(read({}).prefersIPv4).toBe(false);
  expect(read({ gai: "#precedence ::ffff:0:0/96  100\n" }).prefersIPv4).toBe(false);
  expect(read({ gai: "precedence ::ffff:0:0/96  10\n" }).prefersIPv4).toBe(false);
  expect(read({ gai: "precedence ::ffff:0:0/96  100 # yes\n" }).prefersIPv4).toBe(true);
});
