// results.jsonl: one record per finished line, the report a machine reads, and what the next run goes on from.

import { escapedJson } from "../core/escape.ts";
import type { Outcome } from "../core/job.ts";
import type { Reporter } from "../core/ports.ts";
import { serializeOutcome } from "../core/serialize-outcome.ts";
import { fileAppender } from "../fs/append-file.ts";
import { replacementGuard } from "./replacement-guard.ts";

export interface JournalWriterOptions {
  /** Replace a file that is there. Default false: there must be none. */
  readonly replace?: boolean;
  /** Go on in the file that is there, after so many bytes: what follows them is cut off. */
  readonly fromBytes?: number;
  /** Sync at the end: the records are on the disk when `end` is settled. Default false. */
  readonly durable?: boolean;
  /** Told of every record that is taken, with the byte of the file at which it begins; it may not be written yet. */
  readonly onRecord?: (outcome: Outcome, offset: number) => void;
  /** Whether another file that has the journal's name is a journal, too. Given, the file is looked after by `check` and `end`. */
  readonly isJournal?: (path: string) => boolean;
}

export interface JournalWriter extends Reporter {
  /** What is recorded under a number no longer counts: it is recorded elsewhere by now. */
  moved(n: number, url: string): void;
  /** Writes all records so far: they are there even if this process is killed. Throws what the file system says. */
  flush(): void;
  /** Has all records so far on the disk; keeps nobody waiting but its caller. Rejects with what went wrong. */
  sync(): Promise<void>;
  /** Looks whether the file was taken away, and keeps the records if so. Returns what is to be said of it, once. */
  check(): string | undefined;
  /** What has happened to the file; undefined where nothing has. */
  readonly problem: string | undefined;
  /** The file that has the records; undefined where the folder itself is gone. */
  readonly kept: string | undefined;
  end(): Promise<void>;
}

/** Writes records to a file. Throws what the file system says. */
export function journalWriter(path: string, options: JournalWriterOptions = {}): JournalWriter {
  const { replace = false, fromBytes, durable = false, onRecord, isJournal } = options;
  const file = fileAppender(path, fromBytes === undefined ? (replace ? "w" : "wx") : { fromBytes });
  const guarded =
    isJournal &&
    replacementGuard({ fd: file.fd, path, startBytes: file.startBytes, bytes: () => file.bytes, isJournal });
  let offset = file.startBytes;
  let syncing: Promise<void> = Promise.resolve();

  const sync = () => {
    syncing = file.sync();
    return syncing;
  };

  return {
    outcome(outcome) {
      // What was stopped under way is not finished: its line stays open for the next run.
      if (outcome.outcome === "failed" && outcome.error === "interrupted") return;
      const record = serializeOutcome(outcome);
      file.append(record);
      if (onRecord === undefined) return;
      onRecord(outcome, offset);
      offset += Buffer.byteLength(record);
    },
    moved(n, url) {
      const line = `${escapedJson(JSON.stringify({ n, url, outcome: "moved" }))}\n`;
      file.append(line);
      offset += Buffer.byteLength(line);
    },
    flush: () => file.flush(),
    sync,
    check() {
      if (guarded === undefined) return undefined;
      file.flush();
      return guarded.check();
    },
    get problem() {
      return guarded?.problem;
    },
    get kept() {
      return guarded === undefined ? path : guarded.kept;
    },
    async end() {
      try {
        // The file must not be closed under a sync that is under way, whoever asked for it.
        await (durable ? sync() : syncing.catch(() => {}));
        file.flush();
        guarded?.check();
      } finally {
        guarded?.close();
        file.close();
      }
    },
  };
}
