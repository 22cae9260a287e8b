// 20,000 randomly mutated HTTP responses from a real server: no crash, no hang, one outcome per line.

import { readdirSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bulkget, type Outcome } from "../../../src/index.ts";
import { type Folder, temporaryFolder } from "../../support/command.ts";
import { numbers } from "../../support/numbers.ts";

const ANSWERS = Number(process.env["FUZZ_ANSWERS"] ?? 8000);
/** Many hosts, so that a host that resets connections delays only its own URLs. */
const HOSTS = 5000;
const GROWTH_BYTES = 250_000_000;

/** BULKGET_TEST_SEED repeats a failure. */
const seed = Number(process.env["BULKGET_TEST_SEED"] ?? Date.now() % 1_000_000_007);
const random = numbers(seed);
const any = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T; // `of` is never empty

const answer = (lines: readonly string[], body: string | Buffer = ""): Buffer =>
  Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), Buffer.from(body as string, "latin1")]);
const PAGE = "x".repeat(300);
const zipped = gzipSync(PAGE);

/** Responses as real servers send them. */
const REAL: readonly Buffer[] = [
  answer(["HTTP/1.1 200 OK", "Content-Type: text/html", 'ETag: "1-a"', `Content-Length: ${PAGE.length}`], PAGE),
  answer(["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"], `12c;a=b\r\n${PAGE}\r\n0\r\nX: y\r\n\r\n`),
  answer(["HTTP/1.1 200 OK", "Content-Encoding: gzip", `Content-Length: ${zipped.length}`], zipped),
  answer(["HTTP/1.0 200 OK", "Content-Type: image/png"], PAGE),
  answer(["HTTP/1.1 103 Early Hints", "Link: </a>", "", "HTTP/1.1 404 Not Found", "Content-Length: 3"], "404"),
  answer(["HTTP/1.1 301 Moved", "Location: /elsewhere", "Content-Length: 0"]),
  answer(["HTTP/1.1 206 Partial", "Content-Range: bytes 0-1/2", "Content-Length: 2"], "ab"),
  answer(["HTTP/1.1 304 Not Modified", 'ETag: "x"']),
  answer(["HTTP/1.1 503 Busy", "Connection: close", "Content-Length: 4"], "busy"),
  answer(["HTTP/1.1 204 No Content"]),
];

const PIECES = [
  ...["\r\n", "\n", "\r", "\0", ":", " ", "\t", ",", "\r\n\r\n", "0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\xff", "\x1b[2J"],
  ...[
    "Content-Length: 3\r\n",
    "Content-Length: 99999999999\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
  ],
  ...["Content-Encoding: br\r\n", "Content-Type: ../../x\r\n", "Location: ../..\r\n", "ffffffffffffffff\r\n", "-1\r\n"],
].map((piece) => Buffer.from(piece, "latin1"));

function mutated(): Buffer {
  if (random() < 0.02) return Buffer.from(Array.from({ length: Math.floor(random() * 500) }, () => random() * 256));
  let bytes = any(REAL);
  for (let changes = Math.floor(random() * 5); changes > 0; changes--) {
    // Most changes are in the header block.
    const at = Math.floor(random() ** 2 * (bytes.length + 1));
    const to = Math.min(bytes.length, at + Math.floor(random() * 12));
    const change = any(["insert", "cut", "flip", "splice", "repeat"]);
    if (change === "insert") bytes = Buffer.concat([bytes.subarray(0, at), any(PIECES), bytes.subarray(at)]);
    else if (change === "cut") bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    else if (change === "splice") bytes = Buffer.concat([bytes.subarray(0, at), any(REAL).subarray(at)]);
    else if (change === "repeat") bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    else bytes = Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ (1 << Math.floor(random() * 8)) : byte)));
  }
  return bytes;
}

const hostOf = (i: number) => `127.1.${Math.floor((i % HOSTS) / 200)}.${1 + (i % 200)}`;

let folder: Folder;
let server: Server;
const sockets = new Set<Socket>();
const answers = Array.from({ length: ANSWERS }, mutated);

/** Sends the response in one or two pieces, then ends the connection, resets it, or leaves it open. */
function serve(socket: Socket, i: number): void {
  const bytes = answers[i] ?? Buffer.alloc(0);
  const cut = i % 5 === 0 ? Math.floor(bytes.length / 3) : bytes.length;
  socket.write(bytes.subarray(0, cut));
  setImmediate(() => {
    if (cut < bytes.length) socket.write(bytes.subarray(cut));
    if (i % 4 === 0) socket.end();
    else if (i % 4 === 1) socket.resetAndDestroy();
  });
}

beforeAll(async () => {
  folder = temporaryFolder();
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    socket.on("data", (bytes) => {
      const asked = /^GET \/(\d+) HTTP\/1\.1\r\n/.exec(bytes.toString("latin1"))?.[1];
      serve(socket, Number(asked ?? 0));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  folder.remove();
});

it(`${ANSWERS} mutated HTTP responses yield one outcome each, without a crash or an internal error (seed ${seed})`, async () => {
  const { port } = server.address() as AddressInfo;
  const list = join(folder.path, "urls.txt");
  writeFileSync(list, answers.map((_, i) => `http://${hostOf(i)}:${port}/${i}\n`).join(""));
  const outputDir = join(folder.path, "a/b/out");
  const options = {
    outputDir,
    concurrency: 100,
    timeoutMs: 200,
    retries: 0,
    maxRedirs: 0,
    compressed: true,
    minFree: 0,
  };
  const before = process.memoryUsage().rss;
  const outcomes = new Map<number, Outcome>();
  for await (const outcome of bulkget(list, options)) {
    expect(outcomes.has(outcome.n), `two outcomes of ${outcome.n}`).toBe(false);
    outcomes.set(outcome.n, outcome);
  }
  expect(outcomes.size).toBe(ANSWERS);
  expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH_BYTES);
  const all = [...outcomes.values()];
  const unexpected = ["internal", "write_failed", "file_exists", "interrupted", "invalid_url"];
  expect(all.filter((one) => one.outcome === "failed" && unexpected.includes(one.error))).toEqual([]);
  const saved = all.flatMap((one) => (one.outcome === "saved" ? [one] : []));
  expect(saved.length).toBeGreaterThan(ANSWERS / 80); // a busy machine causes timeouts
  expect(ANSWERS - saved.length).toBeGreaterThan(ANSWERS / 20);

  // Every file belongs to its line and is whole, and there are no other files.
  const files = new Map(saved.map(({ file, bytes }) => [join("a/b/out", file ?? ""), bytes]));
  const others = ["urls.txt", "a/b/out/results.jsonl", "a/b/out/runs.jsonl", "a/b/out/failed.txt"];
  for (const file of readdirSync(folder.path, { recursive: true, encoding: "utf8" })) {
    const stats = statSync(join(folder.path, file));
    if (stats.isDirectory() || others.includes(file)) continue;
    expect(stats.size, file).toBe(files.get(file));
    files.delete(file);
  }
  expect([...files.keys()]).toEqual([]);
}, 120_000);
