// Counts lines that nobody wants, byte by byte: another shard's lines cost neither a text nor a job.

const LF = 0x0a;
const CR = 0x0d;

interface LineCount {
  /** Lines that have ended so far. */
  readonly lines: number;
  /** Number of CR at the end so far, the first of which has ended a line. */
  readonly returns: number;
}

export interface Counted extends LineCount {
  /** The index after the last line end. */
  readonly from: number;
}

/**
 * Counts from `start` until `until` lines have ended, or to the end of `bytes`. Line ends are those of `lineSplitter`: LF, CRLF, CR, and
 * several CR before an LF. `hasReturns`: whether there may be a CR in `bytes`, or before it.
 */
export function lineCounter(
  bytes: Uint8Array,
  start: number,
  about: LineCount & { readonly until: number; readonly hasReturns: boolean },
): Counted {
  return about.hasReturns ? countReturns(bytes, start, about) : countFeeds(bytes, start, about);
}

function countFeeds(
  bytes: Uint8Array,
  start: number,
  { lines: before, until }: LineCount & { readonly until: number },
): Counted {
  let lines = before;
  let from = start;
  const { length } = bytes;
  for (let at = start; at < length; at++) {
    if (bytes[at] !== LF) continue;
    from = at + 1;
    if (++lines >= until) break;
  }
  return { lines, returns: 0, from };
}

function countReturns(
  bytes: Uint8Array,
  start: number,
  { lines: before, returns: ended, until }: LineCount & { readonly until: number },
): Counted {
  let lines = before;
  let returns = ended;
  let from = start;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === LF || byte === CR) {
      if (returns === 0) lines++;
      returns = byte === CR ? returns + 1 : 0;
      from = at + 1;
    } else if (returns > 0) {
      lines += returns - 1; // no LF follows: each CR has ended a line
      returns = 0;
    }
    if (lines >= until && returns === 0) break;
  }
  return { lines, returns, from };
}
