// Undoes Content-Encoding while a body arrives, with a bound on what it may grow to.

import { finished } from "node:stream";
import type { Gunzip } from "node:zlib";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { BodyStream } from "../../core/ports.ts";
import { excerpt } from "./headers.ts";

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

type Decoder = Gunzip;

/** A body in pieces or still arriving, decoded; the encodings in the order they were applied, as in the header. */
export function decoded(
  body: readonly Uint8Array[] | BodyStream,
  encoding: string,
  maxFileBytes: number,
): BodyStream | Failure {
  if (encoding.length > MAX_LIST) return { error: "bad_encoding", detail: `content-encoding "${excerpt(encoding)}"` };
  const names = encoding.split(",").map((name) => name.trim());
  const applied = names.filter((name) => name !== "identity" && name !== "");
  const unknown = applied.find((name) => !/^(x-)?gzip$|^br$|^deflate$/.test(name));
  if (unknown !== undefined)
    return { error: "bad_encoding", detail: `content-encoding "${excerpt(unknown)}" is not known` };
  if (applied.length > MAX_LAYERS) return { error: "bad_encoding", detail: `${applied.length} content-encodings` };
  let source: BodyStream | Layer = "next" in body ? body : held(body);
  for (const name of applied.reverse()) source = layer(source, name, maxFileBytes);
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

function layer(source: BodyStream | Layer, name: string, maxFileBytes: number): Layer {
  let decoder: Decoder | undefined;
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
    return failed;
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
      decoder ??= start(name, piece[0] ?? 0);
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
          if (grownBytes > maxFileBytes) return fail({ error: "too_large", detail: "decoded, over --max-filesize" });
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
