// The type of a behaviour, and functions that write correct parts of HTTP responses.
import { blocks, body } from "./content.ts";
import { number, type RudeRequest, text } from "./request.ts";
import type { Wire } from "./wire.ts";

/** One request on a connection, and the means to answer it. */
export interface Exchange extends Wire {
  /** Ends the response, so that the next request on the connection is read. `end` and `reset` imply it. */
  done(): void;
  /** Sets the handler of the next request on this connection, instead of a behaviour. */
  trap(act: (exchange: Exchange) => void): void;
  /** Increments the server's counter of this key, and returns it, from 1. */
  count(key: string): number;
}

export type Behaviour = (request: RudeRequest, exchange: Exchange) => void;

export const OK = "HTTP/1.1 200 OK";

export function head(statusLine: string, ...headers: readonly string[]): string {
  return `${statusLine}\r\n${headers.map((header) => `${header}\r\n`).join("")}\r\n`;
}

/** The headers Content-Type (`?type=`), `?header=Name:%20value`, and Connection: close if the request has it. */
export function usualHeaders(request: RudeRequest): string[] {
  return [
    `Content-Type: ${text(request, "type", "application/octet-stream")}`,
    ...(request.parameters.get("header") ?? []),
    ...(request.wantsClose ? ["Connection: close"] : []),
  ];
}

/** The content for `?bytes=` and `?seed=`. */
export function content(request: RudeRequest, bytes = 100): Buffer {
  return body(number(request, "bytes", bytes), number(request, "seed", 1));
}

/** The content for `?mib=`, in blocks; endless for Infinity. */
export function contentBlocks(request: RudeRequest, bytes: number): Iterable<Buffer> {
  return blocks(bytes, number(request, "seed", 1));
}

/** One chunk of the chunked coding; without bytes, the last chunk with empty trailers. */
export function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

export const LAST_CHUNK = "0\r\n\r\n";

export function* chunked(bytes: Buffer, chunkBytes: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield chunk(bytes.subarray(at, at + chunkBytes));
}

/** The blocks as chunks, generated on demand. */
export function* chunkEach(blocks: Iterable<Buffer>): Generator<Buffer> {
  for (const block of blocks) yield chunk(block);
}

/** Sends a complete response with Content-Length in one write. */
export function answer(exchange: Exchange, statusLine: string, headers: readonly string[], bytes: Buffer): void {
  exchange.send(
    Buffer.concat([Buffer.from(head(statusLine, ...headers, `Content-Length: ${bytes.length}`), "latin1"), bytes]),
  );
  exchange.done();
}
