// Remembers which payloads are in which records of this run, so that the same payload again becomes a revisit record.

import type { ShardRecord } from "../../core/job.ts";
import { shardName, shardNumberOf } from "../../core/layout.ts";

/** Number of slots: those of about the last million payloads, in 16 MiB. They take memory when they are used. */
const SLOTS = 1_048_576;

/** Slots in which a payload can be, newest first. With one, payloads that share it would replace each other. */
const WAYS = 8;

/** Two words of the digest, and the place: its number and the two halves of its offset, of which the upper has 8 bits. */
const WORDS = 4;
const OFFSET_BITS = 40;

/** Places of response records by the first 64 bits of their payloads' digests; whoever finds one compares the whole digest. */
export interface Originals {
  find(digest: string): ShardRecord | undefined;
  add(digest: string, place: ShardRecord): void;
}

/** `infix`: what follows the number in the names of WARC files. */
export function originals(infix = ""): Originals {
  let words: Uint32Array | undefined;

  const find = (high: number, low: number): number => {
    if (words === undefined) return -1;
    const first = setOf(low);
    for (let at = first; at < first + WAYS * WORDS; at += WORDS) {
      if (words[at] === high && words[at + 1] === low) return at;
    }
    return -1;
  };
  return {
    find(digest) {
      const at = find(wordAt(digest, 0), wordAt(digest, 4));
      if (words === undefined || at === -1) return undefined;
      const [upper = 0, lower = 0] = words.subarray(at + 2, at + WORDS);
      return { shard: shardName(upper >>> 8, ".warc.gz", infix), offset: (upper & 0xff) * 2 ** 32 + lower };
    },
    add(digest, { shard, offset }) {
      const number = shardNumberOf(shard);
      if (number >= 2 ** 24 || offset >= 2 ** OFFSET_BITS) return; // has no room, and would be found elsewhere
      words ??= new Uint32Array(SLOTS * WORDS);
      const [high, low] = [wordAt(digest, 0), wordAt(digest, 4)];
      const known = find(high, low);
      const at = known === -1 ? setOf(low) : known;
      if (known === -1) words.copyWithin(at + WORDS, at, at + (WAYS - 1) * WORDS); // without the oldest
      words[at] = high;
      words[at + 1] = low;
      words[at + 2] = number * 256 + Math.floor(offset / 2 ** 32);
      words[at + 3] = offset % 2 ** 32;
    },
  };
}

function setOf(low: number): number {
  return (low % (SLOTS / WAYS)) * WAYS * WORDS;
}

/** A word of bytes in Latin-1. */
function wordAt(digest: string, at: number): number {
  const high = (digest.charCodeAt(at) << 24) | (digest.charCodeAt(at + 1) << 16);
  const low = (digest.charCodeAt(at + 2) << 8) | digest.charCodeAt(at + 3);
  return (high | low) >>> 0 || 1; // 0 is an empty slot
}
