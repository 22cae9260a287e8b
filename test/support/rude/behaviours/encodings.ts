// Behaviours of Content-Encoding: correct, truncated, corrupt, unknown, and decompression bombs.
import { brotliCompressSync, constants, crc32, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { answer, type Behaviour, chunkEach, content, head, LAST_CHUNK, OK, usualHeaders } from "../answer.ts";
import { flag, number } from "../request.ts";

const MIB = 1_048_576;

/** Sends the encoded content with correct framing. */
function encoded(encoding: string, encode: (bytes: Buffer) => Buffer): Behaviour {
  return (request, exchange) => {
    const headers = [...usualHeaders(request), `Content-Encoding: ${encoding}`];
    answer(exchange, OK, headers, encode(content(request)));
  };
}

/** One gzip member (RFC 1952) of `mib` MiB of zeros: one flushed block of about 1 KiB per MiB, repeated. */
function* bomb(mib: number): Generator<Buffer> {
  const zeros = Buffer.alloc(MIB);
  const block = deflateRawSync(zeros, { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
  let sum = 0;
  for (let i = 0; i < mib; i++) {
    sum = crc32(zeros, sum);
    yield block;
  }
  const trailer = Buffer.alloc(10);
  trailer.writeUInt16LE(0x0003, 0);
  trailer.writeUInt32LE(sum, 2);
  trailer.writeUInt32LE((mib * MIB) % 2 ** 32, 6);
  yield trailer;
}

export const ENCODINGS: Record<string, Behaviour> = {
  gzip: encoded("gzip", (bytes) => gzipSync(bytes)),
  "gzip-truncated": encoded("gzip", (bytes) => {
    const whole = gzipSync(bytes);
    return whole.subarray(0, Math.floor(whole.length / 2));
  }),
  "gzip-corrupt": encoded("gzip", (bytes) => {
    const whole = gzipSync(bytes);
    // Only the checksum, in the last eight bytes, is wrong.
    whole.writeUInt32LE((whole.readUInt32LE(whole.length - 8) ^ 1) >>> 0, whole.length - 8);
    return whole;
  }),
  "gzip-garbage": encoded("gzip", (bytes) => bytes),
  "gzip-bomb"(request, exchange) {
    exchange.send(head(OK, ...usualHeaders(request), "Content-Encoding: gzip", "Transfer-Encoding: chunked"));
    exchange.pump(chunkEach(bomb(number(request, "mib", 100))), () => {
      exchange.send(LAST_CHUNK);
      exchange.done();
    });
  },
  deflate(request, exchange) {
    // RFC 9110 section 8.4.1.2 requires the zlib wrapper; many servers send the raw stream.
    const encode = flag(request, "raw") ? deflateRawSync : deflateSync;
    encoded("deflate", (bytes) => encode(bytes))(request, exchange);
  },
  // The default quality takes seconds for a few MiB.
  br: encoded("br", (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })),
  "unknown-encoding": encoded("x-nonsense", (bytes) => bytes),
};
