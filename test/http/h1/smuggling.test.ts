// Request smuggling: any line of a list and any option yields one valid request, without blanks or control bytes in wrong places.

import { createServer, type Server, type Socket } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type IdentityOptions, identityOf } from "../../../src/app/network/identity-options.ts";
import { OptionError } from "../../../src/core/errors.ts";
import { isFailure } from "../../../src/core/failure.ts";
import { parseUrl } from "../../../src/core/url/parse-url.ts";
import { proxyRules } from "../../../src/http/connect/proxy.ts";
import { lineSplitter } from "../../../src/source/formats/line-splitter.ts";
import { testGet } from "../../support/get.ts";

/** All bytes received since the last check, in Latin-1; the server answers every header block. */
let received = "";
let server: Server;
let port = 0;
const sockets = new Set<Socket>();
beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    let head = "";
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
      head += bytes.toString("latin1");
      for (let end = head.indexOf("\r\n\r\n"); end !== -1; end = head.indexOf("\r\n\r\n")) {
        head = head.slice(end + 4);
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** Parses these bytes as exactly one request. */
function oneRequest(bytes: string) {
  expect(bytes.indexOf("\r\n\r\n")).toBe(bytes.length - 4);
  const [start = "", ...fields] = bytes.slice(0, -4).split("\r\n");
  expect(start).toMatch(/^GET [\x21-\x7e]+ HTTP\/1\.1$/);
  for (const field of fields) expect(field).toMatch(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*$/);
  const headers = fields.map(
    (field) => [field.slice(0, field.indexOf(":")), field.slice(field.indexOf(":") + 2)] as const,
  );
  return { target: start.split(" ")[1] ?? "", headers };
}

const names = (headers: readonly (readonly [string, string])[]) => headers.map(([name]) => name.toLowerCase()).sort();
const USUAL = ["accept", "accept-encoding", "host", "user-agent"];

/** Text that would be a separate request, header or answer if it were sent unescaped. */
const nasty = fc.constantFrom(
  "\r\n",
  "\n",
  "\r",
  "\r\n\r\n",
  "\0",
  "\t",
  " ",
  "\u000b",
  "\u0085",
  "\u2028",
  "\ufeff",
  "%0d%0a",
  "%0D%0A%0D%0A",
  "%00",
  "%20",
  "\\",
  " HTTP/1.1\r\nX-Evil: 1",
  "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n",
  "Transfer-Encoding: chunked",
  "Content-Length: 5",
  "\u010d\u010a",
  "\u560d\u560a",
  "@",
  ":",
  "/",
  "//",
  "?",
  "#",
  "..",
  "%2e%2e/",
  "x",
);
const text = fc.oneof(
  fc.array(nasty, { maxLength: 8 }).map((pieces) => pieces.join("")),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 }).map((bytes) => String.fromCharCode(...bytes)),
);

/** Lines with the server's address, and arbitrary lines. */
const line = fc.oneof(
  text.map((path) => `http://127.0.0.1:${port}/${path}`),
  text.map((query) => `http://127.0.0.1:${port}/?${query}`),
  text.map((fragment) => `http://127.0.0.1:${port}/#${fragment}`),
  text.map((userinfo) => `http://${userinfo}@127.0.0.1:${port}/`),
  fc.tuple(text, text).map(([path, name]) => `http://127.0.0.1:${port}/${path}\t${name}\tn=7\tsha256=${name}`),
  text.map((rest) => `http:${rest}//127.0.0.1:${port}/`),
);

async function requestsFor(given: string, web: ReturnType<typeof testGet>): Promise<string[]> {
  const split = lineSplitter({ offset: 0 });
  const jobs = [...split.push(Buffer.from(given, "utf8")), ...split.end()];
  const all: string[] = [];
  for (const job of jobs) {
    const target = parseUrl(job.url);
    if (isFailure(target) || target.host !== `127.0.0.1:${port}`) continue;
    received = "";
    expect(await web.fetch(target)).toMatchObject({ status: 200 });
    all.push(received);
  }
  return all;
}

describe("a line of a list", () => {
  it("makes one request, whose target has no blank or control byte", async () => {
    const web = testGet();
    let requests = 0;
    await fc.assert(
      fc.asyncProperty(line, async (given) => {
        for (const bytes of await requestsFor(given, web)) {
          requests++;
          const { target, headers } = oneRequest(bytes);
          expect(target).toMatch(/^\//);
          expect(names(headers).filter((name) => name !== "authorization")).toEqual(USUAL);
          expect(headers[0]).toEqual(["Host", `127.0.0.1:${port}`]);
        }
      }),
      { numRuns: 1500 },
    );
    expect(requests).toBeGreaterThan(300);
    web.close();
  });

  it("makes one request through a proxy, too", async () => {
    const web = testGet({ proxyFor: proxyRules(`http://127.0.0.1:${port}`, {}) });
    await fc.assert(
      fc.asyncProperty(line, async (given) => {
        for (const bytes of await requestsFor(given, web)) {
          const { target, headers } = oneRequest(bytes);
          expect(target.startsWith(`http://127.0.0.1:${port}/`)).toBe(true);
          expect(names(headers).filter((name) => name !== "authorization")).toEqual(USUAL);
        }
      }),
      { numRuns: 500 },
    );
    web.close();
  });

  it("is not fetched if it has a control character anywhere", () => {
    const control = fc.integer({ min: 0, max: 32 }).map((code) => (code === 32 ? "\u007f" : String.fromCharCode(code)));
    fc.assert(
      fc.property(fc.string(), control, fc.string(), (before, one, after) => {
        expect(parseUrl(`http://h/${before}${one}${after}`)).toMatchObject({ error: "invalid_url" });
      }),
    );
  });
});

describe("an option", () => {
  const request = async (options: IdentityOptions) => {
    const { sentUserAgent: _, ...identity } = identityOf(options, {});
    const web = testGet(identity);
    received = "";
    await web.fetch(new URL(`http://127.0.0.1:${port}/x`));
    web.close();
    return oneRequest(received);
  };
  /** Expects an option to be refused, or to be one header with the given value. */
  const isSentAs = async (options: IdentityOptions, name: string, value: string) => {
    const { headers, target } = await request(options).catch((error: unknown) => {
      expect(error).toBeInstanceOf(OptionError);
      return { headers: undefined, target: "" };
    });
    if (headers === undefined) return;
    expect(target).toBe("/x");
    expect(headers.filter(([one]) => one.toLowerCase() === name.toLowerCase())).toEqual([[expect.any(String), value]]);
    expect(names(headers)).toEqual([...new Set([...USUAL, name.toLowerCase()])].sort());
  };

  it("-H adds one header or is refused", async () => {
    const name = fc.oneof(
      fc.constantFrom("X-Own", "Cookie", "Authorization", "Accept", "Content-Length", "Host "),
      text,
    );
    await fc.assert(
      fc.asyncProperty(name, text, async (key, value) => isSentAs({ headers: [[key, value]] }, key, value)),
      { numRuns: 500 },
    );
  });

  it("-A adds one header or is refused", async () => {
    await fc.assert(
      fc.asyncProperty(
        text.filter((userAgent) => userAgent !== ""), // an empty one is not sent
        async (userAgent) => isSentAs({ userAgent }, "user-agent", userAgent),
      ),
      { numRuns: 300 },
    );
  });

  it("-b adds one header or is refused", async () => {
    const clean = (value: string) =>
      value
        .split(";")
        .map((one) => one.replace(/^[\t ]+|[\t ]+$/g, ""))
        .filter((one) => one !== "")
        .join("; ");
    await fc.assert(
      fc.asyncProperty(text, async (value) => isSentAs({ cookie: `a=${value}` }, "cookie", clean(`a=${value}`))),
      { numRuns: 300 },
    );
  });

  it.each([
    [{ headers: [["X", "s3cret\r\nEvil: 1"]] as const }, "X has control"],
    [{ headers: [["X: s\r\nEvil", "s3cret"]] as const }, "the name"],
    [{ headers: { "Transfer-Encoding": "chunked" } }, "bulkget's own"],
    [{ userAgent: "me\r\nEvil: 1" }, "user agent"],
    [{ cookie: "a=s3cret\r\nEvil: 1" }, "cookie"],
  ] satisfies [IdentityOptions, string][])("%j is refused, without the secret", (options, what) => {
    expect(() => identityOf(options, {})).toThrow(OptionError);
    expect(() => identityOf(options, {})).toThrow(what);
    expect(() => identityOf(options, {})).not.toThrow("s3cret");
  });
});
