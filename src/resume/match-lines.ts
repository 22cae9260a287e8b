// Which line has what is saved: decides for each, in the order of the list, what is to be moved where.

import type { Failure } from "../core/failure.ts";
import type { Job, Outcome } from "../core/job.ts";
import { givenName } from "../sink/directory/file-names.ts";
import { knownOf } from "../source/skip-done.ts";
import { type FileMoverOptions, type Found, fileMover } from "./move-files.ts";
import { asSaved, isLasting, isOfUrl, isSaved } from "./record-state.ts";
import { isRight, sha256Of } from "./verify-files.ts";

export type LineMatcherOptions = FileMoverOptions;

export interface LineMatcher {
  /** Whether what is saved under a line's number has the name and the digest that the list wants. Changes nothing. */
  isSettled(job: Job): boolean;
  /**
   * Sees to it that a line's number is its own, and that what is saved of its URL is there, under its name. Returns the job;
   * refused, where something is saved that cannot have its name. Throws a FolderError, and what the file system says.
   */
  settle(job: Job): Job;
  /** Puts a file aside whose name a line needs, if it is that of a line that the list was not seen to have; false if not. */
  yields(file: string): boolean;
  /** Called when every line was settled: of lines that are not in the list, what has no file is forgotten. */
  drop(): void;
  /** Files that are where their line is now, and were not. */
  readonly moved: number;
}

export function lineMatcher(options: LineMatcherOptions): LineMatcher {
  const { folder, history } = options;
  const made = fileMover(options);
  const { foundFor, failureFor, keptFor, take, setAside, recordAs, hasFile, nameOf } = made;

  return {
    isSettled,
    settle,
    yields(file) {
      const n = history.ownerOf(file);
      if (n === undefined) return false;
      try {
        setAside(n);
        return true;
      } catch {
        return false; // it stays, and so its name is taken
      }
    },
    drop() {
      history.eachUnmet((n, isSaved) => {
        if (!isSaved && !hasFile(history.record(n))) history.forget(n);
      });
    },
    get moved() {
      return made.moved;
    },
  };

  function isSettled(job: Job): boolean {
    const isNamed = givenName(job) !== undefined;
    if (job.sha256 === undefined) {
      if (!isNamed && !history.isNamed(job.n)) return true;
      const file = isNamed ? nameOf(job) : undefined;
      if (file !== undefined && history.hasFile(job.n, job.url, file)) return true;
    }
    const record = history.record(job.n);
    return record?.file === undefined || (hasName(job, record) && hasDigest(job, record));
  }

  function hasName(job: Job, record: Outcome): boolean {
    const given = givenName(job);
    // Without a name of its own a line keeps the name that it got, whatever the template is by now.
    return given === undefined ? givenName(record) === undefined : nameOf(job, record) === record.file;
  }

  function hasDigest({ sha256 }: Job, record: Outcome): boolean {
    return sha256 === undefined || !isSaved(record) || record.sha256 === sha256;
  }

  function settle(job: Job): Job {
    const { n, url } = job;
    if (job.kept !== undefined || job.refused?.error === "duplicate_number") return job;
    const state = history.state(n, url);
    if (state === "other") setAside(n);
    const isKnown = state !== undefined && state !== "other";
    if (job.refused !== undefined) return isKnown ? refusedAsItIs(job, job.refused) : job;
    if (!isKnown) return taking(job, foundFor(job) ?? keptFor(job) ?? failureFor(job));
    if (state === "saved" && isSettled(job)) {
      history.meet(n);
      return job;
    }
    const record = history.record(n);
    if (record?.file !== undefined && !hasName(job, record)) {
      setAside(n);
      return taking(job, foundFor(job) ?? keptFor(job) ?? failureFor(job));
    }
    history.meet(n);
    if (state === "saved") return digested(job, record);
    if (record !== undefined && isRight(folder, job, record)) {
      recordAs(job, asSaved(record));
      return job;
    }
    if (hasFile(record)) return state === "open" ? keeping(job, record) : job;
    const isOfLine = record === undefined || !isLasting(record); // of its URL it says nothing
    return taking(job, foundFor(job) ?? (isOfLine ? keptFor(job) : undefined));
  }

  /** A line for which nothing is tried keeps what it has, unless its name is what is wrong with it. */
  function refusedAsItIs(job: Job, { error }: Failure): Job {
    const record = history.record(job.n);
    if (hasFile(record) && error === "file_exists") {
      setAside(job.n);
      return job;
    }
    history.meet(job.n);
    return hasFile(record) ? keeping(job, record) : job;
  }

  /** Its record goes on to say all that is known of its file, whatever the line comes to. */
  function keeping(job: Job, record: Outcome | undefined): Job {
    const known = record?.outcome === "failed" && isOfUrl(record) ? undefined : record && knownOf(record);
    return known === undefined ? job : { ...job, kept: known };
  }

  /** The job, which is to be fetched again where its file does not have the digest that the list wants. */
  function digested(job: Job, record: Outcome | undefined): Job {
    const { sha256: wanted } = job;
    if (wanted === undefined || record?.file === undefined || record.sha256 === wanted) return job;
    const known = knownOf(record);
    const sha256 = record.sha256 ?? sha256Of(folder, record.file);
    if (known === undefined || sha256 === undefined) return job;
    if (sha256 !== wanted) return { ...job, kept: { ...known, sha256 } };
    recordAs(job, record);
    return job;
  }

  function taking(job: Job, found: Found | undefined): Job {
    if (found === undefined) return job;
    const why = take(job, found);
    if (why !== undefined) return { ...job, refused: why };
    // What failed elsewhere for its digest need not fail here.
    return isSaved(found.record) ? job : settle(job);
  }
}
