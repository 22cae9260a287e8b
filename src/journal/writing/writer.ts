// Writes results.jsonl, the journal: one record per finished line, from which the next run resumes.

import type { Outcome } from "../../core/job.ts";
import type { Reporter } from "../../core/ports.ts";
import { serializeOutcome } from "../../core/serialize-outcome.ts";
import { escapedJson } from "../../core/text/escape.ts";
import { fileAppender } from "../../fs/append-file.ts";
import { syncFolder } from "../../fs/sync.ts";
import { replacementGuard } from "./replacement-guard.ts";

export interface JournalWriterOptions {
  /** Replace an existing file. Default false: an existing file is an error. */
  readonly replace?: boolean;
  /** Append to the existing file after this many bytes; the rest is truncated. */
  readonly fromBytes?: number | undefined;

  /** Called with every record and its offset in the file, in bytes. It may not be written yet. */
  readonly onRecord?: ((outcome: Outcome, offset: number) => void) | undefined;
  /** Whether a file that replaced the journal is a journal too. If given, `check` and `end` guard the file against replacement. */
  readonly isJournal?: (path: string) => boolean;
  /** Sync the journal and this folder every few seconds from `start` to `end`, to bound the loss by a power failure. Default: no sync. */
  readonly syncedFolder?: string | undefined;
  /** Called with each new problem that `check` finds between `start` and `end`, as text for the user. */
  readonly onProblem?: (problem: string) => void;
}

/** Interval of checks and syncs, in milliseconds. */
const CHECK_INTERVAL_MS = 5000;

export interface JournalWriter extends Reporter {
  start(): void;
  /** Deletes the record of a number, which was recorded elsewhere. */
  recordMoved(n: number, url: string): void;
  /** Writes all records so far: they survive a kill of this process. Throws write errors. */
  flush(): void;
  /** Writes all records so far and calls fsync in the thread pool. Rejects with the error. */
  sync(): Promise<void>;
  /** Checks whether the file was replaced, and saves the records if so. Returns a new problem once, as text for the user. */
  check(): string | undefined;
  /** What happened to the file; undefined if nothing did. */
  readonly problem: string | undefined;
  /** The file that has the records; undefined if the folder itself is gone. */
  readonly recordsPath: string | undefined;
  /** Whether `start` was called. */
  readonly isStarted: boolean;
  /** Whether `end` has written all records without an error. */
  readonly isComplete: boolean;
  /** Checks and syncs once more, if started, and closes the file. Rejects with the error. */
  end(): Promise<void>;
}

/** Opens the journal for writing. Throws file-system errors. */
export function journalWriter(path: string, options: JournalWriterOptions = {}): JournalWriter {
  const { replace = false, fromBytes, onRecord, isJournal, syncedFolder, onProblem } = options;
  const file = fileAppender(path, fromBytes === undefined ? (replace ? "w" : "wx") : { fromBytes });
  const guard =
    isJournal &&
    replacementGuard({ fd: file.fd, path, startBytes: file.startBytes, bytes: () => file.bytes, isJournal });
  let offset = file.startBytes;
  let syncing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isStarted = false;
  let isComplete = false;

  const sync = () => {
    syncing = file.sync();
    return syncing;
  };
  const check = () => {
    if (guard === undefined) return undefined;
    file.flush();
    return guard.check();
  };
  const syncAndCheck = async () => {
    if (syncedFolder !== undefined) {
      await sync();
      await syncFolder(syncedFolder);
    }
    const problem = check();
    if (problem !== undefined) onProblem?.(problem);
  };
  const close = async () => {
    try {
      // The file must not be closed during an fsync.
      await syncing.catch(() => {});
      file.flush();
      guard?.check();
    } finally {
      guard?.close();
      file.close();
    }
  };

  return {
    start() {
      isStarted = true;
      // An error here recurs at the end, where it is reported.
      timer = setInterval(() => void syncAndCheck().catch(() => {}), CHECK_INTERVAL_MS);
      timer.unref();
    },
    outcome(outcome) {
      // An interrupted line is not finished: the next run fetches it.
      if (outcome.outcome === "failed" && outcome.error === "interrupted") return;
      const record = serializeOutcome(outcome);
      file.append(record);
      if (onRecord === undefined) return;
      onRecord(outcome, offset);
      offset += Buffer.byteLength(record);
    },
    recordMoved(n, url) {
      const line = `${escapedJson(JSON.stringify({ n, url, outcome: "moved" }))}\n`;
      file.append(line);
      offset += Buffer.byteLength(line);
    },
    flush: () => file.flush(),
    sync,
    check,
    get problem() {
      return guard?.problem;
    },
    get recordsPath() {
      return guard === undefined ? path : guard.recordsPath;
    },
    get isStarted() {
      return isStarted;
    },
    get isComplete() {
      return isComplete;
    },
    async end() {
      clearInterval(timer);
      try {
        if (isStarted) await syncAndCheck();
      } finally {
        await close();
      }
      isComplete = true;
    },
  };
}
