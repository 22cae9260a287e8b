// Limits the bandwidth of all bodies together: a token bucket that readers use in turn (--limit-rate).

/** The token bucket: filled by this process's clock, or by another process that grants bytes. */
export interface Account {
  /** Whether more may be read now. */
  isPaid(): boolean;
  /** Counts bytes that have arrived, even beyond the limit; a negative number gives bytes back. */
  spend(bytes: number): void;
  /** Calls `act` once, when more may be read. Replaces an earlier call. */
  whenPaid(act: () => void): void;
  /** When more may be read, in milliseconds of `nowMs`. */
  paidMs(): number;
  close(): void;
}

/** A reader of a body. */
export interface PausedReader {
  /** Called when the reader may go on. */
  resume(): void;
}

export interface BandwidthLimiter extends Pick<Account, "spend" | "paidMs" | "close"> {
  /** The limit for all bodies together. */
  readonly bytesPerSecond: number;
  /** Maximum number of bytes per read. */
  readonly readBytes: number;
  /** Called with bytes that arrived. False: the reader has to pause until `resume` is called. */
  onData(bytes: number, reader: PausedReader): boolean;
  /** Calls `resume` when it is the reader's turn, and counts `bytes`. For a reader in another process. */
  enqueue(reader: PausedReader, bytes: number): void;
  /** Removes a reader. */
  cancel(reader: PausedReader): void;
}

export function bandwidthLimiter(account: Account, bytesPerSecond: number, readBytes: number): BandwidthLimiter {
  /** Waiting readers, first in, first out, with their bytes if these are not `readBytes`. */
  const waiting = new Map<PausedReader, number | undefined>();
  /** Bytes counted in advance, for readers that were resumed and have not read yet. */
  const paid = new Map<PausedReader, number>();

  const wake = (): void => {
    for (const [reader, bytes] of waiting) {
      if (!account.isPaid()) break;
      waiting.delete(reader);
      account.spend(bytes ?? readBytes);
      if (bytes === undefined) paid.set(reader, readBytes);
      reader.resume();
    }
    if (waiting.size > 0) account.whenPaid(wake);
  };
  const wait = (reader: PausedReader, bytes?: number): void => {
    waiting.set(reader, bytes);
    account.whenPaid(wake);
  };
  const takePaid = (reader: PausedReader): number => {
    const bytes = paid.get(reader) ?? 0;
    paid.delete(reader);
    return bytes;
  };

  return {
    bytesPerSecond,
    readBytes,
    spend: (bytes) => account.spend(bytes),
    paidMs: () => account.paidMs(),
    onData(bytes, reader) {
      account.spend(bytes - takePaid(reader));
      if (waiting.size === 0 && account.isPaid()) return true;
      wait(reader);
      return false;
    },
    enqueue: wait,
    cancel(reader) {
      waiting.delete(reader);
      const unused = takePaid(reader);
      if (unused > 0) account.spend(-unused);
    },
    close: () => account.close(),
  };
}
