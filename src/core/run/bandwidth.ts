// Holds the bytes of all bodies together to a speed: a token bucket, from which those who read take in turn.

/** What may be read is paid for here: by this process's own clock, or by another process that shares out. */
export interface Account {
  /** Whether all that was spent is paid for. */
  isPaid(): boolean;
  /** Bytes that have arrived, paid for or not; fewer than 0 are given back. */
  spend(bytes: number): void;
  /** Calls back once, when more may be read. In the place of an earlier call. */
  whenPaid(act: () => void): void;
  /** When all is paid for, in milliseconds of `nowMs`. */
  paidMs(): number;
  close(): void;
}

/** Who reads a body. */
export interface PausedReader {
  /** Its turn has come. */
  resume(): void;
}

export interface BandwidthLimiter extends Pick<Account, "spend" | "paidMs" | "close"> {
  /** Of all bodies together. */
  readonly bytesPerSecond: number;
  /** As much is to be read at once, at most. */
  readonly readBytes: number;
  /** Bytes have arrived. False: the reader is to stop, until `readOn` is called. */
  onData(bytes: number, reader: PausedReader): boolean;
  /** Calls `readOn` when it is the reader's turn; so many bytes are spent then. For a reader whose bytes arrive elsewhere. */
  enqueue(reader: PausedReader, bytes: number): void;
  /** It reads no more, and waits for nothing. */
  cancel(reader: PausedReader): void;
}

export function bandwidthLimiter(account: Account, bytesPerSecond: number, readBytes: number): BandwidthLimiter {
  /** First come, first served; and what each takes, if that is not `readBytes`. */
  const waiting = new Map<PausedReader, number | undefined>();
  /** What was paid for in advance, for those whose turn it is and who have not read yet. */
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
