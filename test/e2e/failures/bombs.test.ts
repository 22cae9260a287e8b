// Endless responses and decompression bombs cost the built command bounded memory, disk and time.

import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { brotliCompressSync, constants, crc32, deflateRawSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesOf, recordsOf } from "../../support/command.ts";
import { ownFolder } from "../../support/own.ts";
import { peakMemory } from "../../support/servers/hostile.ts";

const KIB = 1024;
const MIB = 1_048_576;
const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

/** Returns the next piece of a body; undefined at its end. */
type Endless = () => Buffer | undefined;
interface Answer {
  readonly head: string | Buffer;
  /** The pieces that follow `head`, sent as fast as the client reads. */
  readonly more?: Endless;
  /** Milliseconds between the pieces. */
  readonly everyMs?: number;
}

const always = (text: string | Buffer): Endless => {
  const bytes = Buffer.from(text);
  return () => bytes;
};
const chunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);

/** One gzip member of `mib` MiB of zeros, about 1 KiB of it per MiB, generated while it is sent. */
function gzipBomb(mib: number): Endless {
  const zeros = Buffer.alloc(MIB);
  const block = chunk(deflateRawSync(zeros, { level: 9, finishFlush: constants.Z_FULL_FLUSH }));
  let sum = 0;
  let sent = -1;
  return () => {
    sent++;
    if (sent === 0) return chunk(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]));
    if (sent > mib + 1) return undefined;
    if (sent <= mib) {
      sum = crc32(zeros, sum);
      return block;
    }
    const end = Buffer.alloc(10);
    end.writeUInt16LE(0x0003, 0);
    end.writeUInt32LE(sum, 2);
    end.writeUInt32LE((mib * MIB) % 2 ** 32, 6);
    return Buffer.concat([chunk(end), Buffer.from("0\r\n\r\n")]);
  };
}

const encoded = (name: string, body: Buffer): Answer => ({
  head: Buffer.concat([Buffer.from(`${OK}Content-Encoding: ${name}\r\nContent-Length: ${body.length}\r\n\r\n`), body]),
});
const once = (bytes: Buffer): Endless => {
  let left: Buffer | undefined = bytes;
  return () => {
    const now = left;
    left = undefined;
    return now;
  };
};

interface Case {
  readonly answer: () => Answer;
  readonly error: string;
  readonly args?: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  "a gzip bomb of 10 MB that expands to 10 GB": {
    answer: () => ({ head: `${OK}Content-Encoding: gzip\r\n${CHUNKED}`, more: gzipBomb(10_000) }),
    error: "too_large",
    args: ["--compressed"],
  },
  "a gzip bomb in three layers": {
    answer: () => {
      const one = gzipSync(Buffer.alloc(256 * MIB), { level: 6 });
      return encoded("gzip, gzip, gzip", gzipSync(gzipSync(one)));
    },
    error: "too_large",
    args: ["--compressed"],
  },
  "a brotli bomb": {
    answer: () =>
      encoded("br", brotliCompressSync(Buffer.alloc(256 * MIB), { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })),
    error: "too_large",
    args: ["--compressed"],
  },
  "a small gzip bomb over --max-filesize": {
    answer: () => ({ head: `${OK}Content-Encoding: gzip\r\n${CHUNKED}`, more: gzipBomb(12) }),
    error: "too_large",
    args: ["--compressed", "--max-filesize", "8M"],
  },
  "an endless gzip body that decodes to nothing": {
    // Repeats an empty stored block (RFC 1951 section 3.2.4).
    answer: () => {
      const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
      const blocks = chunk(Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from([0, 0, 0, 255, 255]))));
      const first = chunk(header);
      let isFirst = true;
      return {
        head: `${OK}Content-Encoding: gzip\r\n${CHUNKED}`,
        more: () => {
          if (!isFirst) return blocks;
          isFirst = false;
          return first;
        },
      };
    },
    error: "too_large",
    args: ["--compressed", "--max-filesize", "64M"],
  },
  "endless bytes after the end of a gzip member": {
    answer: () => {
      const zeros = chunk(Buffer.alloc(64 * KIB));
      const first = once(chunk(gzipSync(Buffer.alloc(MIB, "text"))));
      return { head: `${OK}Content-Encoding: gzip\r\n${CHUNKED}`, more: () => first() ?? zeros };
    },
    error: "bad_encoding",
    args: ["--compressed"],
  },
  "an endless body without a length": {
    answer: () => ({ head: `${OK}\r\n`, more: always(Buffer.alloc(64 * KIB, "x")) }),
    error: "too_large",
    args: ["--max-filesize", "32M"],
  },
  "an endless chunked body": {
    answer: () => ({ head: `${OK}${CHUNKED}`, more: always(chunk(Buffer.alloc(64 * KIB, "x"))) }),
    error: "too_large",
    args: ["--max-filesize", "32M"],
  },
  "an endless body of one-byte chunks with long chunk extensions": {
    answer: () => ({ head: `${OK}${CHUNKED}`, more: always(`1;${"x".repeat(8000)}\r\nx\r\n`.repeat(8)) }),
    error: "deadline",
    args: ["--max-time", "1s"],
  },
  "an endless slow body, up to --max-time": {
    answer: () => ({ head: `${OK}\r\n`, more: always("x".repeat(1000)), everyMs: 10 }),
    error: "deadline",
    args: ["--max-time", "1s"],
  },
  "a header line that never ends": {
    answer: () => ({ head: OK, more: always("X".repeat(64 * KIB)) }),
    error: "headers_too_large",
  },
  "header lines that never end": {
    answer: () => ({ head: OK, more: always("X-More: 1\r\n".repeat(1000)) }),
    error: "headers_too_large",
  },
  "a status line that never ends": {
    answer: () => ({ head: "HTTP/1.1 200 ", more: always("O".repeat(64 * KIB)) }),
    error: "headers_too_large",
  },
  "endless blank lines instead of a response": {
    answer: () => ({ head: "", more: always("\r\n".repeat(1000)) }),
    error: "headers_timeout",
    args: ["--timeout", "1s"],
  },
  "endless informational responses": {
    answer: () => ({ head: "", more: always("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(1000)) }),
    error: "headers_timeout",
    args: ["--timeout", "1s"],
  },
  "a header block sent one byte at a time": {
    answer: () => ({ head: OK, more: always("X"), everyMs: 100 }),
    error: "headers_timeout",
    args: ["--timeout", "1s"],
  },
  "a body sent one byte at a time": {
    answer: () => ({ head: `${OK}Content-Length: 100000\r\n\r\n`, more: always("x"), everyMs: 100 }),
    error: "deadline",
    args: ["--max-time", "1s"],
  },
  "a body that stalls": {
    answer: () => ({ head: `${OK}Content-Length: 100000\r\n\r\nx` }),
    error: "body_timeout",
    args: ["--timeout", "1s"],
  },
  "trailer lines that never end": {
    answer: () => ({ head: `${OK}${CHUNKED}1\r\nx\r\n0\r\n`, more: always("X-More: 1\r\n".repeat(100)) }),
    error: "headers_too_large",
  },
  "a trailer line that never ends": {
    answer: () => ({ head: `${OK}${CHUNKED}1\r\nx\r\n0\r\n`, more: always("X".repeat(KIB)) }),
    error: "headers_too_large",
  },
  "a chunk size that never ends": {
    answer: () => ({ head: `${OK}${CHUNKED}`, more: always("0".repeat(KIB)) }),
    error: "protocol_error",
  },
  "endless redirects with endless bodies": {
    answer: () => {
      redirects++;
      return {
        head: `HTTP/1.1 302 Found\r\nLocation: /redirects?${redirects}\r\n\r\n`,
        more: always("x".repeat(64 * KIB)),
      };
    },
    error: "redirect_limit",
  },
  "a 404 with an endless body": {
    answer: () => ({ head: `HTTP/1.1 404 Not Found\r\n${CHUNKED}`, more: always(chunk(Buffer.alloc(64 * KIB))) }),
    error: "http_status",
  },
};
let redirects = 0;

let server: Server;
let origin = "";
let answerOf: () => Answer = () => ({ head: "" });
const sockets = new Set<Socket>();
beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    socket.once("data", () => send(socket, answerOf()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** Sends with backpressure, so that this process stays small as well. */
function send(socket: Socket, { head, more, everyMs }: Answer): void {
  socket.write(head);
  if (more === undefined) return;
  const next = () => {
    for (let goOn = true; goOn && !socket.destroyed; ) {
      const piece = more();
      if (piece === undefined) return void socket.end();
      goOn = socket.write(piece);
      if (everyMs !== undefined) return void setTimeout(next, everyMs);
    }
    if (!socket.destroyed) socket.once("drain", next);
  };
  next();
}

const folder = ownFolder();

/** The size of all files below a folder, in bytes; starts again where a file disappears meanwhile. */
function bytesIn(path: string): number {
  try {
    const names = readdirSync(path, { recursive: true, encoding: "utf8" });
    return names.reduce((sum, name) => sum + (statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" && existsSync(path)) return bytesIn(path);
    throw error;
  }
}

describe("memory, disk and time stay bounded on", () => {
  it.each(Object.keys(CASES))("%s", { timeout: 60_000 }, async (name) => {
    const { answer, error, args = [] } = CASES[name] ?? expect.unreachable();
    answerOf = answer;
    writeFileSync(folder.at("urls.txt"), `${origin}/x\n`);
    const { env, peakMib } = peakMemory(folder.path);
    const downloads = folder.at("downloads");
    let peakBytes = 0;
    const watching = setInterval(() => {
      if (existsSync(downloads)) peakBytes = Math.max(peakBytes, bytesIn(downloads));
    }, 20);
    const startedMs = performance.now();
    const ran = await folder.run(["urls.txt", "--retries", "0", "-q", ...args], { env });
    const tookMs = performance.now() - startedMs;
    clearInterval(watching);
    expect([ran.code, ran.stderr]).toEqual([1, ""]);
    expect(recordsOf(downloads).get(1)).toMatchObject({ outcome: "failed", error });
    expect(filesOf(downloads).filter((file) => file !== ".bulkget/since")).toEqual([]);
    expect(peakBytes).toBeLessThan(64 * MIB);
    expect(peakMib()).toBeGreaterThan(20);
    expect(peakMib()).toBeLessThan(250);
    expect(tookMs).toBeLessThan(45_000); // generous: it only has to end
  });
});
