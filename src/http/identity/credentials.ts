// Makes the Authorization header for the URLs of the list, from the URL's user and password or from netrc.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { OptionError } from "../../core/errors.ts";
import { basic, basicAuthorization, percentDecoded } from "../connect/basic-auth.ts";
import { withoutBrackets } from "../connect/no-proxy.ts";
import { entryFor, type NetrcEntry, parseNetrc } from "./netrc.ts";

/** Maximum size of a netrc file, in bytes: 1 MiB. */
const MAX_NETRC_BYTES = 1_048_576;

/** Permission bits of group and others, of which a netrc file may have none, as other programs require. */
const GROUP_OTHER_BITS = 0o077;

/**
 * Returns the value of Authorization for a URL of the list. It is not used for redirects, whose targets must not get a password.
 * The URL's password takes precedence over netrc's; for a URL with only a user, netrc has the password.
 */
export type Authorize = (listed: URL) => string | undefined;

export function authorizer(netrc: readonly NetrcEntry[]): Authorize {
  if (netrc.length === 0) return basicAuthorization;
  return (listed) => {
    if (listed.password !== "") return basicAuthorization(listed);
    const host = withoutBrackets(listed.hostname).replace(/\.$/, "");
    const user = listed.username === "" ? undefined : percentDecoded(listed.username);
    const entry = entryFor(netrc, host, user);
    if (entry === undefined) return basicAuthorization(listed);
    return basic(user ?? entry.login ?? "", entry.password ?? "");
  };
}

/** Reads a netrc file. Throws an OptionError if it is missing, invalid, or accessible to others. */
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
    // Windows has no such permission bits.
    if (stats.isFile() && (stats.mode & GROUP_OTHER_BITS) !== 0 && process.platform !== "win32") {
      throw new OptionError(`netrc ${path}: others may read it: chmod 600 ${path}`);
    }
    return readUpTo(MAX_NETRC_BYTES, fd, `netrc ${path}`).toString("latin1");
  } catch (error) {
    if (error instanceof OptionError) throw error;
    throw new OptionError(`netrc ${path}: cannot be read: ${(error as Error).message}`, undefined, { cause: error });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Reads an open file. Throws an OptionError if it has more than `maxBytes`: it may be endless. */
export function readUpTo(maxBytes: number, fd: number, what: string, option?: string): Buffer {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(65_536);
    const read = readSync(fd, piece);
    if (read === 0) return Buffer.concat(pieces);
    bytes += read;
    if (bytes > maxBytes) throw new OptionError(`${what}: more than ${maxBytes} bytes`, option);
    pieces.push(piece.subarray(0, read));
  }
}
