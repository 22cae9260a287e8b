// URLs and references, also where Node has compiled the call: a URL that is not ASCII stays one.

import { expect, it } from "vitest";
import { toUrl } from "../../../src/core/url/to-url.ts";

it.each([
  ["http://a/b", undefined, "http://a/b"],
  ["../c?d", "http://a/b/x", "http://a/c?d"],
  ["//b", "https://a/", "https://b/"],
  ["b", undefined, undefined],
  ["http://[", "http://a/", undefined],
])("%s on %s is %s", (text, base, expected) => {
  expect(toUrl(text, base)?.href).toBe(expected);
});

it("Latin-1 characters are parsed alike in the first call and in the last of 50,000", () => {
  const latin1 = (text: string) => Buffer.from(text, "latin1").toString("latin1");
  const refused = Array.from({ length: 50_000 }, () => toUrl(latin1("/caf\u00e9"), "http://\u00e4/")).filter(
    (url) => url?.href !== "http://xn--4ca/caf%C3%A9",
  );
  expect(refused).toHaveLength(0);
});
