// Redirects to the same URL that end by a cookie: cookies are kept for one URL and sent to the origins that set them.

import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cookies } from "../../../src/http/identity/cookies.ts";
import type { GetOptions } from "../../../src/http/options.ts";
import { robots } from "../../../src/http/robots/robots.ts";
import { certificate, collect, testGet } from "../../support/get.ts";
import { own } from "../../support/own.ts";
import { type Act, host } from "../../support/rude/host.ts";

const serve = async (act: Act) => own(await host(act));
const get = (options: Partial<GetOptions> = {}) => own(testGet(options));
type Response = Parameters<Act>[0];
const moved = (response: Response, location: string, ...setCookies: string[]) =>
  void response.writeHead(302, { location, "set-cookie": setCookies }).end();

/** Answers requests with its cookie, and redirects others to the same URL with the cookie. */
const wall: Act = (response, { path, headers }) => {
  if (/(^|; )wall=open($|;)/.test(headers.cookie ?? "")) response.end("in\n");
  else moved(response, path, "wall=open; Path=/; HttpOnly");
};
const IN = Buffer.from("in\n");

describe("a redirect to a URL requested before", () => {
  it("is followed, since the second answer may differ", async () => {
    const server = await serve((response, { path, nth }) =>
      nth < 3 ? moved(response, path) : void response.end("in\n"),
    );
    const answer = await get().fetch(new URL(`${server.origin}/x`));
    expect(await collect(answer)).toEqual(IN);
    expect(server.asked).toHaveLength(4);
  });

  it("is followed over another URL and back", async () => {
    const server = await serve((response, { path, headers }) => {
      if (path === "/token") moved(response, "/x", "token=1");
      else if (headers.cookie === "token=1") response.end("in\n");
      else moved(response, "/token");
    });
    expect(await collect(await get().fetch(new URL(`${server.origin}/x`)))).toEqual(IN);
    expect(server.asked.map(({ path }) => path)).toEqual(["/x", "/token", "/x"]);
  });

  it.each([0, 1, 7])("is limited only by the maximum number of redirects: %i", async (maxRedirects) => {
    const server = await serve((response, { path }) => moved(response, path));
    const answer = await get({ maxRedirects }).fetch(new URL(`${server.origin}/x`));
    const detail = `more than ${maxRedirects} redirects, the last one to ${server.origin}/x`;
    expect(answer).toMatchObject({ error: "redirect_limit", status: 302, detail });
    expect(server.asked).toHaveLength(maxRedirects + 1);
  });
});

describe("a page that sets a cookie and redirects to itself", () => {
  it("is fetched, and so is the next one, which begins without cookies", async () => {
    const server = await serve(wall);
    const web = get();
    for (let i = 0; i < 2; i++) expect(await collect(await web.fetch(new URL(`${server.origin}/x`)))).toEqual(IN);
    expect(server.asked.map(({ headers }) => headers.cookie)).toEqual([undefined, "wall=open", undefined, "wall=open"]);
  });

  it("is fetched over HTTP/2", async () => {
    const pair = { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") };
    const server = createSecureServer(pair);
    const seen: (string | undefined)[] = [];
    server.on("stream", (stream, { cookie, ":path": path = "" }) => {
      seen.push(cookie);
      if (cookie === "wall=open; more=1") stream.respond({ ":status": 200 });
      else stream.respond({ ":status": 307, location: path, "set-cookie": ["wall=open; Secure", "more=1"] });
      stream.end("in\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    own({ close: () => void server.close() });
    const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
    const web = get({ http2: true, ca: certificate("ca-cert.pem") });
    expect(await collect(await web.fetch(url))).toEqual(IN);
    expect(seen).toEqual([undefined, "wall=open; more=1"]);
  });

  it("is revalidated on every request of the chain", async () => {
    const server = await serve((response, { path, headers }) => {
      if (headers.cookie === undefined) return moved(response, path, "wall=open");
      response.writeHead(headers["if-none-match"] === '"x"' ? 304 : 200).end();
    });
    const answer = await get().fetch(new URL(`${server.origin}/x`), { known: { etag: '"x"' } });
    expect(answer).toMatchObject({ status: 304 });
  });

  it("works for robots.txt as well", async () => {
    const server = await serve((response, { path, headers }) => {
      if (headers.cookie === undefined) moved(response, path, "wall=open; Path=/");
      else response.end("User-agent: *\nDisallow: /private\n");
    });
    const policy = robots({ fetch: get({ cookies: cookies(["a=b"]) }).fetch, agent: "bulkget" });
    expect(await policy.fetchAndCheck(new URL(`${server.origin}/private`), "list")).toMatchObject({ reason: "robots" });
    expect(server.asked.map(({ headers }) => headers.cookie)).toEqual([undefined, "wall=open"]);
  });

  it("ends with the redirect limit without cookies", async () => {
    const server = await serve(wall);
    const answer = await get({ noCookies: true }).fetch(new URL(`${server.origin}/x`));
    expect(answer).toMatchObject({ error: "redirect_limit" });
    expect(server.asked.filter(({ headers }) => headers.cookie !== undefined)).toEqual([]);
  });

  it("gets its cookies and those of the user's header in one header, where its own replace those of the same name", async () => {
    const server = await serve((response, { path, nth }) =>
      nth === 0 ? moved(response, path, "b=new", "wall=open") : void response.end("in\n"),
    );
    await get({ headers: ["cookie", "a=1;  b=old", "X-Own", "1"] }).fetch(new URL(`${server.origin}/x`));
    expect(server.asked.map(({ headers }) => headers.cookie)).toEqual(["a=1;  b=old", "b=new; wall=open; a=1"]);
    expect(server.asked[1]?.headers).toMatchObject({ "x-own": "1" });
  });
});

describe("a cookie that a redirect sets", () => {
  /** The Cookie header at the last stop; each stop sets cookies and redirects to the next. */
  const sentAtLast = async (...stops: readonly (readonly [path: string, ...setCookies: string[]])[]) => {
    const server = await serve((response, { nth }) => {
      const [, ...setCookies] = stops[nth] ?? [""];
      const next = stops[nth + 1];
      if (next === undefined) response.end("in\n");
      else moved(response, next[0], ...setCookies);
    });
    expect(await collect(await get().fetch(new URL(`${server.origin}${stops[0]?.[0]}`)))).toEqual(IN);
    return server.asked.at(-1)?.headers.cookie;
  };

  it.each<[string | undefined, ...(readonly [string, ...string[]])[]]>([
    ["a=1", ["/x", "a=1"], ["/y"]],
    ["a=2", ["/x", "a=1"], ["/y", "a=2"], ["/z"]],
    ["a=1; b=2", ["/x", "a=1"], ["/y", "b=2"], ["/z"]],
    [undefined, ["/x", "a=1"], ["/x", "a=; Max-Age=0"], ["/x"]],
    [undefined, ["/x", "a=1; Path=/x"], ["/y"]],
    ["a=1", ["/x", "a=1; Path=/x"], ["/x/y"]],
    [undefined, ["/x", "a=1; Domain=example.com"], ["/x"]],
    ["a=1", ["/x", "a=1; Domain=127.0.0.1"], ["/x"]],
    [undefined, ["/x", "nonsense"], ["/x"]],
    ["a=voil\u00c3\u00a0", ["/x", "a=voil\u00c3\u00a0"], ["/x"]],
  ])("is sent as %j by RFC 6265", async (expected, ...stops) => {
    expect(await sentAtLast(...stops)).toBe(expected);
  });

  it("is sent only to the origins that set it, for any chain of redirects", async () => {
    const stop = fc.record({ at: fc.nat(2), name: fc.constantFrom("a", "b"), isSet: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(stop, { minLength: 2, maxLength: 8 }), async (stops) => {
        let nth = 0;
        const seen: string[] = [];
        const act: Act = (response, { headers }) => {
          seen.push(headers.cookie ?? "");
          const { name, isSet } = stops[nth] ?? { name: "", isSet: false };
          const next = stops[++nth];
          if (next === undefined) return void response.end("in\n");
          moved(response, origins[next.at] ?? "", ...(isSet ? [`${name}=${nth}`] : []));
        };
        const servers = [await host(act), await host(act)];
        // The third is the first by another name.
        const origins = [...servers.map(({ origin }) => origin), `http://localhost:${servers[0]?.port}`];
        const web = testGet();
        try {
          expect(await collect(await web.fetch(new URL(origins[stops[0]?.at ?? 0] ?? "")))).toEqual(IN);
        } finally {
          web.close();
          for (const server of servers) await server.close();
        }
        const known = origins.map(() => new Map<string, number>());
        const expected = stops.map(({ at, name, isSet }, i) => {
          const sent = [...(known[at] ?? [])].map(([key, value]) => `${key}=${value}`).join("; ");
          // Ports share their cookies' names (RFC 6265 section 8.5): the first two origins are of one host.
          if (isSet && at < 2) known[1 - at]?.delete(name);
          if (isSet) known[at]?.set(name, i + 1);
          return sent;
        });
        expect(seen.map(sorted)).toEqual(expected.map(sorted));
      }),
      { numRuns: 60 },
    );
  });

  const sorted = (header: string) => header.split("; ").sort().join("; ");

  it("is kept for the run with -b", async () => {
    const server = await serve(wall);
    const web = get({ cookies: cookies([""]) });
    for (let i = 0; i < 2; i++) expect(await collect(await web.fetch(new URL(`${server.origin}/x`)))).toEqual(IN);
    expect(server.asked.map(({ headers }) => headers.cookie)).toEqual([undefined, "wall=open", "wall=open"]);
  });

  it("is kept for the run with -b, with those of the user's header, which replace those of -b", async () => {
    const server = await serve((response, { headers }) => {
      response.setHeader("set-cookie", headers.cookie === undefined ? [] : "a=set; Path=/").end("in\n");
    });
    const web = get({ cookies: cookies(["c=given"]), headers: ["Cookie", "a=own; b=own"] });
    for (let i = 0; i < 2; i++) await web.fetch(new URL(`${server.origin}/x`));
    await web.fetch(new URL(`${server.origin.replace("127.0.0.1", "localhost")}/x`));
    const sent = ["a=own; b=own", "a=set; b=own", "a=own; b=own"];
    expect(server.asked.map(({ headers }) => headers.cookie)).toEqual(sent);
  });

  it("is bounded per answer, per request, and per chain of redirects", async () => {
    const lengths: number[] = [];
    const server = await serve((response, { headers, nth }) => {
      lengths.push(headers.cookie?.length ?? 0);
      const many = Array.from({ length: 14 }, (_, i) => `c${nth}-${i}=${"x".repeat(1000)}`);
      moved(response, "/x", ...many);
    });
    await get({ maxRedirects: 20 }).fetch(new URL(`${server.origin}/x`));
    expect(lengths).toHaveLength(21);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(8190);
    expect(Math.min(...lengths.slice(1))).toBeGreaterThan(7000);
  });
});
