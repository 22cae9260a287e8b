// Requests as sent: their target as in the URL, headers in the usual case, Host first.

import { describe, expect, it } from "vitest";
import { type IdentityOptions, identityOf } from "../../src/app/network/identity-options.ts";
import { OptionError } from "../../src/core/errors.ts";
import { proxyRules } from "../../src/http/connect/proxy.ts";
import { cookies } from "../../src/http/identity/cookies.ts";
import type { GetOptions } from "../../src/http/options.ts";
import { robots } from "../../src/http/robots/robots.ts";
import { collect, testGet } from "../support/get.ts";
import { own, ownRudeServer } from "../support/own.ts";
import { host } from "../support/rude/host.ts";
import { body } from "../support/rude.ts";
import { rudeProxy } from "../support/rude-proxy.ts";

const server = ownRudeServer();
const headOf = (raw: string | undefined) => (raw ?? "").split("\r\n").slice(0, -2);
const namesOf = (raw: string | undefined) =>
  headOf(raw)
    .slice(1)
    .map((line) => line.split(":", 1)[0]);

async function namesSent(options: Partial<GetOptions>, url = server.url("/ok"), ...ask: [] | [object]) {
  const web = own(testGet(options));
  await collect(await web.fetch(new URL(url), ...ask));
  return namesOf(server.seen.at(-1)?.raw);
}

describe("the target of a request", () => {
  it.each([
    ["/ok?", "/ok?"],
    ["/ok?#part", "/ok?"],
    ["/ok?a=/b?c#d?e", "/ok?a=/b?c"],
    ["?", "/?"],
    ["", "/"],
    ["/ok", "/ok"],
    ["/ok#", "/ok"],
  ])("of %j is %s", async (text, target) => {
    const web = own(testGet());
    await web.fetch(new URL(server.origin + text));
    await web.fetch(new URL(`http://me%2F%3F%23:pw%2F@127.0.0.1:${server.port}${text}`));
    await web.fetch(new URL(server.url(`/redirect/302?to=${encodeURIComponent(server.origin + text)}`)));
    expect(server.seen.map(({ path }) => path).filter((path) => !path.startsWith("/redirect"))).toEqual([
      target,
      target,
      target,
    ]);
  });

  it("keeps an empty query through a proxy, too", async () => {
    const proxy = own(await rudeProxy());
    const web = own(testGet({ proxyFor: proxyRules(proxy.origin, {}) }));
    await web.fetch(new URL(server.url("/ok?")));
    expect(proxy.requests[0]?.line).toBe(`GET ${server.url("/ok?")} HTTP/1.1`);
    expect(server.seen[0]?.path).toMatch(/\/ok\?$/);
  });

  it("with an empty query is matched with robots.txt as it is sent", async () => {
    const text = "User-agent: *\nDisallow: /x?\n";
    const { origin } = own(await host((response) => void response.end(text)));
    const web = own(testGet());
    const policy = robots({ fetch: web.fetch, agent: "bulkget" });
    expect(await policy.fetchAndCheck(new URL(`${origin}/x`), "list")).toBeUndefined();
    expect(policy.check(new URL(`${origin}/x?`))).toMatchObject({ reason: "robots" });
  });
});

describe("the headers of a request have the usual case and Host first", () => {
  const USUAL = ["Host", "User-Agent", "Accept", "Accept-Encoding"];

  it("without options", async () => {
    expect(await namesSent({})).toEqual(USUAL);
    expect(await namesSent({ compressed: true })).toEqual(USUAL);
  });

  it("with credentials and cookies", async () => {
    const url = `http://me:pw@127.0.0.1:${server.port}/ok`;
    expect(await namesSent({ cookies: cookies(["a=b"]) }, url)).toEqual([...USUAL, "Authorization", "Cookie"]);
  });

  it("with conditions", async () => {
    expect(await namesSent({}, undefined, { known: { etag: '"x"' } })).toEqual([...USUAL, "If-None-Match"]);
    const time = "Sat, 28 Nov 2026 21:19:00 GMT";
    expect(await namesSent({}, undefined, { known: { last_modified: time } })).toEqual([...USUAL, "If-Modified-Since"]);
    const kept = { bytes: 10, validator: '"x"', url: server.url("/ok") };
    expect(await namesSent({}, undefined, { kept })).toEqual([...USUAL, "Range", "If-Range"]);
  });

  it("to a proxy", async () => {
    const proxyFor = proxyRules(`http://you:pw@127.0.0.1:${server.port}`, {});
    expect(await namesSent({ proxyFor }, "http://there.example/ok")).toEqual([
      "Host",
      "Proxy-Authorization",
      ...USUAL.slice(1),
    ]);
    // Also after a redirect back from another origin.
    const away = `http://there.example/redirect/302?to=${encodeURIComponent("http://elsewhere.example/ok")}`;
    expect((await namesSent({ proxyFor }, away))[0]).toBe("Host");
  });

  it("after a redirect to another origin", async () => {
    const url = server.url(`/redirect/302?to=${encodeURIComponent(`http://localhost:${server.port}/ok`)}`);
    expect(await namesSent({}, url)).toEqual(USUAL);
  });

  it("with the user's headers, which keep their case", async () => {
    const headers = ["x-own", "1", "hOST", "there.example", "ACCEPT", "text/*"];
    const names = ["hOST", "User-Agent", "Accept-Encoding", "x-own", "ACCEPT"];
    expect(await namesSent({ headers })).toEqual(names);
    expect(server.seen.at(-1)?.headers["host"]).toBe("there.example");
  });
});

describe("a header of the user", () => {
  const sent = async (options: IdentityOptions, more: Partial<GetOptions> = {}) => {
    const { sentUserAgent: _, ...identity } = identityOf(options, {});
    const web = own(testGet({ ...identity, ...more }));
    expect(await collect(await web.fetch(new URL(server.url("/ok"))))).toEqual(body(100));
    return headOf(server.seen.at(-1)?.raw);
  };

  it.each(["Host", "User-Agent", "Authorization"])("replaces the %s before it, which may occur once", async (name) => {
    const first = [name, "first"] as const;
    const lines = await sent({ headers: [first, ["X", "1"], [name.toLowerCase(), "second"]] });
    expect(lines.filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))).toEqual([
      `${name.toLowerCase()}: second`,
    ]);
    expect(lines).toContain("X: 1");
  });

  it("may be repeated under any other name", async () => {
    const twice = ["1", "2"].map((value) => ["X", value] as const);
    const lines = await sent({ headers: twice });
    expect(lines.filter((line) => line.startsWith("X:"))).toEqual(["X: 1", "X: 2"]);
  });

  it.each([{ userAgent: "" }, { headers: { "User-Agent": "" } }, { userAgent: "me", headers: { "user-agent": "" } }])(
    "%j sends no User-Agent",
    async (options) => {
      expect((await sent(options)).filter((line) => /^user-agent/i.test(line))).toEqual([]);
    },
  );

  it("that is an empty User-Agent is not sent in CONNECT either", async () => {
    const web = own(testGet({ proxyFor: proxyRules(server.origin, {}), userAgent: "" }));
    await web.fetch(new URL("https://127.0.0.1:9/"));
    expect(headOf(server.seen[0]?.raw)).toEqual(["CONNECT 127.0.0.1:9 HTTP/1.1", "Host: 127.0.0.1:9"]);
  });

  it.each(["Range", "rANGE", "If-Range"])("is refused if it requests a range: %s", (name) => {
    expect(() => identityOf({ headers: [[name, "bytes=0-9"]] }, {})).toThrow(OptionError);
    expect(() => identityOf({ headers: [[name, "bytes=0-9"]] }, {})).toThrow("would be saved as the whole");
  });
});
