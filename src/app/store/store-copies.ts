// Uploads archives when they are sealed, and a copy of the records every minute and at the end.

import { closeSync, existsSync, fstatSync, readdirSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { indexNameOf, SHARD } from "../../core/layout.ts";
import type { Sink } from "../../core/ports.ts";
import { openToRead } from "../../fs/open-nofollow.ts";
import type { OwnPaths } from "../../fs/own-paths.ts";
import type { StoreProblem } from "../../store/problem.ts";
import type { Store } from "../../store/store.ts";
import { failureOf, fileContent } from "./object-store.ts";

export interface Copies {
  /** Starts the timers. */
  begin(): void;
  /** A sink that fails bodies from when an archive could not be uploaded. */
  guarded(sink: Sink): Sink;
  /** Uploads what is left. Rejects with errno errors. */
  end(): Promise<StoreProblem | undefined>;
  /** Stops the timers. */
  stop(): void;
}

export interface CopiesOptions {
  readonly note: (text: string) => void;
  /** What the names of the run's archives have behind their numbers; undefined where all archives in the folder are the run's. */
  readonly infix: string | undefined;
  /** The store has a copy of the records. */
  readonly hasRecords: boolean;
  readonly everyMs?: number | undefined;
}

/** Milliseconds between two copies of the records, at least. */
const COPY_INTERVAL_MS = 60_000;

/** The pause after a copy, at least, as a multiple of the time that it took: copies of a long journal take a tenth of a run at most. */
const MIN_PAUSE_RATIO = 10;

/** Milliseconds between two looks for sealed archives. */
const LOOK_INTERVAL_MS = 1000;

export function storeCopies(
  store: Store,
  paths: OwnPaths,
  { note, infix, hasRecords, everyMs = COPY_INTERVAL_MS }: CopiesOptions,
): Copies {
  const { folder, state, journal, failedList } = paths;
  const { shown } = store.address;
  let copyTimer: NodeJS.Timeout | undefined;
  let lookTimer: NodeJS.Timeout | undefined;
  let copying: Promise<StoreProblem | undefined> = Promise.resolve(undefined);
  let looking: Promise<StoreProblem | undefined> | undefined;
  /** Why an archive is not in the store. */
  let lost: StoreProblem | undefined;
  let isNoted = false;

  /** Uploads a file as it is now: a journal may grow meanwhile. */
  async function copy(path: string, type: string, isLast = false): Promise<StoreProblem | undefined> {
    const name = path.slice(folder.length + 1);
    const fd = openToRead(path);
    try {
      const put = isLast ? store.uploadLast : store.upload;
      const problem = await put(name, fileContent(fd, fstatSync(fd).size), { "content-type": type });
      return problem && { ...problem, problem: `${name}: ${problem.problem}` };
    } finally {
      closeSync(fd);
    }
  }

  function copyLater(afterMs: number): void {
    copyTimer = setTimeout(() => {
      const beganMs = performance.now();
      copying = (existsSync(journal) ? copy(journal, JSON_LINES) : Promise.resolve(undefined)).catch(notCopied);
      void copying.then((problem) => {
        if (problem !== undefined && !isNoted && problem.code !== "ABORTED") {
          isNoted = true;
          note(`${shown}: the copy of the records could not be renewed: ${problem.problem}`);
        }
        if (copyTimer !== undefined) copyLater(Math.max(everyMs, MIN_PAUSE_RATIO * (performance.now() - beganMs)));
      });
    }, afterMs).unref();
  }

  /** Uploads sealed archives and their indexes, and removes them here. */
  async function uploadSealed(): Promise<StoreProblem | undefined> {
    const names = readdirSync(folder);
    for (const shard of names) {
      const of = SHARD.exec(shard)?.[2];
      if (of === undefined || (infix !== undefined && of !== infix)) continue;
      // It is sealed when nothing of it is in the state folder any more.
      if ([shard, `${shard}.part`].some((name) => existsSync(join(state, name)))) continue;
      const index = indexNameOf(shard);
      const files = [...(index !== undefined && existsSync(join(folder, index)) ? [index] : []), shard];
      for (const name of files) {
        const problem = await copy(join(folder, name), name.endsWith(".tar") ? "application/x-tar" : WARC);
        if (problem !== undefined) return problem;
        await unlink(join(folder, name));
      }
    }
    return undefined;
  }

  return {
    begin() {
      if (hasRecords) copyLater(everyMs);
      lookTimer = setInterval(() => {
        looking ??= uploadSealed()
          .catch(notCopied)
          .then((problem) => {
            if (problem?.code !== "ABORTED") lost ??= problem;
            looking = undefined;
            return problem;
          });
      }, LOOK_INTERVAL_MS).unref();
    },
    guarded: (sink) => ({
      ...sink,
      write(job, url, answer) {
        if (lost === undefined) return sink.write(job, url, answer);
        if ("cancel" in answer.body) answer.body.cancel();
        return failureOf(lost, shown);
      },
    }),
    async end() {
      this.stop();
      await Promise.all([copying, looking]);
      // Of a run that was stopped at once, the archives are here for the next one.
      const problem = store.isAborted ? undefined : await uploadSealed();
      if (problem !== undefined) return problem;
      if (!hasRecords || !existsSync(journal)) return undefined;
      const unsaved = await copy(journal, JSON_LINES, true);
      if (unsaved !== undefined) return unsaved;
      if (existsSync(failedList)) return await copy(failedList, "text/plain; charset=utf-8", true);
      return await store.last.remove(store.keyOf(failedList.slice(folder.length + 1)));
    },
    stop() {
      clearTimeout(copyTimer);
      clearInterval(lookTimer);
      copyTimer = undefined;
    },
  };
}

const JSON_LINES = "application/x-ndjson";
const WARC = "application/warc";

/** A local file that cannot be read. */
function notCopied(error: unknown): StoreProblem {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return { problem: message, code, retry: false };
}
