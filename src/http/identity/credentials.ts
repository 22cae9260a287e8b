// Who we are to the servers that the list names: Authorization out of a URL's own user and password, or out of netrc.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { OptionError } from "../../core/errors.ts";
import { basic, basicAuthorization, plainBytes } from "../connect/basic-auth.ts";
import { bare } from "../connect/no-proxy.ts";
import { entryFor, type NetrcEntry, parseNetrc } from "./netrc.ts";

/** A longer netrc is none. */
const MAX_NETRC_BYTES = 1_048_576;

/** Read and write for its owner only: what ~/.netrc has to be for every program that reads one. */
const OTHERS = 0o077;

/**
 * The value of Authorization for a URL of the list, and for no other: a redirect is no reason to tell somebody a password. The
 * URL's own password counts more than netrc's; for a URL with a user alone netrc has the password.
 */
export type Authorize = (listed: URL) => string | undefined;

export function authorizer(netrc: readonly NetrcEntry[]): Authorize {
  if (netrc.length === 0) return basicAuthorization;
  return (listed) => {
    if (listed.password !== "") return basicAuthorization(listed);
    const host = bare(listed.hostname).replace(/\.$/, "");
    const user = listed.username === "" ? undefined : plainBytes(listed.username);
    const entry = entryFor(netrc, host, user);
    if (entry === undefined) return basicAuthorization(listed);
    return basic(user ?? entry.login ?? "", entry.password ?? "");
  };
}

/** Reads a netrc file. Throws an OptionError for one that is not there, that others may read, or that is none. */
export function readNetrc(path: string): readonly NetrcEntry[] {
  const entries = parseNetrc(textOf(path));
  if ("problem" in entries) throw new OptionError(`netrc ${path}: ${entries.problem}`);
  return entries;
}

function textOf(path: string): string {
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    const stats = fstatSync(fd);
    // Windows has other rights than these.
    if (stats.isFile() && (stats.mode & OTHERS) !== 0 && process.platform !== "win32") {
      throw new OptionError(`netrc ${path}: others may read it: chmod 600 ${path}`);
    }
    return upTo(MAX_NETRC_BYTES, fd, `netrc ${path}`).toString("latin1");
  } catch (error) {
    if (error instanceof OptionError) throw error;
    throw new OptionError(`netrc ${path}: cannot be read: ${(error as Error).message}`, undefined, { cause: error });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** All that an open file has. Throws an OptionError where that is more than `mostBytes`: it may have no end. */
export function upTo(mostBytes: number, fd: number, what: string, option?: string): Buffer {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(65_536);
    const read = readSync(fd, piece);
    if (read === 0) return Buffer.concat(pieces);
    bytes += read;
    if (bytes > mostBytes) throw new OptionError(`${what}: more than ${mostBytes} bytes`, option);
    pieces.push(piece.subarray(0, read));
  }
}
