// The shards of a list: which of n shards a line belongs to, by its place or by its host. Every machine finds the same.

import type { ListShard } from "./layout.ts";
import { originOf, withoutHttpsPort } from "./scheduler/host.ts";

/** How lines are divided: `line` in blocks of lines, `host` by the names of their hosts. */
export type ShardBy = "line" | "host";

/** Lines of a block: consecutive lines of a list belong to one shard, so that the lines of others need not be looked at. */
export const BLOCK_LINES = 1000;

/** Maximum number of shards. */
export const MAX_SHARDS = 1_000_000;

/** Parses "3/16". Undefined for any other text, and for a shard that is not from 1 to the number of shards. */
export function parseListShard(text: string): ListShard | undefined {
  const [, first, second] = /^0*([1-9]\d{0,6})\/0*([1-9]\d{0,6})$/.exec(text.trim()) ?? [];
  const [index, count] = [Number(first), Number(second)];
  return index <= count && count <= MAX_SHARDS ? { index, count } : undefined;
}

/** The shard as it is typed: "3/16". */
export function shardText({ index, count }: ListShard): string {
  return `${index}/${count}`;
}

/** The line at a place, and the lines that follow it up to `last`: all are this shard's, or none. */
export interface LineSpan {
  readonly isOwn: boolean;
  readonly last: number;
}

/** The span that begins at a place among the lines of all lists, from 1: blocks go to the shards in turn. */
export function lineSpan({ index, count }: ListShard, place: number): LineSpan {
  const block = Math.floor((place - 1) / BLOCK_LINES);
  const ahead = (((index - 1 - block) % count) + count) % count;
  if (count === 1) return { isOwn: true, last: Number.POSITIVE_INFINITY };
  return ahead === 0
    ? { isOwn: true, last: (block + 1) * BLOCK_LINES }
    : { isOwn: false, last: (block + ahead) * BLOCK_LINES };
}

/**
 * The shard, from 1, of a URL by its host, as the frontier finds it: name and port, where the default ports of http and https are one
 * host, since their limits are shared. A line without a host is the first shard's.
 */
export function shardOfUrl(url: string, count: number): number {
  const host = withoutHttpsPort(originOf(url).name);
  return host === "" ? 1 : shardOfHost(host, count);
}

/**
 * The shard, from 1, of a host as in `URL.host`: the 32-bit FNV-1a hash of its UTF-8 bytes (draft-eastlake-fnv), mixed by the finaliser
 * of MurmurHash3, times `count`, divided by 2^32. It is a part of the format of folders with shards: it never changes.
 */
export function shardOfHost(host: string, count: number): number {
  let hash = 0x811c_9dc5;
  for (const byte of Buffer.from(host)) hash = Math.imul(hash ^ byte, 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return 1 + Math.floor((hash * count) / 2 ** 32);
}
