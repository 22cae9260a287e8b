// Captures one request and its answer as they were sent and received, for the runs that keep them.

import type { WireExchange, WireResponse } from "../../core/wire.ts";

/** Filled by the connection, the parser and the exchange. A request that is repeated on another connection begins anew. */
export class WireCapture {
  private readonly url: string;
  /** The request's head without secrets, in Latin-1. */
  private readonly request: string;
  private address: string | undefined;
  private sentMs = 0;
  private protocol: WireExchange["protocol"] = "http/1.1";
  /** The response's head in Latin-1; undefined until it is complete. */
  private head: string | undefined;
  private readonly body: Uint8Array[] = [];
  private bodyBytes = 0;
  /** Whether the body that is not stored was read to its end; undefined before that is known. */
  private isWhole: boolean | undefined;

  constructor(url: string, request: string) {
    this.url = url;
    this.request = request;
  }

  /** The request is sent. `address`: of the server, if the connection leads straight to it. */
  onSent(address: string | undefined): void {
    this.address = address;
    this.sentMs = Date.now();
    this.head = undefined;
  }

  /** The final head over HTTP/1, blank line included. */
  onHead(minor: string, text: string): void {
    this.protocol = minor === "0" ? "http/1.0" : "http/1.1";
    this.head = text;
  }

  /** The final headers over HTTP/2, each with its line end. */
  onFields(status: number, fields: string): void {
    this.protocol = "h2";
    this.head = `HTTP/1.1 ${status} \r\n${fields}\r\n`;
  }

  /** A piece of a body that is not stored, which is overwritten later. At most the first `maxBytes` of the body are kept. */
  onDiscarded(piece: Uint8Array, maxBytes: number): void {
    const kept = piece.subarray(0, maxBytes - this.bodyBytes);
    this.bodyBytes += kept.length;
    if (kept.length > 0) this.body.push(Buffer.from(kept));
  }

  /** Nothing more is read of a body that is not stored. */
  onDiscardEnd(isWhole: boolean): void {
    this.isWhole = isWhole;
  }

  /** Returns what was sent and received; undefined before the head is complete. */
  exchange(): WireExchange | undefined {
    const { url, protocol, address, sentMs, request, head } = this;
    return head === undefined ? undefined : { url, protocol, address, sentMs, request, response: head };
  }

  /** Returns the response whose body is not stored; undefined for any other end. */
  discarded(): WireResponse | undefined {
    const { body, isWhole } = this;
    const exchange = isWhole === undefined ? undefined : this.exchange();
    return exchange === undefined || isWhole === undefined ? undefined : { ...exchange, body, isWhole };
  }
}
