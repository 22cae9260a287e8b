// Reads answers off one connection by HTTP/1.1 (RFC 9112): what is ambiguous is refused, not guessed.

import type { Failure } from "../../core/failure.ts";
import { type AnswerHeaders, hasToken, readHeaders, transferCoding } from "../semantics/headers.ts";
import { type ChunkedDecoder, chunkedDecoder } from "./chunked-decoder.ts";
import { endIn, endOf, HTTP, isHttp, readHead } from "./header-block.ts";
import { type HeadRoom, headRoom, MAX_HEAD_BYTES, PartialHead } from "./partial-header-block.ts";

/** Told of one answer, in this order; of nothing more once it has failed. */
export interface ParserListener {
  onResponseStarted(): void;
  /** Informational ones included (1xx). `fields`: the header lines as they came. */
  onHeaders(status: number, headers: AnswerHeaders, fields: string): void;
  /** A piece of the body. `isOurs`: to keep; otherwise it is overwritten soon. False asks the connection to pause. */
  onData(piece: Buffer, isOurs: boolean): boolean;
  onComplete(): void;
}

export interface ResponseParser {
  /** Whether the connection may carry another request: the answer was whole, and nothing came after it. */
  isReusable(): boolean;
  /** Whether no answer is expected, or this one is complete. */
  isOver(): boolean;
  /** Makes it wait for the next answer. */
  expect(listener: ParserListener): void;
  /**
   * Takes what arrived, and may move these bytes about. `isOurs`: nobody else writes to them later. Returns what is wrong with
   * the answer, or whether to go on reading.
   */
  take(bytes: Buffer, isOurs: boolean): Failure | boolean;
  /** The other side has ended the connection in good order. Whether the answer was whole by that. */
  finish(): boolean;
  /** Lets go of what has come: nothing more is read. */
  drop(): void;
}

/** What came is the beginning of no answer, and nothing of one came before. */
export const GARBAGE: Failure = { error: "protocol_error", detail: "the answer is not HTTP/1.1" };

/**
 * Informational answers and blank lines before the answer itself, in bytes: 256 KiB. Of who sends more, nothing more is read, and
 * the time for the headers runs out: thousands of small heads in each read held up everybody else for seconds.
 */
const MAX_BEFORE = 262_144;

/** A header block mostly fits into this; a body's first bytes need not be looked at for its end. */
const USUAL_HEAD = 2048;

/** How the end of the body is told. */
type Framing = "head" | "length" | "chunked" | "close" | "over";

/** A reader for one connection. `room`: for header blocks that come in pieces, shared with others. */
export function responseParser(room: HeadRoom = headRoom()): ResponseParser {
  let listener: ParserListener | undefined;
  let framing: Framing = "over";
  /** What has come of a header block that has no end yet. */
  let head: PartialHead | undefined;
  /** What has come before this answer. */
  let beforeBytes = 0;
  /** Whether informational answers (1xx) came before this one. */
  let isInformed = false;
  let left = 0;
  let body: ChunkedDecoder | undefined;
  let persists = true;

  const complete = (isAll: boolean) => {
    const one = listener;
    listener = undefined;
    framing = "over";
    persists &&= isAll;
    one?.onComplete();
  };

  /** Reads a header block from `from` on. Returns where it ends, or undefined if it does not yet. */
  const takeHead = (bytes: Buffer, one: ParserListener, from: number): Failure | number | undefined => {
    if (head === undefined) {
      one.onResponseStarted();
      const text = bytes.toString("latin1", from, Math.min(bytes.length, from + USUAL_HEAD));
      const end = endOf(text);
      if (end !== -1) return begun(text.slice(0, end), one) ?? from + end;
      const later = text.length < USUAL_HEAD ? -1 : endIn(bytes, from, Math.min(bytes.length, from + MAX_HEAD_BYTES));
      if (later !== -1) return begun(bytes.toString("latin1", from, later), one) ?? later;
      head = new PartialHead(room);
    }
    const before = head.length;
    if (!head.add(bytes, from)) return NO_ROOM;
    if (!isHttp(head.bytes.toString("latin1", 0, Math.min(head.length, HTTP.length)))) return notHttp();
    const end = endIn(head.bytes, Math.max(0, before - 2), head.length);
    if (end > MAX_HEAD_BYTES || (end === -1 && head.length > MAX_HEAD_BYTES)) return TOO_LARGE;
    if (end === -1) return undefined;
    const text = head.bytes.toString("latin1", 0, end);
    forget();
    return begun(text, one) ?? from + end - before;
  };

  const forget = (): void => {
    head?.clear();
    head = undefined;
  };

  const notHttp = (): Failure => (isInformed ? NOT_HTTP : GARBAGE);

  /** What a whole header block says of what follows. */
  const begun = (text: string, one: ParserListener): Failure | undefined => {
    const block = readHead(text);
    if (block === undefined) return isHttp(text) ? BAD_HEAD : notHttp();
    const { status, fields } = block;
    const headers = readHeaders(fields);
    const { contentLength, connection } = headers;
    if (status === 101)
      return { error: "protocol_error", detail: "the server switched protocols unasked (101)", status };
    // RFC 9110 section 15.2: any number of 1xx may come before the answer.
    if (status < 200) isInformed = true;
    else {
      persists = block.minor === "1" ? !hasToken(connection, "close") : hasToken(connection, "keep-alive");
      const coding = headers.transferEncoding === undefined ? undefined : codingOf(headers);
      if (coding === undefined && contentLength !== undefined && !Number.isSafeInteger(contentLength))
        return { ...BAD_LENGTH, status };
      // RFC 9112 sections 6.1 and 6.3: chunks count, but whoever stands between may have gone by the length or the version.
      if (coding !== undefined && (contentLength !== undefined || block.minor === "0")) persists = false;
      frame(status, headers.contentLength, coding);
    }
    one.onHeaders(status, headers, fields);
    return undefined;
  };

  /** RFC 9112 section 6.3. A transfer coding that is not known to us is refused by whoever judges the answer. */
  const frame = (status: number, contentLength: number | undefined, coding: string | undefined): void => {
    if (status === 204 || status === 304) {
      framing = "length";
      left = 0;
    } else if (coding !== undefined) {
      framing = coding === "chunked" ? "chunked" : "close";
      body = chunkedDecoder();
    } else {
      framing = contentLength === undefined ? "close" : "length";
      left = contentLength ?? 0;
    }
    if (framing === "close") persists = false;
  };

  return {
    isReusable() {
      return persists && framing === "over";
    },
    isOver() {
      return framing === "over";
    },
    expect(next) {
      listener = next;
      framing = "head";
      forget();
      beforeBytes = 0;
      isInformed = false;
    },
    take(bytes, isOurs) {
      let at = 0;
      while (framing === "head" && listener !== undefined) {
        // Blank lines between answers are skipped, as llhttp and curl do.
        const from = at;
        if (head === undefined) while (bytes[at] === CR || bytes[at] === LF) at++;
        const next = at === bytes.length ? at : takeHead(bytes, listener, at);
        if (typeof next !== "number") return next ?? true;
        at = next;
        if (framing !== "head") break;
        beforeBytes += at - from;
        if (beforeBytes > MAX_BEFORE) return false;
        if (at === bytes.length) return true;
      }
      const one = listener;
      if (one === undefined || framing === "over") {
        persists = false; // bytes that nobody asked for
        return true;
      }
      if (framing === "chunked" && body !== undefined) {
        const taken = body.take(bytes, at);
        if ("error" in taken) return taken;
        const goOn = taken.data.length === 0 || one.onData(taken.data, isOurs);
        if (taken.end !== undefined && listener === one) complete(taken.end === bytes.length);
        return goOn;
      }
      const until = framing === "length" ? Math.min(bytes.length, at + left) : bytes.length;
      if (framing === "length") left -= until - at;
      const goOn = until === at || one.onData(bytes.subarray(at, until), isOurs);
      if (framing === "length" && left === 0 && listener === one) complete(until === bytes.length);
      return goOn;
    },
    finish() {
      if (framing !== "close") return false;
      complete(true);
      return true;
    },
    drop: forget,
  };
}

/** How the body is coded, if it is. Deletes what does not count: a Content-Length beside that, or an empty Transfer-Encoding. */
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
/** The same behind informational answers, which were this request's. */
const NOT_HTTP: Failure = { ...GARBAGE };
const TOO_LARGE: Failure = {
  error: "headers_too_large",
  detail: `a header block of more than ${MAX_HEAD_BYTES} bytes`,
};
const NO_ROOM: Failure = { error: "headers_too_large", detail: "no memory left: header blocks take 64 MiB" };
const BAD_HEAD: Failure = { error: "protocol_error", detail: "a status or header line that is none" };
const BAD_LENGTH: Failure = { error: "protocol_error", detail: "a Content-Length that is none, or two that differ" };
