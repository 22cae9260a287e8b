// Matches each line of the list with the saved files, in list order, and has files moved to their line's name.

import { digestsOf, hasDigests, mismatchedDigest } from "../core/digest.ts";
import type { Failure } from "../core/failure.ts";
import type { Job, Outcome } from "../core/job.ts";
import { givenName } from "../sink/names/file-names.ts";
import { knownOf } from "../source/skip-done.ts";
import { fileDigests, isAccepted } from "./check-digest.ts";
import { type FileMoverOptions, type Found, fileMover } from "./move-files.ts";
import { asSaved, dependsOnUrl, isSaved, isUrlFailure } from "./record-state.ts";

export interface LineMatcherOptions extends FileMoverOptions {
  /** No file is moved, and a line whose record cannot stay is refused by `removedLines`. */
  readonly isFixed?: boolean;
}

export interface LineMatcher {
  /** Whether the file saved under a line's number has the name and digest that the list requires. Changes nothing. */
  isSettled(job: Job): boolean;
  /**
   * Frees the line's number from another line's record, and moves the file saved for its URL to its name. Returns the job;
   * refused if its file cannot be renamed. Throws a FolderError, and file-system errors.
   */
  settle(job: Job): Job;
  /** Frees a file name that a line needs, if an unmatched line owns it: moves that file to "gone/". Otherwise false. */
  freeName(file: string): boolean;
  /** Deletes the records of unmatched lines without a file. Called when every line was settled. */
  dropUnmatchedFailures(): void;
  /** Number of files moved to their line's name. */
  readonly moved: number;
}

export function lineMatcher(options: LineMatcherOptions): LineMatcher {
  const { folder, history } = options;
  const mover = fileMover(options);
  const { moveTo, setAside, recordAs, hasFile, nameOf } = mover;
  const none = () => undefined;
  const { findSaved, findFailure, findKept } =
    options.isFixed === true ? { findSaved: none, findFailure: none, findKept: none } : mover;

  return {
    isSettled,
    settle,
    freeName(file) {
      const n = options.isFixed === true ? undefined : history.ownerOf(file);
      if (n === undefined) return false;
      try {
        setAside(n);
        return true;
      } catch {
        return false; // the file stays, and so its name stays in use
      }
    },
    dropUnmatchedFailures() {
      history.eachUnmatched((n, isSaved) => {
        if (!isSaved && !hasFile(history.record(n))) history.remove(n);
      });
    },
    get moved() {
      return mover.moved;
    },
  };

  function isSettled(job: Job): boolean {
    const isNamed = givenName(job) !== undefined;
    if (!hasDigests(job)) {
      if (!isNamed && !history.isNamed(job.n)) return true;
      const file = isNamed ? nameOf(job) : undefined;
      if (file !== undefined && history.hasFile(job.n, job.url, file)) return true;
    }
    const record = history.record(job.n);
    return record?.file === undefined || (hasName(job, record) && hasDigest(job, record));
  }

  function hasName(job: Job, record: Outcome): boolean {
    const given = givenName(job);
    // A line that the list does not name keeps its file name, even if the template has changed.
    return given === undefined ? givenName(record) === undefined : nameOf(job, record) === record.file;
  }

  function hasDigest(job: Job, record: Outcome): boolean {
    return !hasDigests(job) || !isSaved(record) || mismatchedDigest(job, record) === undefined;
  }

  function settle(job: Job): Job {
    const { n, url } = job;
    if (job.kept !== undefined || job.refused?.error === "duplicate_number") return job;
    const state = history.state(n, url);
    if (state === "other") setAside(n);
    const isKnown = state !== undefined && state !== "other";
    if (job.refused !== undefined) return isKnown ? settleRefused(job, job.refused) : job;
    if (!isKnown) return takeFound(job, findSaved(job) ?? findKept(job) ?? findFailure(job));
    if (state === "saved" && isSettled(job)) {
      history.markMatched(n);
      return job;
    }
    const record = history.record(n);
    if (record?.file !== undefined && !hasName(job, record)) {
      setAside(n);
      return takeFound(job, findSaved(job) ?? findKept(job) ?? findFailure(job));
    }
    history.markMatched(n);
    if (state === "saved") return checkDigest(job, record);
    if (record !== undefined && isAccepted(folder, job, record)) {
      recordAs(job, asSaved(record));
      return job;
    }
    if (hasFile(record)) return state === "open" ? withKept(job, record) : job;
    const isOfLine = record === undefined || !dependsOnUrl(record); // it does not concern the URL
    return takeFound(job, findSaved(job) ?? (isOfLine ? findKept(job) : undefined));
  }

  /** A refused line keeps its file, unless it is refused for its name. */
  function settleRefused(job: Job, { error }: Failure): Job {
    const record = history.record(job.n);
    if (hasFile(record) && error === "file_exists") {
      setAside(job.n);
      return job;
    }
    history.markMatched(job.n);
    return hasFile(record) ? withKept(job, record) : job;
  }

  /** The job's next record keeps all fields of its file, whatever its outcome. */
  function withKept(job: Job, record: Outcome | undefined): Job {
    const known = record?.outcome === "failed" && isUrlFailure(record) ? undefined : record && knownOf(record);
    return known === undefined ? job : { ...job, kept: known };
  }

  /** The job; with `kept` set, so that it is fetched again, if its file does not have the digest that the list requires. */
  function checkDigest(job: Job, record: Outcome | undefined): Job {
    const wanted = digestsOf(job);
    if (wanted === undefined || record?.file === undefined || mismatchedDigest(wanted, record) === undefined)
      return job;
    const known = knownOf(record);
    const digests = fileDigests(folder, record.file, wanted, digestsOf(record) ?? {});
    if (known === undefined || digests === undefined) return job;
    if (mismatchedDigest(wanted, digests) !== undefined) return { ...job, kept: { ...known, ...digests } };
    recordAs(job, record);
    return job;
  }

  function takeFound(job: Job, found: Found | undefined): Job {
    if (found === undefined) return job;
    const why = moveTo(job, found);
    if (why !== undefined) return { ...job, refused: why };
    // A line that failed elsewhere for its digest need not fail here.
    return isSaved(found.record) ? job : settle(job);
  }
}
