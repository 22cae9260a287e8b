// Tests of the demo's site, on whose content the check of the demo relies.

import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DemoSite, demoSite, demoUrls, type Exhibit, exhibits, fails, type Manner } from "./site.ts";

const agent = new Agent({ keepAlive: true, maxSockets: 50 });
let site: DemoSite;

beforeAll(async () => {
  site = await demoSite();
});

afterAll(async () => {
  agent.destroy();
  await site.close();
});

async function open(path: string): Promise<IncomingMessage> {
  const request = get(site.origin + path, { agent });
  const [response]: IncomingMessage[] = await once(request, "response");
  request.on("error", () => {}); // a reset within the body is also emitted by the response, which is checked
  if (response === undefined) throw new Error(`no response to ${path}`);
  return response;
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function find(manner: Manner): Exhibit {
  const found = exhibits().find((exhibit) => exhibit.manner === manner);
  if (found === undefined) throw new Error(`no exhibit is ${manner}`);
  return found;
}

test("the demo site has 200 distinct URLs, of which five fail in five ways", () => {
  const urls = demoUrls(site.origin);
  expect(urls).toHaveLength(200);
  expect(new Set(urls).size).toBe(200);
  expect(urls.every((url) => new URL(url).href === url)).toBe(true);
  const failures = exhibits().filter(fails);
  expect(failures.map(({ manner }) => manner).sort()).toEqual(["broken", "loop", "missing", "reset", "short"]);
});

test("the demo site sends the right bytes and Content-Type for every good URL", async () => {
  const good = exhibits().filter((exhibit) => exhibit.manner === "whole" && !exhibit.path.startsWith("/moved/"));
  const seen = await Promise.all(
    good.map(async ({ path, type, body }) => {
      const response = await open(path);
      const received = await read(response);
      const right = received.equals(body()) && Number(response.headers["content-length"]) === received.length;
      return { path, status: response.statusCode, type: response.headers["content-type"], right: right ? type : "no" };
    }),
  );
  expect(seen).toEqual(good.map(({ path, type }) => ({ path, status: 200, type, right: type })));
});

test("the demo site's bodies are deterministic and distinct", () => {
  const bodies = (): string[] =>
    exhibits()
      .filter(({ path }) => /^\/(pages|images|data|tables|notes|themes)\//.test(path))
      .map(({ body }) => body().toString("latin1"));
  expect(bodies()).toEqual(bodies());
  expect(new Set(bodies()).size).toBe(160);
});

test("the demo site's JSON is valid, and its large files have 1 to 4 MiB", () => {
  for (const { ext, body } of exhibits()) {
    if (ext === ".json") expect(JSON.parse(body().toString())).toMatchObject({ name: "Skerry Light" });
  }
  const big = exhibits().filter(({ path }) => path.startsWith("/big/"));
  expect(big.map(({ body }) => body().length / 2 ** 20)).toEqual([1, 2, 3, 4]);
});

test("some paths of the demo site have no extension, so that the Content-Type determines it", () => {
  const bare = exhibits().filter(({ path, ext }) => !new URL(path, site.origin).pathname.endsWith(ext));
  expect(new Set(bare.map(({ ext }) => ext))).toEqual(new Set([".html", ".json", ".png"]));
});

test("the demo site's responses take 20 to 150 ms, and one 1.5 s", async () => {
  const delays = exhibits().map(({ delayMs }) => delayMs);
  expect(Math.min(...delays)).toBe(20);
  expect(delays.filter((ms) => ms > 150)).toEqual([1500]);
  const startMs = performance.now();
  await read(await open("/special/slow.html"));
  expect(performance.now() - startMs).toBeGreaterThan(1490);
});

test("the demo site sends an empty page as 204, and a live one in chunks", async () => {
  const empty = await open(find("empty").path);
  expect([empty.statusCode, (await read(empty)).length]).toEqual([204, 0]);
  const live = await open(find("chunked").path);
  expect([live.headers["content-length"], live.headers["transfer-encoding"]]).toEqual([undefined, "chunked"]);
  expect((await read(live)).equals(find("chunked").body())).toBe(true);
});

test.each([
  ["chain of two redirects ends at a page", "/moved/guide", [302, 302, 200]],
  ["redirect loop returns to its start", "/trouble/loop", [302, 302, 302, 302, 302]],
])("the demo site's %s", async (_, start, expected) => {
  const statuses: (number | undefined)[] = [];
  for (let path: string | undefined = start; path !== undefined && statuses.length < 5; ) {
    const response: IncomingMessage = await open(path);
    await read(response);
    statuses.push(response.statusCode);
    path = response.headers.location;
  }
  expect(statuses).toEqual(expected);
});

test("the demo site answers missing and unknown paths with 404, and a broken page with 500", async () => {
  const paths = [find("missing").path, "/no/such/page", find("broken").path];
  const statuses: (number | undefined)[] = [];
  for (const path of paths) {
    const response = await open(path);
    await read(response);
    statuses.push(response.statusCode);
  }
  expect(statuses).toEqual([404, 404, 500]);
});

test.each([
  ["a reset", "reset", "ECONNRESET"],
  ["an orderly close", "short", undefined],
] as const)("the demo site's body that is cut by %s stops at half its length", async (_, manner, code) => {
  const { path, body } = find(manner);
  const response = await open(path);
  const { socket } = response;
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const [error]: unknown[] = await once(response, "error");
  expect(error).toBeInstanceOf(Error);
  expect(response.complete).toBe(false);
  expect(response.headers["content-length"]).toBe(String(body().length));
  expect(bytes).toBe(Math.floor(body().length / 2));
  expect(socket.errored === null ? undefined : Reflect.get(socket.errored, "code")).toBe(code);
});

test("closing the demo site ends responses under way", async () => {
  const own = await demoSite();
  const request = get(`${own.origin}/special/slow.html`);
  const failed = once(request, "error");
  await once(request, "finish");
  await own.close();
  await expect(failed).resolves.toHaveLength(1);
});
