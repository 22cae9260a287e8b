// Cookies: where they are sent, cookie files, and what servers may set.

import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../../src/core/errors.ts";
import { cookieStore } from "../../../src/http/identity/cookie-store.ts";
import { type Cookies, cookies } from "../../../src/http/identity/cookies.ts";
import { ownFolder } from "../../support/own.ts";
import { expectLinear } from "../../support/process/linear.ts";

const set = (jar: Cookies, url: string, ...values: string[]) =>
  jar.setCookies(values.map((value) => `Set-Cookie: ${value}\r\n`).join(""), new URL(url));
const sent = (jar: Cookies, url: string, isListed = true) => jar.header(new URL(url), isListed);

describe("cookies given as text", () => {
  it("are sent only to the origins of the list", () => {
    const jar = cookies(["a=b;  c=d ;", "e=f"]);
    expect(sent(jar, "http://h/")).toBe("a=b; c=d; e=f");
    expect(sent(jar, "http://h/", false)).toBeUndefined();
  });

  it("keep their bytes, of which only SP and HTAB are white space", () => {
    expect(sent(cookies(["\t\u00a0=\u00c3\u00a0 ; b=\u00a0"]), "http://h/")).toBe("\u00a0=\u00c3\u00a0; b=\u00a0");
  });

  it.each(["a=b\r\nEvil: 1", "a=\0", "a=\u0142"])("%j are refused without the value in the message", (text) => {
    expect(() => cookies([text])).toThrow(OptionError);
    expect(() => cookies([text])).not.toThrow("a=");
  });

  it("are replaced by the server's cookies of the same name", () => {
    const jar = cookies(["sid=first; keep=1"]);
    set(jar, "http://h/", "sid=second");
    expect(sent(jar, "http://h/x")).toBe("sid=second; keep=1");
    expect(sent(jar, "http://i/x")).toBe("sid=first; keep=1");
  });
});

describe("cookies that servers set", () => {
  const after = (from: string, ...values: string[]) => {
    const jar = cookies([""]);
    set(jar, from, ...values);
    return (url: string) => sent(jar, url, false);
  };

  it.each<[string, string, string, string | undefined]>([
    ["a=1", "http://h/", "http://h/x", "a=1"],
    ["a=1", "http://h:81/", "http://h/", undefined],
    [" \ta \t=\t 1\t ; Path=/x", "http://h/", "http://h/x", "a=1"],
    ["a=voil\u00c3\u00a0", "http://h/", "http://h/", "a=voil\u00c3\u00a0"],
    ["\u00c3\u00a0=\u00a0; Path=/", "http://h/", "http://h/", "\u00c3\u00a0=\u00a0"],
    ["\u00a0", "http://h/", "http://h/", undefined],
    ["a=1", "http://h/", "https://h/", undefined],
    ["a=1", "http://h/", "http://sub.h/", undefined],
    ["a=1", "http://127.0.0.1/", "http://127.0.0.1/", "a=1"],
    ["a=1", "http://[::1]/", "http://[::1]/", "a=1"],
    ["a=1", "http://localhost/", "http://localhost/", "a=1"],
    ["a=1", "http://local/", "http://local/", "a=1"],
    ["a=1; Domain=example.com", "http://www.example.com/", "http://api.example.com:8080/", "a=1"],
    ["a=1; Domain=.example.com", "http://www.example.com/", "https://example.com/", "a=1"],
    ["a=1; Domain=example.com", "http://www.example.com/", "http://notexample.com/", undefined],
    ["a=1; Domain=other.com", "http://www.example.com/", "http://other.com/", undefined],
    ["a=1; Domain=www.example.com", "http://example.com/", "http://www.example.com/", undefined],
    ["a=1; Domain=com", "http://example.com/", "http://other.com/", undefined],
    ["a=1; Domain=co.uk", "http://example.co.uk/", "http://other.co.uk/", undefined],
    ["a=1; Domain=github.io", "http://me.github.io/", "http://you.github.io/", undefined],
    ["a=1; Domain=0.0.1", "http://127.0.0.1/", "http://10.0.0.1/", undefined],
    ["a=1; Domain=127.0.0.1", "http://127.0.0.1:81/", "http://127.0.0.1/", "a=1"],
    ["a=1; Domain=.127.0.0.1", "http://127.0.0.1/", "http://127.0.0.1/", "a=1"],
    ["a=1; Domain=10.1.2.3", "http://10.1.2.3/", "http://10.1.2.3/", "a=1"],
    ["a=1; Domain=127.0.0.1", "http://127.0.0.1/", "http://x.127.0.0.1.test/", undefined],
    ["a=1; Domain=127.0.0.1", "http://127.0.0.2/", "http://127.0.0.1/", undefined],
    ["a=1; Domain=[::1]", "http://[::1]:81/", "http://[::1]/", "a=1"],
    ["a=1; Domain=::1", "http://[::1]/", "http://[::1]/", "a=1"],
    ["a=1; Domain=[2001:db8::1]", "http://[2001:DB8::1]/", "http://[2001:db8:0::1]/", "a=1"],
    ["a=1; Domain=localhost", "http://localhost/", "http://localhost/", "a=1"],
    ["a=1; Domain=Intranet", "http://intranet/", "http://intranet/", "a=1"],
    ["a=1; Domain=intranet", "http://intranet/", "http://www.intranet/", undefined],
    ["a=1; Domain=github.io", "http://github.io/", "http://github.io/", "a=1"],
    ["a=1; Domain=github.io", "http://github.io/", "http://me.github.io/", undefined],
    ["a=1; Secure", "http://localhost/", "http://localhost/", "a=1"],
    ["a=1; Secure; Domain=localhost", "http://localhost/", "http://localhost:81/", "a=1"],
    ["__Host-a=1; Secure; Path=/", "http://127.0.0.1/", "http://127.0.0.1/", "__Host-a=1"],
    ["a=1; Secure", "http://[::1]/", "http://[::1]/", "a=1"],
    ["a=1; Secure", "http://app.localhost/", "http://app.localhost/", "a=1"],
    ["a=1; Secure", "http://localhost.test/", "http://localhost.test/", undefined],
    ["a=1; Secure", "http://10.0.0.1/", "http://10.0.0.1/", undefined],
    ["a=1; Path=/x", "http://h/", "http://h/x/y", "a=1"],
    ["a=1; Path=/x", "http://h/", "http://h/xy", undefined],
    ["a=1", "http://h/x/y", "http://h/", undefined],
    ["a=1; Secure", "https://h/", "https://h/", "a=1"],
    ["a=1; Secure; Domain=example.com", "https://example.com/", "http://example.com/", undefined],
    ["a=1; Max-Age=0", "http://h/", "http://h/", undefined],
    ["a=1; Expires=Thu, 01 Jan 1970 00:00:01 GMT", "http://h/", "http://h/", undefined],
    ["__Host-a=1; Domain=example.com; Secure; Path=/", "https://example.com/", "https://example.com/", undefined],
    ["a=x\u0007y", "http://h/", "http://h/", undefined],
    [`a=${"x".repeat(5000)}`, "http://h/", "http://h/", undefined],
    ["nonsense", "http://h/", "http://h/", undefined],
  ])("%j from %s: the Cookie header for %s is %j", (value, from, to, expected) => {
    expect(after(from, value)(to)).toBe(expected);
  });

  it("are replaced and removed by the server that set them", () => {
    const jar = cookies([""]);
    set(jar, "http://h/", "a=1", "b=1");
    set(jar, "http://h/", "a=2", "b=; Max-Age=0");
    expect(sent(jar, "http://h/")).toBe("a=2");
  });

  it("are bounded in number per answer and per request", () => {
    const jar = cookies([""]);
    const many = Array.from({ length: 1000 }, (_, i) => `c${i}=${"x".repeat(100)}`);
    set(jar, "http://h/", ...many);
    expect(sent(jar, "http://h/")?.split("; ")).toHaveLength(50);
    for (let i = 0; i < 20; i++) set(jar, "http://h/", ...many.slice(50 * i));
    expect(sent(jar, "http://h/")?.length).toBeLessThanOrEqual(8190);
  });

  it("are found in linear time for a long path that they nearly match", () => {
    const jar = cookies([""]);
    const path = `/b${"/a".repeat(1000)}`;
    set(jar, "http://h/", ...Array.from({ length: 50 }, (_, i) => `c${i}=1; Path=${path}`));
    expect(sent(jar, `http://h${path}`)?.split("; ")).toHaveLength(50);
    expectLinear(48_000, (size) => void sent(jar, `http://h${"/a".repeat(size / 2)}`));
  });

  it("of more than 5,000 characters with their attributes are ignored, as by curl", () => {
    const jar = cookies([""]);
    set(jar, "http://h/", `a=1${"; x".repeat(1600)}; Path=/`, `b=1${"; x".repeat(2000)}; Secure`);
    expect(sent(jar, "http://h/")).toBe("a=1");
  });

  it("of 120 nested domains are considered up to 1,000", () => {
    const store = cookieStore();
    const hosts = Array.from({ length: 120 }, (_, i) => `${"a.".repeat(i)}example.com`);
    for (const domain of hosts) {
      for (let i = 0; i < 100; i++) store.putCookie({ domain, path: "/", key: `c${i}`, value: "" }, () => {});
    }
    store.findCookies(hosts.at(-1) ?? "", "/", true, (_, found) => expect(found).toHaveLength(1000));
    store.findCookies("example.com", "/", true, (_, found) => expect(found).toHaveLength(100));
  });

  it("never throw and never make a header with a line break, whatever their text", () => {
    const value = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string().map((text) => `a=${text}; Domain=h; Path=/`),
    );
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const jar = cookies([""]);
        set(jar, "http://h/", ...values);
        expect(sent(jar, "http://h/") ?? "").toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
      }),
    );
  });
});

describe("a cookie file", () => {
  const folder = ownFolder();
  const file = (...lines: string[]) => {
    const path = folder.at("cookies.txt");
    writeFileSync(path, lines.join("\n"));
    return path;
  };

  it.each<[string, string, string | undefined]>([
    ["example.com\tFALSE\t/\tFALSE\t0\ta\t1", "http://example.com:81/", "a=1"],
    ["example.com\tFALSE\t/\tFALSE\t0\ta\t1", "http://www.example.com/", undefined],
    [".example.com\tTRUE\t/\tFALSE\t0\ta\t1", "https://www.example.com/", "a=1"],
    [".com\tTRUE\t/\tFALSE\t0\ta\t1", "http://example.com/", undefined],
    ["#HttpOnly_example.com\tFALSE\t/\tFALSE\t0\ta\t1", "http://example.com/", "a=1"],
    ["example.com\tFALSE\t/x\tFALSE\t0\ta\t1", "http://example.com/", undefined],
    ["example.com\tFALSE\t/\tTRUE\t0\ta\t1", "http://example.com/", undefined],
    ["example.com\tFALSE\t/\tTRUE\t0\ta\t1", "https://example.com/", "a=1"],
    ["localhost\tFALSE\t/\tTRUE\t0\ta\t1", "http://localhost:81/", "a=1"],
    ["example.com\tFALSE\t/\tFALSE\t4102444800\ta\t1", "http://example.com/", "a=1"],
    ["example.com\tFALSE\t/\tFALSE\t1000000000\ta\t1", "http://example.com/", undefined],
    ["example.com\tFALSE\t/\tFALSE\t0\ta", "http://example.com/", "a="],
    ["127.0.0.1\tFALSE\t/\tFALSE\t0\ta\t1\r", "http://127.0.0.1:8080/", "a=1"],
  ])("with the line %j has for %s the header %j", (line, url, expected) => {
    const jar = cookies([file("# Netscape HTTP Cookie File", "", line)]);
    expect(sent(jar, url, true)).toBe(expected);
    expect(sent(jar, url, false)).toBe(expected);
  });

  it.each([
    ["that is not there", () => folder.at("none.txt"), "cannot be read"],
    ["that is a folder", () => folder.path, "cannot be read"],
    ["that never ends", () => "/dev/zero", "more than 16777216 bytes"],
    ["that is something else", () => file("s3cret", "a,b"), "has no cookies"],
  ])("%s is refused with the accepted forms", (_, path, what) => {
    expect(() => cookies([path()])).toThrow(OptionError);
    expect(() => cookies([path()])).toThrow(what);
    expect(() => cookies([path()])).not.toThrow("s3cret");
  });

  it("with many carriage returns is read in linear time", () => {
    const made = (size: number) => file(`a.test\tTRUE\t/\tFALSE\t0\ta\t1${"\r".repeat(size)}x`);
    expectLinear(80_000, (size) => void cookies([made(size)]));
  });

  it("may be empty, which enables the jar", () => {
    const jar = cookies([file("# Netscape HTTP Cookie File")]);
    set(jar, "http://h/", "a=1");
    expect(sent(jar, "http://h/")).toBe("a=1");
  });
});
