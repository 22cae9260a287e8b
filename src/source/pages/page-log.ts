// The file that keeps where each page of a listing begins: a killed run goes on at its pages with open lines.

import { closeSync, fstatSync, ftruncateSync, readSync, rmSync } from "node:fs";
import { checked, createToAppend, isSingleLinkFile, openToAppend } from "../../fs/open-nofollow.ts";
import { writeAllSync } from "../../fs/write-all.ts";

/** Where a page begins. */
export interface PageStart {
  /** The number of its first line. */
  readonly first: number;
  /** Undefined: the listing has ended, and `first` is one more than its last number. "" for the first page. */
  readonly marker: string | undefined;
  /** Identifies the last line of the page before it, "" if there was none. */
  readonly last: string;
}

export interface PageLog {
  /** Writes what was added, and creates the file. Before it the file stays as it is: a list that is refused changes nothing. */
  begin(): void;
  /** The page that an earlier run recorded behind the current one, if any. The current one is the first page at the beginning. */
  readonly following: PageStart | undefined;
  /** Makes `following` the current page. */
  advance(): void;
  /** Adds a page behind the current one, in the place of all that an earlier run recorded there, and makes it the current one. */
  add(start: PageStart): void;
  /** Keeps no more pages, and removes the file: the next run begins with the first page. */
  drop(): void;
  close(): void;
}

/**
 * Opens the file, if there is one. `listing` identifies the listing: a file of another one is not used. Each page is a line of
 * JSON, written at once from `begin` on, so that it survives `kill -9`; a torn line is the end. Where the file cannot be used,
 * nothing is kept: it saves requests only.
 */
export function pageLog(path: string, listing: string): PageLog {
  const header = JSON.stringify({ version: 1, listing });
  let fd = opened(() => checked(openToAppend(path), isOwn));
  const lines = fd === undefined ? undefined : linesOf(fd);
  let following: PageStart | undefined;
  /** The lengths of the file up to the current page, and up to the following one. */
  let bytes = 0;
  let followingBytes = 0;
  let isEarlier = true;
  /** What `begin` has to write. */
  let held: string[] | undefined = [];

  const close = () => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  const drop = () => {
    close();
    following = undefined;
    held = undefined;
    rmSync(path, { force: true });
  };
  const attempt = (act: (fd: number) => void) => {
    try {
      if (fd !== undefined) act(fd);
    } catch {
      drop(); // a full disk: half a line would be followed by whole ones
    }
  };
  const write = (line: string) => {
    if (held === undefined) attempt((to) => void writeAllSync(to, [Buffer.from(`${line}\n`)]));
    else held.push(line);
  };
  const read = () => {
    const line = lines?.next().value;
    following = line && startIn(line.text);
    followingBytes = line?.end ?? 0;
  };
  /** Removes what an earlier run recorded behind the current page. */
  const endEarlier = () => {
    if (!isEarlier) return;
    isEarlier = false;
    following = undefined;
    if (held === undefined) attempt((of) => ftruncateSync(of, bytes));
    if (bytes === 0) write(header);
  };

  const first = lines?.next().value;
  if (first?.text === header) {
    bytes = first.end;
    read();
  } else endEarlier();

  return {
    get following() {
      return following;
    },
    begin() {
      if (held === undefined) return;
      const added = held;
      held = undefined;
      fd ??= opened(() => createToAppend(path));
      if (!isEarlier) attempt((of) => ftruncateSync(of, bytes));
      for (const line of added) write(line);
    },
    advance() {
      bytes = followingBytes;
      read();
    },
    add({ first: number, marker, last }) {
      endEarlier();
      write(JSON.stringify(marker === undefined ? [number, last] : [number, last, marker]));
    },
    drop,
    close,
  };
}

function isOwn(stats: Parameters<typeof isSingleLinkFile>[0]): void {
  if (!isSingleLinkFile(stats)) throw new Error("no file, or one with a second name");
}

function opened(open: () => number): number | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}

function startIn(text: string): PageStart | undefined {
  try {
    const [first, last, marker]: unknown[] = JSON.parse(text) as unknown[];
    const isStart =
      Number.isSafeInteger(first) && typeof last === "string" && /^(?:string|undefined)$/.test(typeof marker);
    return isStart ? { first: first as number, last: last as string, marker: marker as string | undefined } : undefined;
  } catch {
    return undefined;
  }
}

const CHUNK_BYTES = 65_536;
/** Maximum length of a line: a marker is part of a URL. */
const MAX_LINE_BYTES = 1_048_576;

/** The whole lines of the file, each with the offset of its end. */
function* linesOf(fd: number): Generator<{ readonly text: string; readonly end: number }, undefined> {
  const { size } = fstatSync(fd);
  let held: Buffer = Buffer.alloc(0);
  let at = 0;
  let end = 0;
  while (at < size && held.length < MAX_LINE_BYTES) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const read = readSync(fd, chunk, 0, CHUNK_BYTES, at);
    if (read === 0) return;
    at += read;
    held = Buffer.concat([held, chunk.subarray(0, read)]);
    let from = 0;
    for (let feed = held.indexOf(0x0a); feed !== -1; feed = held.indexOf(0x0a, from)) {
      end += feed + 1 - from;
      yield { text: held.toString("utf8", from, feed), end };
      from = feed + 1;
    }
    held = held.subarray(from);
  }
  return undefined;
}
