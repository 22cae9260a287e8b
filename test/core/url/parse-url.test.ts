// Which lines are URLs that can be fetched, and what is said of those that are not.
import { describe, expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import { MAX_URL_LENGTH, parseUrl } from "../../../src/core/url/parse-url.ts";

const ORIGIN = "http://example.org/";

describe("a URL that can be fetched", () => {
  const good: [url: string, href: string][] = [
    ["http://example.org", "http://example.org/"],
    ["https://example.org/a?b=c#d", "https://example.org/a?b=c#d"],
    ["HTTPS://EXAMPLE.ORG/A", "https://example.org/A"],
    ["http://example.org:8080/", "http://example.org:8080/"],
    ["http://example.org:65535/", "http://example.org:65535/"],
    ["http://127.0.0.1/", "http://127.0.0.1/"],
    ["http://[::1]:8080/", "http://[::1]:8080/"],
    ["http://bücher.example/", "http://xn--bcher-kva.example/"],
    ["http://user:pass@example.org/", "http://user:pass@example.org/"],
    ["http://example.org/a b/ü", "http://example.org/a%20b/%C3%BC"],
    ["http://example.org/a/../../b", "http://example.org/b"],
    ["http://example.org/%EF%BF%BD", "http://example.org/%EF%BF%BD"],
    ["http://example.org/\ufffe\uffff", "http://example.org/%EF%BF%BE%EF%BF%BF"],
    ["http://example.org/\ufffdx", "http://example.org/%EF%BF%BDx"], // a character like any other, and UTF-8 has it
  ];
  it.each(good)("%j is parsed as %s", (url, href) => {
    const target = parseUrl(url);
    expect(isFailure(target) ? target : target.href).toBe(href);
  });

  it("has at most 64 KiB", () => {
    const longest = ORIGIN.padEnd(MAX_URL_LENGTH, "a");
    expect(MAX_URL_LENGTH).toBe(65_536);
    expect(isFailure(parseUrl(longest))).toBe(false);
    expect(parseUrl(`${longest}a`)).toEqual({ error: "invalid_url", detail: "longer than 65536 characters" });
  });
});

describe("a line that is not a URL", () => {
  const bad: [url: string, error: string, detail: string][] = [
    ["", "invalid_url", "no http:// or https:// in front"],
    ["not a url", "invalid_url", "no http:// or https:// in front"],
    ["example.org/a", "invalid_url", "no http:// or https:// in front"],
    ["//example.org/a", "invalid_url", "no http:// or https:// in front"],
    ["http://", "invalid_url", "no valid host or port"],
    ["http://[::1", "invalid_url", "no valid host or port"],
    ["http://exa mple.org/", "invalid_url", "no valid host or port"],
    ["http://host:99999/", "invalid_url", "no valid host or port"],
    ["http://host:port/", "invalid_url", "no valid host or port"],
    ["http://host:0/", "invalid_url", "no valid host or port"],
    ["http://256.256.256.256/", "invalid_url", "no valid host or port"],
    ["http://example.org/\u0000", "invalid_url", "it has a control character"],
    ["http://exam\tple.org/", "invalid_url", "it has a control character"],
    ["http://example.org/a\nb", "invalid_url", "it has a control character"],
    ["http://example.org/\u001b[31m", "invalid_url", "it has a control character"],
    ["http://example.org/\u007f", "invalid_url", "it has a control character"],
    ["http://example.org/a\ufffd\ufffeb", "invalid_url", "it has a control character"],
    ["htp://x", "unsupported_scheme", "only http and https"],
    ["ftp://example.org/x", "unsupported_scheme", "only http and https"],
    ["file:///etc/passwd", "unsupported_scheme", "only http and https"],
    ["javascript:alert(1)", "unsupported_scheme", "only http and https"],
    ["data:text/plain,x", "unsupported_scheme", "only http and https"],
    ["mailto:a@example.org", "unsupported_scheme", "only http and https"],
  ];
  it.each(bad)("%j is refused as %s", (url, error, detail) => {
    expect(parseUrl(url)).toEqual({ error, detail });
  });
});
