// Parses the answers on an HTTP/1.1 connection (RFC 9112): finds the end of each body, and refuses ambiguous ones.

import type { Failure } from "../../core/failure.ts";
import { type AnswerHeaders, hasToken, readHeaders, transferCoding } from "../semantics/headers.ts";
import type { WireCapture } from "../wire/capture.ts";
import { type ChunkedDecoder, chunkedDecoder } from "./chunked-decoder.ts";
import { endIn, endOf, HTTP, isHttp, readHead } from "./header-block.ts";
import { type HeadMemory, headMemory, MAX_HEAD_BYTES, PartialHead } from "./partial-header-block.ts";

/** Receives the events of one answer, in this order; none after a failure. */
export interface ParserListener {
  onResponseStarted(): void;
  /** Also called for informational answers (1xx). `fields`: the header lines as received. */
  onHeaders(status: number, headers: AnswerHeaders, fields: string): void;
  /** A piece of the body. Unless `isOurs`, it is overwritten after the call. Returns false to pause the connection. */
  onData(piece: Buffer, isOurs: boolean): boolean;
  onComplete(): void;
}

export interface ResponseParser {
  /** Whether the connection may carry another request: the answer is complete, and no data came after it. */
  isReusable(): boolean;
  /** Whether the answer is complete, or none is expected. */
  isOver(): boolean;
  /** Starts the next answer. `capture`: gets its final header block whole. */
  expect(listener: ParserListener, capture?: WireCapture): void;
  /**
   * Parses received bytes, and may move them within the buffer. `isOurs`: nothing else writes to the buffer later. Returns a
   * failure, or whether to go on reading.
   */
  parse(bytes: Buffer, isOurs: boolean): Failure | boolean;
  /** The server has closed the connection in good order. Returns whether that completes the answer. */
  finish(): boolean;
  /** Frees its memory; nothing more is parsed. */
  drop(): void;
}

/** The first bytes are not the beginning of an answer. Compared by identity. */
export const GARBAGE: Failure = { error: "protocol_error", detail: "the answer is not HTTP/1.1" };

/**
 * Maximum bytes of informational answers and blank lines before the answer. Beyond it nothing is read, and the timeout for the
 * headers ends the request: thousands of small header blocks in each read blocked all other requests for seconds.
 */
const MAX_INTERIM_BYTES = 262_144;

/** Bytes that are decoded to find the end of a header block: most blocks are shorter, and the body need not be searched. */
const USUAL_HEAD_BYTES = 2048;

/** What is parsed next: the header block, or a body that ends by its length, its last chunk, or the end of the connection. */
type State = "head" | "length" | "chunked" | "close" | "over";

/** Creates a parser for one connection. `memory`: for header blocks that arrive in pieces, shared by all connections. */
export function responseParser(memory: HeadMemory = headMemory()): ResponseParser {
  let listener: ParserListener | undefined;
  let capture: WireCapture | undefined;
  let state: State = "over";
  /** A header block that is incomplete so far. */
  let head: PartialHead | undefined;
  let interimBytes = 0;
  /** Whether informational answers (1xx) came before this one. */
  let hasInterim = false;
  let left = 0;
  let chunks: ChunkedDecoder | undefined;
  let persists = true;

  const complete = (isAll: boolean) => {
    const one = listener;
    listener = undefined;
    state = "over";
    persists &&= isAll;
    one?.onComplete();
  };

  /** Parses a header block from `from` on. Returns the index after it, or undefined if it is incomplete. */
  const parseHead = (bytes: Buffer, one: ParserListener, from: number): Failure | number | undefined => {
    if (head === undefined) {
      one.onResponseStarted();
      const text = bytes.toString("latin1", from, Math.min(bytes.length, from + USUAL_HEAD_BYTES));
      const end = endOf(text);
      if (end !== -1) return onHead(text.slice(0, end), one) ?? from + end;
      const later =
        text.length < USUAL_HEAD_BYTES ? -1 : endIn(bytes, from, Math.min(bytes.length, from + MAX_HEAD_BYTES));
      if (later !== -1) return onHead(bytes.toString("latin1", from, later), one) ?? later;
      head = new PartialHead(memory);
    }
    const before = head.length;
    if (!head.add(bytes, from)) return NO_ROOM;
    if (!isHttp(head.bytes.toString("latin1", 0, Math.min(head.length, HTTP.length)))) return notHttp();
    const end = endIn(head.bytes, Math.max(0, before - 2), head.length);
    if (end > MAX_HEAD_BYTES || (end === -1 && head.length > MAX_HEAD_BYTES)) return TOO_LARGE;
    if (end === -1) return undefined;
    const text = head.bytes.toString("latin1", 0, end);
    forget();
    return onHead(text, one) ?? from + end - before;
  };

  const forget = (): void => {
    head?.clear();
    head = undefined;
  };

  const notHttp = (): Failure => (hasInterim ? NOT_HTTP : GARBAGE);

  const onHead = (text: string, one: ParserListener): Failure | undefined => {
    const block = readHead(text);
    if (block === undefined) return isHttp(text) ? BAD_HEAD : notHttp();
    const { status, fields } = block;
    const headers = readHeaders(fields);
    const { contentLength, connection } = headers;
    if (status === 101)
      return { error: "protocol_error", detail: "the server switched protocols unasked (101)", status };
    // RFC 9110 section 15.2: any number of 1xx may come before the answer.
    if (status < 200) hasInterim = true;
    else {
      capture?.onHead(block.minor, text);
      persists = block.minor === "1" ? !hasToken(connection, "close") : hasToken(connection, "keep-alive");
      const coding = headers.transferEncoding === undefined ? undefined : codingOf(headers);
      if (coding === undefined && contentLength !== undefined && !Number.isSafeInteger(contentLength))
        return { ...BAD_LENGTH, status };
      // RFC 9112 sections 6.1 and 6.3: chunked overrides, but an intermediary may have used the length, or the version.
      if (coding !== undefined && (contentLength !== undefined || block.minor === "0")) persists = false;
      startBody(status, headers.contentLength, coding);
    }
    one.onHeaders(status, headers, fields);
    return undefined;
  };

  /** RFC 9112 section 6.3. An unknown transfer coding is refused in `semantics/evaluate.ts`. */
  const startBody = (status: number, contentLength: number | undefined, coding: string | undefined): void => {
    if (status === 204 || status === 304) {
      state = "length";
      left = 0;
    } else if (coding !== undefined) {
      state = coding === "chunked" ? "chunked" : "close";
      chunks = chunkedDecoder();
    } else {
      state = contentLength === undefined ? "close" : "length";
      left = contentLength ?? 0;
    }
    if (state === "close") persists = false;
  };

  return {
    isReusable() {
      return persists && state === "over";
    },
    isOver() {
      return state === "over";
    },
    expect(next, kept) {
      listener = next;
      capture = kept;
      state = "head";
      forget();
      interimBytes = 0;
      hasInterim = false;
    },
    parse(bytes, isOurs) {
      let at = 0;
      while (state === "head" && listener !== undefined) {
        // Blank lines before a status line are skipped, as llhttp and curl do; RFC 9112 section 2.2 asks it of servers.
        const from = at;
        if (head === undefined) while (bytes[at] === CR || bytes[at] === LF) at++;
        const next = at === bytes.length ? at : parseHead(bytes, listener, at);
        if (typeof next !== "number") return next ?? true;
        at = next;
        if (state !== "head") break;
        interimBytes += at - from;
        if (interimBytes > MAX_INTERIM_BYTES) return false;
        if (at === bytes.length) return true;
      }
      const one = listener;
      if (one === undefined || state === "over") {
        persists = false; // data without a request (RFC 9112 section 9.2)
        return true;
      }
      if (state === "chunked" && chunks !== undefined) {
        const taken = chunks.decode(bytes, at);
        if ("error" in taken) return taken;
        const goOn = taken.data.length === 0 || one.onData(taken.data, isOurs);
        if (taken.end !== undefined && listener === one) complete(taken.end === bytes.length);
        return goOn;
      }
      const until = state === "length" ? Math.min(bytes.length, at + left) : bytes.length;
      if (state === "length") left -= until - at;
      const goOn = until === at || one.onData(bytes.subarray(at, until), isOurs);
      if (state === "length" && left === 0 && listener === one) complete(until === bytes.length);
      return goOn;
    },
    finish() {
      if (state !== "close") return false;
      complete(true);
      return true;
    },
    drop: forget,
  };
}

/** Returns the transfer coding, if any. Deletes an overridden Content-Length (RFC 9112 section 6.3), or an empty Transfer-Encoding. */
function codingOf(headers: AnswerHeaders): string | undefined {
  const coding = transferCoding(headers.transferEncoding ?? "");
  if (coding === undefined) delete headers.transferEncoding;
  else {
    headers.transferEncoding = coding;
    if (headers.contentLength !== undefined) delete headers.contentLength;
  }
  return coding;
}

const LF = 10;
const CR = 13;
/** Like GARBAGE, after an informational answer: that one belonged to this request, which is not repeated. */
const NOT_HTTP: Failure = { ...GARBAGE };
const TOO_LARGE: Failure = {
  error: "headers_too_large",
  detail: `a header block of more than ${MAX_HEAD_BYTES} bytes`,
};
const NO_ROOM: Failure = { error: "headers_too_large", detail: "no memory left: header blocks take 64 MiB" };
const BAD_HEAD: Failure = { error: "protocol_error", detail: "a status or header line that is none" };
const BAD_LENGTH: Failure = { error: "protocol_error", detail: "a Content-Length that is none, or two that differ" };
