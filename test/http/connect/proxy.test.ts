// The selection of a proxy by -x and the environment, and the proxies' URLs that are accepted.

import { describe, expect, it } from "vitest";
import { proxyRules } from "../../../src/http/connect/proxy.ts";

describe("the selection of a proxy", () => {
  const originFor = (url: string, option: string | undefined, env: Record<string, string>) =>
    proxyRules(option, env)(new URL(url))?.origin;

  it.each([
    ["http://a/", undefined, { http_proxy: "http://p:1" }, "http://p:1"],
    ["http://a/", undefined, { HTTP_PROXY: "http://p:1" }, undefined],
    ["https://a/", undefined, { http_proxy: "http://p:1" }, undefined],
    ["https://a/", undefined, { HTTPS_PROXY: "p:2" }, "http://p:2"],
    ["https://a/", undefined, { all_proxy: "p" }, "http://p:1080"],
    ["http://a/", undefined, { ALL_PROXY: "https://p" }, "https://p:443"],
    ["http://a/", undefined, { http_proxy: "http://p:80" }, "http://p:80"],
    ["http://a/", "", { http_proxy: "http://p:1" }, undefined],
    ["http://a/", "q:3", { http_proxy: "http://p:1" }, "http://q:3"],
    ["http://a/", "http://u:s@q:3/", {}, "http://q:3"],
    ["http://a/", "q:3", { no_proxy: "a" }, undefined],
    ["http://sub.a.org/", "q:3", { no_proxy: "a.org" }, undefined],
    ["http://sub.a.org/", "q:3", { NO_PROXY: "b.org, .a.org" }, undefined],
    ["http://xa.org/", "q:3", { no_proxy: "a.org" }, "http://q:3"],
    ["http://10.1.2.3/", "q:3", { no_proxy: "10.0.0.0/8" }, undefined],
    ["http://11.1.2.3/", "q:3", { no_proxy: "10.0.0.0/8" }, "http://q:3"],
    ["http://[::1]/", "q:3", { no_proxy: "::1" }, undefined],
    ["http://a/", "q:3", { no_proxy: "*" }, undefined],
    ["http://sub.a.org/", "q:3", { no_proxy: "*.a.org" }, undefined],
    ["http://a.org./", "q:3", { no_proxy: "A.ORG" }, undefined],
    ["http://a.org/", "q:3", { no_proxy: "a.org." }, undefined],
    ["http://a:8080/", "q:3", { no_proxy: "a:8080" }, undefined],
    ["http://a/", "q:3", { no_proxy: "a:8080" }, "http://q:3"],
    ["http://a/", "q:3", { no_proxy: "a:80" }, undefined],
    ["https://a/", "q:3", { no_proxy: "a:80,b" }, "http://q:3"],
    ["https://x.a/", "q:3", { no_proxy: ".a:443" }, undefined],
    ["https://x/", "q:3", { no_proxy: "*:443" }, undefined],
    ["http://10.1.2.3:81/", "q:3", { no_proxy: "10.1.2.3:81" }, undefined],
    ["http://10.1.2.3/", "q:3", { no_proxy: "10.1.2.3:81" }, "http://q:3"],
    ["http://10.1.2.3/", "q:3", { no_proxy: "10.1.2.0/24:80" }, undefined],
    ["http://10.1.2.3/", "q:3", { no_proxy: "10.0.0.0/33 10.0.0.0/x" }, "http://q:3"],
    ["http://0xa.1.2.3/", "q:3", { no_proxy: "10.0.0.0/8" }, undefined],
    ["http://[fd00::1]/", "q:3", { no_proxy: "fd00::/8" }, undefined],
    ["http://[fd00::1]/", "q:3", { no_proxy: "[fd00::]/8" }, undefined],
    ["http://[fe00::1]/", "q:3", { no_proxy: "fd00::/8" }, "http://q:3"],
    ["http://[::1]:82/", "q:3", { no_proxy: "[::1]:82" }, undefined],
    ["http://[::1]:83/", "q:3", { no_proxy: "[::1]:82" }, "http://q:3"],
    ["http://[::1]/", "q:3", { no_proxy: "[::1]" }, undefined],
    ["http://1.2.3.4/", "q:3", { no_proxy: "4, ., :80, 3.4" }, "http://q:3"],
    ["http://a/", undefined, { all_proxy: "socks5://s:1" }, "socks5://s:1"],
    ["https://a/", undefined, { https_proxy: "socks5h://s", all_proxy: "p:1" }, "socks5h://s:1080"],
  ])("for %s with -x %s and %j is %s", (url, option, env, expected) => {
    expect(originFor(url, option, env as unknown as Record<string, string>)).toBe(expected);
  });

  /** The proxies that curl 7.88 connects to. */
  it.each<[proxy: string, origin: string, authorization?: string]>([
    ["http://p:1/path", "http://p:1"],
    ["http://p:1/path?q=http://x:2#f", "http://p:1"],
    ["http://p:1?q", "http://p:1"],
    ["http://p:1#f", "http://p:1"],
    ["p:1/", "http://p:1"],
    ["p/x:2", "http://p:1080"],
    ["https://p/x:2", "https://p:443"],
    ["https://p:80?q", "https://p:80"],
    ["socks5://p:1/x", "socks5://p:1"],
    ["HTTP://P:01", "http://p:1"],
    ["http://p:", "http://p:1080"],
    [" http://p:1\n", "http://p:1"],
    ["[::1]:1", "http://[::1]:1"],
    ["http://127.1:1/", "http://127.0.0.1:1"],
    ["DOMAIN\\user:pw@p:1", "http://p:1", "DOMAIN\\user:pw"],
    ["http://DOMAIN\\user:pw@p:1/", "http://p:1", "DOMAIN\\user:pw"],
    ["http://DOMAIN%5cuser:p%3Aw@p:1", "http://p:1", "DOMAIN\\user:p:w"],
    ["http://u:a:b@p:1", "http://p:1", "u:a:b"],
    ["http://u:p@x@p:1", "http://p:1", "u:p@x"],
    ["http://100%:p%@p:1", "http://p:1", "100%:p%"],
    ["http://ü:ä@p:1", "http://p:1", "\xc3\xbc:\xc3\xa4"],
    ["http://u%FF:%E4@p:1", "http://p:1", "u\xff:\xe4"],
    ["http://u@p:1", "http://p:1", "u:"],
    ["http://:pw@p:1", "http://p:1", ":pw"],
    ["http://@p:1", "http://p:1"],
  ])("with -x %j is %s, with the credentials %j", (option, origin, credentials) => {
    const { origin: is, authorization } = proxyRules(option, {})(new URL("http://a/")) ?? {};
    const sent = authorization && Buffer.from(authorization.slice("Basic ".length), "base64").toString("latin1");
    expect([is, sent]).toEqual([origin, credentials]);
  });

  it.each([
    "http://u:12/34@p:1",
    "http://u:12?34@p:1",
    "http://u:12#34@p:1",
    "u:12/34@p:1",
    "p:1\\x",
    "http:\\\\p:1",
    "http:/p:1",
    "http:p:1",
    "http:///p:1",
    "//p:1",
    "http://p:+1",
    "http://p:1:2",
    "http://p:0",
    "http://p:65536",
    "http://p:x",
    "http://p q:1",
    "http://[p]:1",
    "http://[::1:1",
    "http://:1",
    "http://u@:1",
    "http://",
    "http://[fe80::1%25eth0]:1",
  ])("refuses -x %j as invalid instead of using another host", (option) => {
    expect(() => proxyRules(option, {})).toThrow(/^proxy: not a proxy that can be used: /);
  });

  it("refuses a password with an unescaped / ? or #, with the escapes in the message", () => {
    for (const option of ["http://u:12/34@p:1", "u:12#34@p:1", "socks5://u:?34@p:1"]) {
      expect(() => proxyRules(option, {})).toThrow(
        /^[^1-4]*"[a-z0-9:/]*p:1" \(in a password \/ is %2F, \? is %3F, # is %23\)$/,
      );
    }
    expect(() => proxyRules("socks4://u:p@h:1", {})).toThrow(
      '"socks4://h:1" (http, https, socks5 or socks5h://host:port)',
    );
  });

  it("refuses an unsupported proxy without its credentials in the message", () => {
    expect(() => proxyRules("socks4://user:secret@p:1", {})).toThrow(
      /^proxy: not a proxy that can be used: "socks4:\/\/p:1"/,
    );
    for (const name of ["http_proxy", "HTTPS_PROXY", "all_proxy"]) {
      expect(() => proxyRules(undefined, { [name]: "socks4://p:1" })).toThrow(
        `${name}: not a proxy that can be used: "socks4://p:1"`,
      );
    }
    expect(() => proxyRules("http://", {})).toThrow(/not a proxy/);
  });
});
