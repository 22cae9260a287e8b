// Decodes Content-Encoding (gzip, br, deflate) while a body arrives, and stops decompression bombs.

import { finished } from "node:stream";
import type { Gunzip } from "node:zlib";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { BodyStream } from "../../core/ports.ts";
import { type Release, windowBytes } from "./decoder-memory.ts";
import { excerpt, listMembers } from "./headers.ts";

/** The Accept-Encoding of --compressed (RFC 9110 section 12.5.3). */
export const ACCEPT_ENCODING = "gzip, br";

/** Maximum ratio of decoded to received bytes for each encoding, beyond 16 MiB of output: more is a decompression bomb. */
const MAX_RATIO = 250;
const UNCHECKED_BYTES = 16_777_216;

/** Maximum number of encodings of a body, and maximum length of the header that lists them, in characters. */
const MAX_ENCODINGS = 3;
const MAX_LIST_CHARS = 256;

/** Maximum bytes after the end of the compressed data, which are ignored as padding. */
const MAX_PADDING_BYTES = 65_536;

/** Maximum window of a brotli decoder without a reservation of memory, in bytes; gzip and deflate need less. */
const FREE_WINDOW_BYTES = 262_144;

type Decoder = Gunzip;

/** Reserves memory for a decoder, in bytes. */
type Reserve = (bytes: number) => Promise<Release | Failure>;

/**
 * Returns the decoded body, or a failure for unknown encodings. `encoding`: the header, with encodings in the order in which
 * they were applied. `reserve` is called before a decoder needs much memory.
 */
export function decodeBody(
  body: readonly Uint8Array[] | BodyStream,
  encoding: string,
  maxFileBytes: number,
  reserve: Reserve = async () => () => {},
): BodyStream | Failure {
  if (encoding.length > MAX_LIST_CHARS)
    return { error: "bad_encoding", detail: `content-encoding "${excerpt(encoding)}"` };
  const applied = listMembers(encoding);
  const unknown = applied.find((name) => !/^(x-)?gzip$|^br$|^deflate$/.test(name));
  if (unknown !== undefined)
    return { error: "bad_encoding", detail: `content-encoding "${excerpt(unknown)}" is not known` };
  if (applied.length > MAX_ENCODINGS) return { error: "bad_encoding", detail: `${applied.length} content-encodings` };
  // Two decoders of one body could deadlock: each of several bodies holds memory for one window and waits for the other.
  if (applied.indexOf("br") !== applied.lastIndexOf("br")) return { error: "bad_encoding", detail: "br within br" };
  let source: BodyStream | Layer = "next" in body ? body : streamOf(body);
  for (const name of applied.reverse()) source = layer(source, name, maxFileBytes, reserve);
  return source;
}

/** Returns a stream of pieces that are in memory. */
function streamOf(pieces: readonly Uint8Array[]): BodyStream {
  let left: readonly Uint8Array[] | undefined = pieces.length > 0 ? pieces : undefined;
  return {
    async next() {
      const taken = left;
      left = undefined;
      return taken;
    },
    cancel() {},
  };
}

/** The decoder of one encoding. */
interface Layer extends BodyStream {
  /** The number of received bytes that are decoded so far. */
  readonly sentBytes: number;
}

function layer(source: BodyStream | Layer, name: string, maxFileBytes: number, reserve: Reserve): Layer {
  let decoder: Decoder | undefined;
  let release: Release = () => {};
  let outputBytes = 0;
  let sourceEnded = false;
  let failed: Failure | undefined;
  let ended = false;
  let wake: (() => void) | undefined;

  /** Called when the decoder has output or accepts input, and at its end or error. */
  const notify = () => {
    wake?.();
    wake = undefined;
  };
  const fail = (failure: Failure): Failure => {
    failed ??= failure;
    source.cancel();
    decoder?.destroy();
    releaseMemory();
    return failed;
  };
  const releaseMemory = () => {
    release();
    release = () => {};
  };
  /** Reserves memory if the decoder needs much: a few bytes of input can fill its whole window before any output. */
  const prepare = async (firstByte: number): Promise<void> => {
    const bytes = name === "br" ? windowBytes(firstByte) : 0;
    if (bytes <= FREE_WINDOW_BYTES) return;
    const result = await reserve(bytes);
    if (typeof result !== "function") fail(result);
    else if (failed !== undefined) result();
    else release = result;
  };

  /** Writes the next batch of input to the decoder, which holds at most one batch at a time. */
  const feed = async (): Promise<void> => {
    const batch = await source.next();
    if (batch === undefined) {
      sourceEnded = true;
      if (decoder === undefined) ended = true;
      else decoder.end();
      return;
    }
    if (isFailure(batch)) {
      fail(batch);
      return;
    }
    for (const piece of batch) {
      if (decoder === undefined) {
        const firstByte = piece[0] ?? 0;
        await prepare(firstByte);
        if (failed !== undefined) return;
        decoder = start(name, firstByte);
      }
      // The callback, not "drain": Node emits that only after `write` returned false, and a gzip header alone has no output.
      decoder.write(piece, notify);
    }
  };
  const start = (kind: string, firstByte: number): Decoder => {
    const made = decoderFor(kind, firstByte);
    finished(made, (error) => {
      if (error != null && !ended) fail({ error: "bad_encoding", detail: `${kind}: ${error.message}` });
    });
    made.once("end", () => {
      ended = true;
      releaseMemory();
    });
    for (const event of ["readable", "end", "error", "close"]) made.on(event, notify);
    return made;
  };

  /** Reads the rest of the input, to know whether the body is complete, and ignores it as padding. */
  const skipPadding = async (): Promise<Failure | undefined> => {
    let bytes = 0;
    while (!sourceEnded) {
      const batch = await source.next();
      if (batch === undefined) sourceEnded = true;
      else if (isFailure(batch)) return fail(batch);
      else for (const piece of batch) bytes += piece.length;
      if (bytes > MAX_PADDING_BYTES) return fail({ error: "bad_encoding", detail: `${name}: goes on after its end` });
    }
    return undefined;
  };
  const sent = (): number => ("sentBytes" in source ? source.sentBytes : (decoder?.bytesWritten ?? 0));

  return {
    get sentBytes() {
      return sent();
    },
    async next() {
      for (;;) {
        if (failed !== undefined) return failed;
        const out: Buffer | null = decoder?.read() ?? null;
        if (out !== null) {
          outputBytes += out.length;
          if (outputBytes > maxFileBytes)
            return fail({ error: "too_large", detail: "decoded, over the maximum file size" });
          if (outputBytes > Math.max(UNCHECKED_BYTES, sent() * MAX_RATIO)) {
            return fail({ error: "too_large", detail: `decoded, over ${MAX_RATIO} times what was sent` });
          }
          return [out];
        }
        if (ended) return skipPadding();
        if (decoder === undefined || (decoder.writableLength === 0 && !sourceEnded)) await feed();
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
    cancel() {
      fail({ error: "interrupted", detail: "given up while it was under way" });
    },
  };
}

/**
 * "deflate" is the zlib format (RFC 9110 section 8.4.1.2), but some servers send raw deflate data (node-fetch#123): a low nibble
 * of 8 in the first byte means zlib (RFC 1950 section 2.2).
 */
function decoderFor(name: string, firstByte: number): Decoder {
  const zlib = process.getBuiltinModule("node:zlib");
  if (name === "br") return zlib.createBrotliDecompress();
  if (name === "deflate") return (firstByte & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw();
  return zlib.createGunzip();
}
