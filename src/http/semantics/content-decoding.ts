// Undoes Content-Encoding while a body arrives, with a bound on what it may grow to.

import { finished } from "node:stream";
import type { Gunzip } from "node:zlib";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { BodyStream } from "../../core/ports.ts";
import { type Release, windowBytes } from "./decoder-memory.ts";
import { excerpt, members } from "./headers.ts";

/** What --compressed asks for (RFC 9110 section 12.5.3). */
export const ACCEPT_ENCODING = "gzip, br";

/** What comes out of each layer may be this many times as long as what was sent, or this many bytes: a bomb is `too_large`. */
const MAX_RATIO = 250;
const SMALL_BYTES = 16_777_216;

/** More encodings than this on one body are refused; and a list of them that is longer than this, in characters. */
const MAX_LAYERS = 3;
const MAX_LIST = 256;

/** So many bytes after the end are taken for padding. */
const MAX_PADDING = 65_536;

/** A decoder of brotli may have a window of so many bytes without asking: what others need is little beside it. */
const FREE_WINDOW = 262_144;

type Decoder = Gunzip;

/** Waits for room in memory, so many bytes. */
type Room = (bytes: number) => Promise<Release | Failure>;

/**
 * A body in pieces or still arriving, decoded; the encodings in the order they were applied, as in the header. `room` is asked
 * before much memory is needed.
 */
export function decoded(
  body: readonly Uint8Array[] | BodyStream,
  encoding: string,
  maxFileBytes: number,
  room: Room = async () => () => {},
): BodyStream | Failure {
  if (encoding.length > MAX_LIST) return { error: "bad_encoding", detail: `content-encoding "${excerpt(encoding)}"` };
  const applied = members(encoding);
  const unknown = applied.find((name) => !/^(x-)?gzip$|^br$|^deflate$/.test(name));
  if (unknown !== undefined)
    return { error: "bad_encoding", detail: `content-encoding "${excerpt(unknown)}" is not known` };
  if (applied.length > MAX_LAYERS) return { error: "bad_encoding", detail: `${applied.length} content-encodings` };
  // One that had room for its window could wait for the other's for ever.
  if (applied.indexOf("br") !== applied.lastIndexOf("br")) return { error: "bad_encoding", detail: "br within br" };
  let source: BodyStream | Layer = "next" in body ? body : held(body);
  for (const name of applied.reverse()) source = layer(source, name, maxFileBytes, room);
  return source;
}

/** Pieces that are all there, as a stream. */
function held(pieces: readonly Uint8Array[]): BodyStream {
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

/** One encoding undone. */
interface Layer extends BodyStream {
  /** How much of what was sent this came from: of what is still to be decoded, nothing counts. */
  readonly sentBytes: number;
}

function layer(source: BodyStream | Layer, name: string, maxFileBytes: number, room: Room): Layer {
  let decoder: Decoder | undefined;
  let release: Release = () => {};
  let grownBytes = 0;
  let sourceEnded = false;
  let failed: Failure | undefined;
  let ended = false;
  let wake: (() => void) | undefined;

  /** The decoder has something to say: output, room for input, its end or an error. */
  const notify = () => {
    wake?.();
    wake = undefined;
  };
  const fail = (failure: Failure): Failure => {
    failed ??= failure;
    source.cancel();
    decoder?.destroy();
    over();
    return failed;
  };
  const over = () => {
    release();
    release = () => {};
  };
  /** Waits for room, where the decoder needs much: a few bytes can have it fill its window before anything comes out. */
  const prepare = async (firstByte: number): Promise<void> => {
    const bytes = name === "br" ? windowBytes(firstByte) : 0;
    if (bytes <= FREE_WINDOW) return;
    const result = await room(bytes);
    if (typeof result !== "function") fail(result);
    else if (failed !== undefined) result();
    else release = result;
  };

  /** Feeds what was sent until something comes out; at most one batch is inside at a time. */
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
      // Not "drain": that comes only after a write that was too much, and a gzip header or trailer alone puts nothing out.
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
      over();
    });
    for (const event of ["readable", "end", "error", "close"]) made.on(event, notify);
    return made;
  };

  /** Reads to the end of what was sent: only that tells whether it is whole. */
  const pad = async (): Promise<Failure | undefined> => {
    let bytes = 0;
    while (!sourceEnded) {
      const batch = await source.next();
      if (batch === undefined) sourceEnded = true;
      else if (isFailure(batch)) return fail(batch);
      else for (const piece of batch) bytes += piece.length;
      if (bytes > MAX_PADDING) return fail({ error: "bad_encoding", detail: `${name}: goes on after its end` });
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
          grownBytes += out.length;
          if (grownBytes > maxFileBytes)
            return fail({ error: "too_large", detail: "decoded, over the maximum file size" });
          if (grownBytes > Math.max(SMALL_BYTES, sent() * MAX_RATIO)) {
            return fail({ error: "too_large", detail: `decoded, over ${MAX_RATIO} times what was sent` });
          }
          return [out];
        }
        if (ended) return pad();
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

/** "deflate" is zlib by RFC 9110 section 8.4.1.2, and raw from some servers: the first byte tells. */
function decoderFor(name: string, firstByte: number): Decoder {
  const zlib = process.getBuiltinModule("node:zlib");
  if (name === "br") return zlib.createBrotliDecompress();
  if (name === "deflate") return (firstByte & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw();
  return zlib.createGunzip();
}
