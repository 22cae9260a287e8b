// What a behaviour is, and the pieces of correct HTTP that behaviours are made of.
import { blocks, body } from "./content.ts";
import { number, type RudeRequest, text } from "./request.ts";
import type { Wire } from "./wire.ts";

/** The wire while one request is open on it. */
export interface Exchange extends Wire {
  /** The answer is complete: the next request on this connection may be read. `end` and `reset` imply it. */
  done(): void;
  /** Calls this instead of a behaviour when the next request on this connection arrives, whatever it asks for. */
  trap(act: (exchange: Exchange) => void): void;
  /** Counts up from 1 in the server's memory, by key. */
  count(key: string): number;
}

export type Behaviour = (request: RudeRequest, exchange: Exchange) => void;

export const OK = "HTTP/1.1 200 OK";

export function head(statusLine: string, ...headers: readonly string[]): string {
  return `${statusLine}\r\n${headers.map((header) => `${header}\r\n`).join("")}\r\n`;
}

/** The Content-Type (`?type=`), any `?header=Name:%20value`, and Connection: close where the client wants it. */
export function usualHeaders(request: RudeRequest): string[] {
  return [
    `Content-Type: ${text(request, "type", "application/octet-stream")}`,
    ...(request.parameters.get("header") ?? []),
    ...(request.wantsClose ? ["Connection: close"] : []),
  ];
}

/** The content asked for by `?bytes=` and `?seed=`. */
export function content(request: RudeRequest, bytes = 100): Buffer {
  return body(number(request, "bytes", bytes), number(request, "seed", 1));
}

/** The same in blocks, for bodies asked for by `?mib=`; without an end if it is Infinity. */
export function contentBlocks(request: RudeRequest, bytes: number): Iterable<Buffer> {
  return blocks(bytes, number(request, "seed", 1));
}

/** One chunk of the chunked coding; of no bytes it is the last chunk and the end of the trailers. */
export function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

export const LAST_CHUNK = "0\r\n\r\n";

export function* chunked(bytes: Buffer, chunkBytes: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield chunk(bytes.subarray(at, at + chunkBytes));
}

/** A chunk for each block, made when asked for. */
export function* chunkEach(blocks: Iterable<Buffer>): Generator<Buffer> {
  for (const block of blocks) yield chunk(block);
}

/** A complete answer with a Content-Length, in one write. */
export function answer(exchange: Exchange, statusLine: string, headers: readonly string[], bytes: Buffer): void {
  exchange.send(
    Buffer.concat([Buffer.from(head(statusLine, ...headers, `Content-Length: ${bytes.length}`), "latin1"), bytes]),
  );
  exchange.done();
}
