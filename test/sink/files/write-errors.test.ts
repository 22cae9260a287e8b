// File-system errors: which are one file's failure and which the disk's, for every code.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { FACTS, type FailureKind, isFatal } from "../../../src/core/failure.ts";
import { failureOfWrite } from "../../../src/sink/files/write-errors.ts";
import { ownFolder } from "../../support/own.ts";

const outside = ownFolder();
let folder: string;
beforeEach(() => {
  folder = outside.at("out");
  mkdirSync(join(folder, "sub"), { recursive: true });
});

/** An error as Node makes it from a system call. */
function said(code: string, syscall: string, errno = -((constants.errno as Record<string, number>)[code] ?? 0)): Error {
  return Object.assign(new Error(`${code}: something, ${syscall} 'x'`), { code, syscall, errno });
}

type Row = readonly [ofSub: FailureKind, ofFolder: FailureKind, ofThere: FailureKind, ofPart: FailureKind];
const alike = (name: FailureKind, part: FailureKind = "write_failed"): Row => [name, name, name, part];

/** The failures for a name in a subfolder, in the output folder, for an existing one there, and for the part. */
const TABLE: Readonly<Record<string, Row>> = {
  EFBIG: alike("file_too_large", "file_too_large"),
  ENAMETOOLONG: alike("name_too_long", "name_too_long"),
  EINVAL: alike("name_refused"),
  EILSEQ: alike("name_refused"),
  EOVERFLOW: alike("name_refused"),
  EMLINK: alike("name_refused"),
  EEXIST: alike("file_exists", "file_exists"),
  ENOTEMPTY: alike("file_exists"),
  EISDIR: alike("file_exists", "file_exists"),
  ELOOP: alike("file_exists", "file_exists"),
  ENOTDIR: alike("file_exists"),
  EBUSY: alike("file_exists"),
  ETXTBSY: alike("file_exists"),
  EACCES: ["name_refused", "write_failed", "name_refused", "write_failed"],
  EPERM: ["name_refused", "write_failed", "name_refused", "write_failed"],
  EROFS: ["name_refused", "write_failed", "name_refused", "write_failed"],
  EXDEV: ["name_refused", "write_failed", "write_failed", "write_failed"],
  ENOSPC: alike("disk_full", "disk_full"),
  EDQUOT: alike("disk_full", "disk_full"),
};

const CODES = Object.keys(constants.errno);

describe("an error of the file system", () => {
  it.each(Object.entries(TABLE))("%s, on a final name and on a part, is %j", (code, row) => {
    writeFileSync(join(folder, "there"), "");
    const of = (syscall: string, file: string) => failureOfWrite(said(code, syscall), folder, join(folder, file)).error;
    expect([of("rename", "sub/x"), of("rename", "x"), of("rename", "there"), of("write", "x")]).toEqual(row);
  });

  it("of any code is one line's failure or ends the run, and is never `internal`", () => {
    for (const code of CODES) {
      for (const syscall of [
        "open",
        "write",
        "writev",
        "close",
        "fsync",
        "rename",
        "link",
        "mkdir",
        "lstat",
        "copyfile",
      ]) {
        const { error, detail } = failureOfWrite(said(code, syscall), folder, join(folder, "x"));
        expect(error, `${code} ${syscall}`).not.toBe("internal");
        if (TABLE[code] === undefined) expect(error, `${code} ${syscall}`).toBe("write_failed");
        expect(detail).toContain(code);
      }
    }
  });

  it("without a code in Node, such as EDQUOT, is recognized by its number", () => {
    const number = -constants.errno.EDQUOT;
    const error = said(`Unknown system error ${number}`, "write", number);
    expect(failureOfWrite(error, folder, join(folder, "x"))).toEqual({
      error: "disk_full",
      detail: `${error.message} (EDQUOT)`,
    });
  });

  it("of an unknown code, such as EUCLEAN, ends the run", () => {
    for (const syscall of ["write", "rename"]) {
      const error = said("Unknown system error -117", syscall, -117);
      expect(failureOfWrite(error, folder, join(folder, "x"))).toEqual({
        error: "write_failed",
        detail: error.message,
      });
    }
  });

  it("on a name ends the run if the output folder is missing or no folder any more", () => {
    for (const name of ["rename", "mkdir", "lstat"]) {
      rmSync(folder, { recursive: true, force: true });
      for (const code of ["ENOENT", "ENOTDIR", "EACCES", "EINVAL"]) {
        const { error } = failureOfWrite(said(code, name), folder, join(folder, "sub", "x"));
        expect(isFatal(error), `${code} ${name}: ${error}`).toBe(true);
      }
      writeFileSync(folder, "");
      expect(failureOfWrite(said("ENOTDIR", name), folder, join(folder, "x")).error).toBe("write_failed");
    }
  });

  it("for lack of file descriptors is marked `fdsExhausted`", () => {
    for (const code of ["EMFILE", "ENFILE"]) {
      expect(failureOfWrite(said(code, "open"), folder, join(folder, "x"))).toMatchObject({ fdsExhausted: true });
    }
  });

  it("of one line is final, and EFBIG names the limit", () => {
    for (const kind of ["name_refused", "file_too_large", "file_exists", "name_too_long"] as const) {
      expect(FACTS[kind].retry).toBe("no");
    }
    expect(failureOfWrite(said("EFBIG", "write"), folder, join(folder, "x")).detail).toContain("ulimit -f");
  });

  it("that is no file-system error is `internal`", () => {
    expect(failureOfWrite(new TypeError("x is not a function"), folder, join(folder, "x")).error).toBe("internal");
    expect(failureOfWrite("text", folder, join(folder, "x")).error).toBe("internal");
  });
});
