// The keys of URLs in an index: as warcio 2.4.11 writes them, addresses aside.
import { describe, expect, it } from "vitest";
import { surt } from "../../../src/sink/warc/surt.ts";

describe("the key of a URL in an index", () => {
  it.each([
    ["http://example.org/", "org,example)/"],
    ["https://www.Example.org/A/B.html", "org,example)/a/b.html"],
    ["https://www2.example.org/", "org,example)/"],
    ["https://wwwhat.example.org/", "org,example,wwwhat)/"],
    ["http://example.org:8080/a?c=3&a=1&b=2", "org,example:8080)/a?a=1&b=2&c=3"],
    ["https://example.org/?", "org,example)/"],
    ["https://xn--bcher-kva.example/%C3%BC", "example,xn--bcher-kva)/%c3%bc"],
    ["http://127.0.0.1:8080/x", "127.0.0.1:8080)/x"],
    ["http://[::1]/x", "[::1])/x"],
    ["urn:uuid:1", "urn:uuid:1"],
  ])("of %s is %s", (url, key) => {
    expect(surt(url)).toBe(key);
  });
});
