// Redirects: their targets, and which headers other origins receive.

import { beforeEach, describe, expect, it } from "vitest";
import type { Get } from "../../../src/core/ports.ts";
import { nextTarget } from "../../../src/http/semantics/redirect.ts";
import { collect, testGet } from "../../support/get.ts";
import { own, ownRudeServer } from "../../support/own.ts";
import { body } from "../../support/rude.ts";

describe("nextTarget", () => {
  it.each([
    ["https://a/x", "http://a/x", "from https to http"],
    ["http://a/x", "ftp://a/x", "to another scheme"],
    ["http://a/x", "javascript:alert(1)", "to another scheme"],
    ["http://a/x", "http://a:0/", "not a URL"],
    ["http://a/x", `/${"./".repeat(32_768)}x`, "to a URL of over 65536 characters"],
    ["http://a/x", "http://h\u00e9/", "not a URL"],
  ])("from %s to %s is refused: %s", (from, to, reason) => {
    const next = nextTarget({ status: 302, locations: [to] }, new URL(from));
    expect(next).toMatchObject({ error: "redirect_refused", detail: expect.stringContaining(reason) });
  });

  it.each([
    ["http://a/x/y", "z", "http://a/x/z"],
    ["http://a/x/y", "//b/z", "http://b/z"],
    ["http://a/x#part", "/z", "http://a/z#part"],
    ["http://a/x#part", "/z#other", "http://a/z#other"],
    ["http://a/x", "https://a/x", "https://a/x"],
    ["http://a/x", "/\u00c3\u00a4", "http://a/%C3%A4"],
    ["http://a/x", "http://\u00c3\u00a4/", "http://xn--4ca/"],
    ["http://a/x", "/voil\u00c3\u00a0", "http://a/voil%C3%A0"],
    ["http://a/x", "/caf\u00e9?q=\u00e9#\u00e9", "http://a/caf%E9?q=%E9#%E9"],
    ["http://a/x", "/\u0083\\\u00c4\\x", "http://a/%83%5C%C4%5Cx"],
    ["http://a/x", "/\u00ce\u00c4\u00bc\u00fe.zip", "http://a/%CE%C4%BC%FE.zip"],
    ["http://a/x", "/\u00c3\u00a4/\u00e9", "http://a/%C3%A4/%E9"],
  ])("from %s to %s is %s", (from, to, expected) => {
    expect(String(nextTarget({ status: 302, locations: [to] }, new URL(from)))).toBe(expected);
  });

  it("accepts a repeated equal Location", () => {
    expect(String(nextTarget({ status: 302, locations: ["/a", "/a"] }, new URL("http://h/")))).toBe("http://h/a");
  });
});

describe("redirects over the wire", () => {
  const home = ownRudeServer();
  const abroad = ownRudeServer();
  let get: Get;
  const headers = [
    "Authorization",
    "Bearer secret",
    "Cookie",
    "a=secret",
    "X-Api-Key",
    "secret",
    "Accept-Language",
    "de",
  ];
  beforeEach(() => {
    get = own(testGet({ headers }));
  });

  it.each(["301", "302", "303", "307", "308"])("%s to another origin sends no secret", async (status) => {
    const url = new URL(
      `http://user:pw@127.0.0.1:${home.port}/redirect/${status}?to=${encodeURIComponent(abroad.url("/ok"))}`,
    );
    expect(await collect(await get.fetch(url))).toEqual(body(100));
    expect(home.seen[0]?.headers).toMatchObject({
      authorization: "Bearer secret",
      cookie: "a=secret",
      "x-api-key": "secret",
    });
    expect(abroad.seen).toHaveLength(1);
    expect(abroad.seen[0]?.raw).not.toMatch(/secret|pw|user:/);
    expect(abroad.seen[0]?.headers).toMatchObject({ host: `127.0.0.1:${abroad.port}`, "accept-language": "de" });
  });

  it("the list's own origin receives all headers again after a detour through another one", async () => {
    const back = encodeURIComponent(abroad.url(`/redirect/302?to=${encodeURIComponent(home.url("/ok"))}`));
    await get.fetch(new URL(home.url(`/redirect/302?to=${back}`)));
    expect(home.seen.at(-1)?.headers).toMatchObject({ authorization: "Bearer secret" });
  });

  it("user and password of a URL are sent as Basic credentials, and are in no final URL", async () => {
    const plain = testGet();
    const answer = await plain.fetch(new URL(`http://us%40er:p%C3%A4ss@127.0.0.1:${home.port}/redirect/302?to=/ok`));
    expect(home.seen[0]?.headers["authorization"]).toBe(`Basic ${Buffer.from("us@er:päss").toString("base64")}`);
    expect(answer).toMatchObject({ finalUrl: home.url("/ok") });
    plain.close();
  });

  it("the endless body of a redirect is not read", async () => {
    expect(await collect(await get.fetch(new URL(home.url("/redirect-body-endless"))))).toEqual(body(100));
    await expect.poll(() => home.stats.openConnections).toBe(1);
  });
});
