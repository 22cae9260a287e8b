// Takes the chunks of a body apart (RFC 9112 section 7.1), whatever pieces they arrive in.

import type { Failure } from "../../core/failure.ts";

/** The longest line that tells a chunk's size, its extensions included; and the longest block of trailers: 16 KiB. */
const MAX_LINE = 16_384;

const SIZE = /^([0-9a-f]{1,13})[\t ]*(?:;[^\0\r\n]*)?\r?\n$/i;

export interface Chunks {
  /**
   * Takes what arrived from `from` on. Gives the body's bytes among it as one piece of its own, empty for none; and how
   * far the body went: `end` is undefined while there is more to come.
   */
  take(bytes: Buffer, from: number): Failure | { readonly data: Buffer; readonly end: number | undefined };
}

/** Where the next byte belongs. */
type Place = "size" | "data" | "after data" | "trailers";

const NOTHING = Buffer.alloc(0);

/** Reads one chunked body. */
export function chunks(): Chunks {
  let place: Place = "size";
  let line = "";
  let left = 0;
  let trailerBytes = 0;

  return {
    take(bytes, from) {
      let data = NOTHING;
      let filled = 0;
      let at = from;
      while (at < bytes.length) {
        if (place === "data") {
          const until = Math.min(bytes.length, at + left);
          if (filled === 0) data = Buffer.allocUnsafe(bytes.length - at);
          filled += bytes.copy(data, filled, at, until);
          left -= until - at;
          at = until;
          if (left === 0) place = "after data";
          continue;
        }
        const feed = bytes.indexOf(10, at);
        const next = feed === -1 ? bytes.length : feed + 1;
        if (line.length + next - at > MAX_LINE) return wrong("a chunk's size has no end");
        line += bytes.toString("latin1", at, next);
        at = next;
        if (feed === -1) break;
        const whole = line;
        line = "";
        if (place === "after data") {
          if (whole !== "\r\n" && whole !== "\n") return wrong("a chunk is longer than its size");
          place = "size";
        } else if (place === "size") {
          const size = Number.parseInt(SIZE.exec(whole)?.[1] ?? "", 16);
          if (!Number.isSafeInteger(size)) return wrong("a chunk has no size");
          left = size;
          place = size === 0 ? "trailers" : "data";
        } else if (whole === "\r\n" || whole === "\n") {
          return { data: data.subarray(0, filled), end: at };
        } else {
          trailerBytes += whole.length;
          if (trailerBytes > MAX_LINE)
            return { error: "headers_too_large", detail: `trailers of more than ${MAX_LINE} bytes` };
        }
      }
      return { data: data.subarray(0, filled), end: undefined };
    },
  };
}

function wrong(what: string): Failure {
  return { error: "protocol_error", detail: `the body: ${what}` };
}
