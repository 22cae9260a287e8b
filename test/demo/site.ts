// The demo's site: 200 URLs of mixed sizes and kinds on 127.0.0.1, of which five fail in different ways.

import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Kinds of responses; the last five are failures. */
export type Manner = "whole" | "chunked" | "empty" | "missing" | "broken" | "reset" | "short" | "loop";

/** One URL of the site. */
export interface Exhibit {
  /** The part of the URL after the origin. */
  readonly path: string;
  /** The expected extension of the saved file, with its dot. */
  readonly ext: string;
  /** Its Content-Type. */
  readonly type: string;
  readonly delayMs: number;
  readonly manner: Manner;
  /** The body; for a failure, the body that is not delivered. */
  body(): Buffer;
}

export interface DemoSite {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly origin: string;
  /** Ends every connection and timer. */
  close(): Promise<void>;
}

const TYPES = {
  ".css": "text/css",
  ".csv": "text/csv",
  ".gz": "application/gzip",
  ".html": "text/html; charset=utf-8",
  ".json": "application/json",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
} as const;
type Ext = keyof typeof TYPES;

/** Targets of redirects: a chain of two, and a loop. */
const REDIRECTS: ReadonlyMap<string, string> = new Map([
  ["/moved/guide", "/moved/guide-again"],
  ["/moved/guide-again", "/guide.html"],
  ["/trouble/loop", "/trouble/loop-back"],
  ["/trouble/loop-back", "/trouble/loop"],
]);

const MIB = 2 ** 20;

const FIXTURES = fixtures();

/** All 200 URLs in the order of the list, always equal. */
export function exhibits(): readonly Exhibit[] {
  const all: Exhibit[] = [];
  const add = (path: string, ext: Ext, body: () => Buffer, manner: Manner = "whole", delayMs?: number): void => {
    all.push({ path, ext, type: TYPES[ext], body, manner, delayMs: delayMs ?? 20 + ((all.length * 37) % 131) });
  };
  const many = (count: number, ext: Ext, path: string, body: (n: number) => Buffer): void => {
    for (let n = 1; n <= count; n++) add(path.replace("{n}", String(n).padStart(3, "0")), ext, () => body(n));
  };

  add("/", ".html", () => fixture("index.html"));
  add("/about.html", ".html", () => fixture("about.html"));
  add("/guide.html", ".html", () => fixture("guide.html"));
  add("/style.css", ".css", () => fixture("style.css"));
  add("/station.json", ".json", () => fixture("station.json"));
  add("/tides.csv", ".csv", () => fixture("tides.csv"));
  add("/lighthouse.svg", ".svg", () => fixture("lighthouse.svg"));
  add("/gradient.png", ".png", () => fixture("gradient.png"));
  add("/notes.txt", ".txt", () => fixture("notes.txt"));
  add("/leaflet.pdf", ".pdf", () => fixture("leaflet.pdf"));
  add("/log.gz", ".gz", () => fixture("log.gz"));

  many(57, ".html", "/pages/{n}.html", page);
  many(35, ".svg", "/images/{n}.svg", (n) => tinted("lighthouse.svg", n));
  many(5, ".png", "/photos/sky?day={n}", () => fixture("gradient.png"));

  add("/trouble/missing.html", ".html", () => page(404), "missing");
  add("/trouble/broken.json", ".json", () => json(500), "broken");
  add("/trouble/reset.csv", ".csv", () => table(501, 300_000), "reset");
  add("/trouble/short.txt", ".txt", () => note(502), "short");
  add("/trouble/loop", ".html", () => page(310), "loop");

  many(30, ".json", "/data/{n}.json", json);
  many(20, ".csv", "/tables/{n}.csv", (n) => table(n, n * 5000));
  many(15, ".txt", "/notes/{n}.txt", note);
  many(3, ".css", "/themes/{n}.css", (n) => tinted("style.css", n));
  many(6, ".json", "/api/stations/{n}", json);
  many(5, ".html", "/articles/fog%20signals/{n}", page);
  many(4, ".csv", "/big/{n}.csv", (n) => table(n, n * MIB));

  add("/moved/guide", ".html", () => fixture("guide.html"));
  add("/special/nothing.txt", ".txt", () => Buffer.alloc(0), "empty");
  add("/special/live.json", ".json", () => json(90), "chunked");
  add("/special/slow.html", ".html", () => page(91), "whole", 1500);
  return all;
}

/** The URLs of the demo's list, in order. */
export function demoUrls(origin: string): string[] {
  return exhibits().map((exhibit) => origin + exhibit.path);
}

/** Whether its URL fails. */
export function fails(exhibit: Exhibit): boolean {
  return !["whole", "chunked", "empty"].includes(exhibit.manner);
}

/** Serves the exhibits on a free port of 127.0.0.1. */
export async function demoSite(): Promise<DemoSite> {
  const byPath = new Map(exhibits().map((exhibit) => [exhibit.path, exhibit]));
  const server = createServer((request, response) => {
    // Not awaited: a response ends with its connection, and rejects only if the client left or the site closes.
    void answer(byPath, request, response).catch(() => response.destroy());
  });
  // Longer than the demo, so that the site does not close a connection that is about to be reused.
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // node:net documents this type for a TCP server
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

type Exhibits = ReadonlyMap<string, Exhibit>;

async function answer(byPath: Exhibits, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const client = new AbortController();
  const { signal } = client;
  response.once("close", () => client.abort());
  const path = request.url ?? "";
  const exhibit = byPath.get(path);
  await sleep(exhibit?.delayMs ?? 20, undefined, { signal });

  const location = REDIRECTS.get(path);
  if (location !== undefined) {
    response.writeHead(302, { location, "content-length": 0 }).end();
  } else if (exhibit === undefined || exhibit.manner === "missing") {
    response.writeHead(404, { "content-type": "text/plain" }).end("There is no such page.\n");
  } else if (exhibit.manner === "broken") {
    response.writeHead(500, { "content-type": "text/plain" }).end("The gauge is stuck.\n");
  } else if (exhibit.manner === "empty") {
    response.writeHead(204).end();
  } else {
    await answerBody(exhibit, response, signal);
  }
}

async function answerBody(exhibit: Exhibit, response: ServerResponse, signal: AbortSignal): Promise<void> {
  const body = exhibit.body();
  const half = body.subarray(0, body.length / 2);
  const headers = { "content-type": exhibit.type, "content-length": body.length };
  switch (exhibit.manner) {
    case "chunked":
      response.writeHead(200, { "content-type": exhibit.type }).write(half);
      await sleep(20, undefined, { signal });
      response.end(body.subarray(half.length));
      return;
    case "short":
      response.writeHead(200, { ...headers, connection: "close" }).end(half);
      return;
    case "reset":
      response.writeHead(200, headers).write(half);
      await sleep(20, undefined, { signal });
      response.socket?.resetAndDestroy();
      return;
    default:
      response.writeHead(200, headers).end(body);
  }
}

function page(n: number): Buffer {
  const paragraph = (i: number): string => `    <p>Entry ${i} of page ${n}: ${reading(n, i)}.</p>\n`;
  return vary("guide.html", "  </main>", `${series(5 + ((n * 17) % 150), paragraph)}  </main>`);
}

function tinted(name: string, n: number): Buffer {
  return vary(name, "hsl(205", `hsl(${(n * 47) % 360}`);
}

function json(n: number): Buffer {
  const item = (i: number): string => `"${reading(n, i)}", `;
  return vary("station.json", '"readings": []', `"readings": [${series((n * 23) % 300, item)}"end of ${n}"]`);
}

function note(n: number): Buffer {
  return vary("notes.txt", "Sunday.", `${series(n * 3, (i) => `Day ${i}. Read ${reading(n, i)}.\n`)}Sunday.`);
}

/** A CSV of exactly `bytes` bytes, whose last row may be truncated. */
function table(n: number, bytes: number): Buffer {
  const rows = series(Math.ceil(bytes / 20), (i) => `${i},station ${n},${reading(n, i)}\n`);
  return Buffer.from(`hour,station,level\n${rows}`).subarray(0, bytes);
}

function series(count: number, item: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => item(i)).join("");
}

/** A pseudo-random but deterministic water level. */
function reading(n: number, i: number): string {
  return `${(0.4 + ((i * 7919 + n * 104_729) % 4401) / 1000).toFixed(3)} m`;
}

function vary(name: string, mark: string, replacement: string): Buffer {
  return Buffer.from(fixture(name).toString().replaceAll(mark, replacement));
}

function fixture(name: string): Buffer {
  return readFileSync(new URL(name, FIXTURES));
}

/** Resolves from test/demo and from dist/test/demo. */
function fixtures(): URL {
  for (const path of ["../../fixtures/site/", "../../../fixtures/site/"]) {
    const folder = new URL(path, import.meta.url);
    if (existsSync(folder)) return folder;
  }
  throw new Error("fixtures/site is not there: run the demo from a clone of the repository");
}
