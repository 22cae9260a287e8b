// The redirect matrix: every kind of credential, every redirect status, every kind of target. No secret reaches another origin.

import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isFailure } from "../../src/core/failure.ts";
import { proxyRules } from "../../src/http/connect/proxy.ts";
import { cookies } from "../../src/http/identity/cookies.ts";
import { authorizer } from "../../src/http/identity/credentials.ts";
import type { GetOptions } from "../../src/http/options.ts";
import { certificate, testGet } from "../support/get.ts";

/** Matches every secret, encoded or not. */
const SECRET = /s3cret|czNjcmV0|M2NyZX|zY3JldA/;

interface Seen {
  readonly to: string;
  readonly path: string;
  readonly text: string;
}

/** A redirect chain, contained in the URL: each request removes its first stop, so that every server can answer. */
interface Way {
  readonly status: number;
  readonly stops: readonly string[];
}

const seen: Seen[] = [];
const servers: Server[] = [];
const wayTo = (origin: string, way: Way) => `${origin}/go?${encodeURIComponent(JSON.stringify(way))}`;

function answer(name: string): RequestListener {
  return (request: IncomingMessage, response) => {
    const path = (request.url ?? "").replace(/^http:\/\/[^/]*/, "");
    const headers = request.rawHeaders.join("\n");
    seen.push({ to: name, path: path.slice(0, 3), text: `${request.url}\n${headers}` });
    response.setHeader("set-cookie", `set-by-${name}=${name}-s3cret`);
    if (!path.startsWith("/go?")) return void response.end("there");
    const { status, stops } = JSON.parse(decodeURIComponent(path.slice(4))) as Way;
    const [next = "/end", ...more] = stops;
    const location = /^https?:/.test(next) && more.length > 0 ? wayTo(next, { status, stops: more }) : next;
    response.writeHead(status, { location }).end("moved");
  };
}

async function listening(name: string, tls: boolean): Promise<number> {
  const pair = { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") };
  const server = tls ? createTlsServer(pair, answer(name)) : createServer(answer(name));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

let port: { readonly home: number; readonly other: number; readonly tls: number; readonly otherTls: number };
beforeAll(async () => {
  port = {
    home: await listening("home", false),
    other: await listening("other", false),
    tls: await listening("tls", true),
    otherTls: await listening("otherTls", true),
  };
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});
beforeEach(() => {
  seen.length = 0;
});

/** How a user gives a secret: in the URL, or in the options. */
interface Kind {
  readonly userinfo?: string;
  readonly options?: () => Partial<GetOptions>;
}
const netrc = () => authorizer([{ login: "me", password: "s3cret" }]);
const KINDS: Readonly<Record<string, Kind>> = {
  "user and password in the URL": { userinfo: "me:s3cret@" },
  "a token in the URL": { userinfo: "s3cret@" },
  "-H Authorization": { options: () => ({ headers: ["Authorization", "Bearer s3cret"] }) },
  "-H Cookie": { options: () => ({ headers: ["Cookie", "sid=s3cret"] }) },
  "-H of one's own": { options: () => ({ headers: ["X-Api-Key", "s3cret", "PRIVATE-TOKEN", "s3cret"] }) },
  "-H Referer": { options: () => ({ headers: ["Referer", "http://h/?s3cret"] }) },
  "--netrc": { options: () => ({ authorize: netrc() }) },
  "-b": { options: () => ({ cookies: cookies(["sid=s3cret"]) }) },
  "a cookie that the server has set": { options: () => ({ cookies: cookies([""]) }) },
};
const STATUSES = [301, 302, 303, 307, 308];

/** Origins of a chain: `self` is that of the list, `stranger` any other. */
const homeOf = (kind: Kind, host: string) => `http://${kind.userinfo ?? ""}${host}`;

function get(kind: Kind, more: Partial<GetOptions> = {}) {
  return testGet({ ca: certificate("ca-cert.pem"), ...kind.options?.(), ...more });
}

/** Sends a first request, which sets a cookie that could leak, and then the redirected one. */
async function run(kind: Kind, home: string, way: Way, more: Partial<GetOptions> = {}) {
  const web = get(kind, more);
  try {
    if (kind.options?.().cookies !== undefined) await web.fetch(new URL(`${home}/first`));
    seen.length = 0;
    return await web.fetch(new URL(wayTo(home, way)));
  } finally {
    web.close();
  }
}

const strangers = () => seen.filter(({ path }) => path !== "/go").map(({ text }) => text);
const expectNoLeak = () => {
  for (const text of strangers()) {
    expect(text).not.toMatch(SECRET);
    expect(text).not.toMatch(/^(authorization|referer|x-api-key|private-token|proxy-authorization)$/im);
  }
};

describe.each(Object.keys(KINDS))("%s", (name) => {
  const kind = KINDS[name] ?? {};

  describe.each(STATUSES)("and a %i", (status) => {
    it("is sent on redirects within the origin, however it is written", async () => {
      const origin = `127.0.0.1:${port.home}`;
      for (const to of ["/end", `http://${origin}/end`, `//${origin}/end`, `http://you:evil@${origin}/end`]) {
        const answer = await run(kind, homeOf(kind, origin), { status, stops: [to] });
        expect(answer).toMatchObject({ status: 200, finalUrl: `http://${origin}/end` });
        expect(seen).toHaveLength(2);
        for (const { text } of seen) expect(text).toMatch(SECRET);
        for (const { text } of seen) expect(text).not.toContain(Buffer.from("you:evil").toString("base64"));
      }
    });

    it.each<[string, () => string]>([
      ["another host", () => `http://localhost:${port.home}/end`],
      ["another host with a dot", () => `http://localhost.:${port.home}/end`],
      ["another port", () => `http://127.0.0.1:${port.other}/end`],
      ["another scheme", () => `https://localhost:${port.tls}/end`],
      ["another host with a user and password", () => `http://you:evil@localhost:${port.home}/end`],
      ["another port with the same user", () => `http://me:pw@127.0.0.1:${port.other}/end`],
      ["a private address", () => `http://127.0.0.2:${port.other}/end`],
      ["a private address as a number", () => `http://2130706433:${port.other}/end`],
    ])("is not sent to %s", async (where, to) => {
      const answer = await run(kind, homeOf(kind, `127.0.0.1:${port.home}`), { status, stops: [to()] });
      if (where === "a private address") return expectNoLeak(); // on some systems this address does not reach the server
      expect(isFailure(answer)).toBe(false);
      expect(strangers()).toHaveLength(1);
      expectNoLeak();
      expect(strangers()[0]).not.toContain(Buffer.from("you:evil").toString("base64"));
      expect(JSON.stringify(answer)).not.toMatch(/s3cret|evil/);
    });

    it("is not sent from https to http, which is not followed", async () => {
      const home = `https://${kind.userinfo ?? ""}localhost:${port.tls}`;
      const answer = await run(kind, home, { status, stops: [`http://localhost:${port.home}/end`] });
      expect(answer).toMatchObject({ error: "redirect_refused" });
      expect(seen).toHaveLength(1);
    });

    it("is not sent from one https origin to another", async () => {
      const home = `https://${kind.userinfo ?? ""}localhost:${port.tls}`;
      await run(kind, home, { status, stops: [`https://localhost:${port.otherTls}/end`] });
      expect(strangers()).toHaveLength(1);
      expectNoLeak();
    });

    it("is sent again to the list's own origin after a chain through two others", async () => {
      const origin = `127.0.0.1:${port.home}`;
      const stops = [`http://127.0.0.1:${port.other}`, `http://localhost:${port.home}`, `http://${origin}/end`];
      const answer = await run(kind, homeOf(kind, origin), { status, stops });
      expect(answer).toMatchObject({ status: 200 });
      expect(seen.map(({ text }) => SECRET.test(text.replaceAll(/%22|s3cret%/g, "")))).toEqual([
        true,
        false,
        false,
        true,
      ]);
    });

    it("is not sent to another origin that is reached twice", async () => {
      const other = `http://127.0.0.1:${port.other}`;
      const stops = [other, `http://127.0.0.1:${port.home}`, `${other}/end`];
      await run(kind, homeOf(kind, `127.0.0.1:${port.home}`), { status, stops });
      expect(seen.map(({ to }) => to)).toEqual(["home", "other", "home", "other"]);
      expect(SECRET.test(seen[1]?.text ?? "s3cret")).toBe(false);
      // Only the other origin's own cookie may be sent to it.
      expect((seen[3]?.text ?? "s3cret").replace("set-by-other=other-s3cret", "")).not.toMatch(SECRET);
    });
  });
});

describe("a redirect loop", () => {
  it.each([
    ["names no user", () => "/loop"],
    ["names one", (origin: string) => `${origin.replace("//", "//you:s3cret@")}/loop`],
  ])("shows no password in its failure if it %s", async (_, location) => {
    let origin = "";
    const server = createServer((__, response) => void response.writeHead(302, { location: location(origin) }).end());
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const web = testGet();
    const answer = await web.fetch(new URL(`${origin.replace("//", "//me:s3cret@")}/loop`));
    const detail = `more than 10 redirects, the last one to ${origin}/loop`;
    expect(answer).toMatchObject({ error: "redirect_limit", detail });
    web.close();
  });
});

describe("the proxy's own password", () => {
  it.each(STATUSES)("after a %i is not sent to a host that is reached without the proxy", async (status) => {
    const proxyFor = proxyRules(`http://me:s3cret@127.0.0.1:${port.other}`, { no_proxy: "127.0.0.1" });
    const web = testGet({ proxyFor });
    await web.fetch(new URL(wayTo("http://there.example", { status, stops: [`http://127.0.0.1:${port.home}/end`] })));
    expect(seen.map(({ to }) => to)).toEqual(["other", "home"]);
    expect(seen[0]?.text).toMatch(/^proxy-authorization$/im);
    expectNoLeak();
    web.close();
  });
});

describe("a cookie of a redirect", () => {
  it("is sent when the server redirects to the same URL, unless cookies are disabled", async () => {
    const server = createServer((request, response) => {
      if (request.headers.cookie === "wall=open") return void response.end("in");
      response.writeHead(302, { location: request.url ?? "/", "set-cookie": "wall=open" }).end();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const withJar = testGet({ cookies: cookies([""]) });
    const usual = testGet();
    const without = testGet({ noCookies: true });
    expect(await withJar.fetch(url)).toMatchObject({ status: 200 });
    expect(await usual.fetch(url)).toMatchObject({ status: 200 });
    expect(await without.fetch(url)).toMatchObject({ error: "redirect_limit" });
    for (const web of [withJar, usual, without]) web.close();
  });
});
