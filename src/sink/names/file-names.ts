// Makes a file's name from the --name template or the list's own name, and keeps it inside the folder.

import { OptionError } from "../../core/errors.ts";
import type { Failure } from "../../core/failure.ts";
import { isNumber, type Job } from "../../core/job.ts";
import { HEADERS_ENDING, OWN_ENDING, OWN_FILES, REMOVED } from "../../core/layout.ts";
import type { Expected } from "../../core/scheduler/name-queue.ts";
import { toUrl } from "../../core/url/to-url.ts";
import { extensionOf, hasOwnExtension, pathExtension } from "./extension.ts";
import { basenameOf, foldersOf, hostOf, type Limit, stemOf } from "./url-parts.ts";

export interface FileNames {
  /** The file for a job, relative to the folder, `/` between folders. `type` is the Content-Type. */
  of(job: Job, target: URL, type: string | undefined): string;
  /** The file for the head of the answer, beside the job's `file`. */
  headersOf(job: Job, target: URL, file: string): string;
  /** What is known of the name before the answer; undefined where no other line can have it, or the URL is invalid. */
  before(job: Job): Expected | undefined;
  /** Whether two lines may differ in their names only by the Content-Type of their answers. */
  readonly isUncertain: boolean;
  /** Whether the template makes different names for different line numbers. */
  readonly unique: boolean;
}

/** The value of a template field. `limit`: the maximum length of a part of the URL. */
type Expand = (job: Job, target: URL, extension: string, limit: Limit) => string;

/** Maximum length of one part of a path, in bytes: a little less than NAME_MAX (255) of common file systems. */
export const MAX_NAME_BYTES = 250;

/** The name in the list's second column, unless it is a number. */
export function givenName({ name }: { readonly name?: string }): string | undefined {
  return name === undefined || isNumber(name) ? undefined : name;
}

/** The failure of a path with a part that is longer than file systems accept; undefined for any other. */
export function nameTooLong(file: string): Failure | undefined {
  const isLong =
    file.length * 3 > MAX_NAME_BYTES && file.split("/").some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES);
  return isLong ? { error: "name_too_long", detail: `over ${MAX_NAME_BYTES} bytes` } : undefined;
}

const FIELDS: Readonly<Record<string, Expand>> = {
  n: (job) => String(job.n),
  ext: (_, __, extension) => extension,
  host: (_, target, __, limit) => hostOf(target, limit),
  path: (_, target, __, limit) => foldersOf(target, limit),
  basename: (_, target, __, limit) => basenameOf(target, limit),
  stem: (_, target, __, limit) => stemOf(target, limit),
};

/**
 * Parses a template such as `{n:6}{ext}`, with the fields n, n:<digits>, ext, host, path, basename and stem. `perDir`:
 * the names go into numbered folders, each for this many lines; a name from the list is used as it is. Throws an
 * OptionError.
 */
export function fileNames(template: string, perDir?: number): FileNames {
  const expanders = template.split("/").flatMap((part, i) => {
    // {basename}{ext} would have the extension twice.
    const plain = part.includes("{ext}") ? part.replaceAll("{basename}", "{stem}") : part;
    const pieces = plain.split(/(\{[^{}]*\})/).filter((piece) => piece !== "");
    const fields = pieces.map((piece) => (/^\{.*\}$/.test(piece) ? field(piece, template) : literal(piece)));
    return i === 0 ? fields : [literal("/"), ...fields];
  });
  if (!expanders.some(({ varies }) => varies)) {
    throw new OptionError(`"${template}": every file would have the same name (use {n}, {basename} or {host})`, "name");
  }
  const plain = template === "{n:6}{ext}";
  const urlFields = Math.max(1, expanders.filter(({ isOfUrl }) => isOfUrl).length);
  const folderOf = perDir === undefined ? () => "" : numberedFolders(template, perDir);
  const unique = UNIQUE.test(template);
  const hasExtension = template.includes("{ext}");

  const expand = (job: Job, target: URL, extension: string): string => {
    const withLimit = (limit: Limit) =>
      sanitized(expanders.map((field) => field.expand(job, target, extension, limit)).join(""));
    let file = withLimit(MAX_NAME_BYTES);
    // Parts of the URL are shortened, the template's own text is not.
    let limit = MAX_NAME_BYTES;
    for (let over = excessBytes(file); over > 0 && limit > 0; over = excessBytes(file)) {
      limit -= Math.ceil(over / urlFields);
      file = withLimit(limit);
    }
    return folderOf(job.n) + file;
  };

  return {
    unique,
    isUncertain: hasExtension && !unique,
    of(job, target, type) {
      // A number and a known extension are always safe.
      if (plain && job.name === undefined) {
        return folderOf(job.n) + String(job.n).padStart(6, "0") + extensionOf(target.pathname, type);
      }
      if (job.name !== undefined && !isNumber(job.name)) return sanitized(job.name);
      return expand(job, target, hasExtension ? extensionOf(target.pathname, type) : "");
    },
    headersOf(job, target, file) {
      const isNumbered = unique && hasExtension && givenName(job) === undefined;
      const stem = isNumbered ? expand(job, target, "") : file;
      const slash = file.lastIndexOf("/") + 1;
      const name = `${stem.slice(stem.lastIndexOf("/") + 1)}${HEADERS_ENDING}`;
      const isLong = Buffer.byteLength(name) > MAX_NAME_BYTES;
      return file.slice(0, slash) + (isLong ? `${String(job.n).padStart(6, "0")}${HEADERS_ENDING}` : name);
    },
    before(job) {
      if (job.name !== undefined && !isNumber(job.name)) {
        const file = sanitized(job.name);
        return { key: file.slice(0, file.length - pathExtension(file).length), file };
      }
      if (unique) return undefined;
      const target = toUrl(job.url);
      if (target === undefined) return undefined;
      const key = expand(job, target, "");
      if (!hasExtension) return { key, file: key };
      return hasOwnExtension(target.pathname)
        ? { key, file: expand(job, target, pathExtension(target.pathname)) }
        : { key };
    },
  };
}

/** A relative path that stays inside the folder, whatever the name contains. */
function sanitized(raw: string): string {
  const parts = raw.split("/").filter((part) => part !== "");
  return parts.map(sanitizedPart).join("/") || "_";
}

/** The number of bytes by which the longest part of a path exceeds the maximum; not above 0 where it does not. */
function excessBytes(file: string): number {
  if (3 * file.length <= MAX_NAME_BYTES) return 0;
  return Math.max(...file.split("/").map((part) => Buffer.byteLength(part))) - MAX_NAME_BYTES;
}

/** Returns the function that makes the folder of a line, such as `000/`, with the leading digits of the template's {n}. */
function numberedFolders(template: string, perDir: number): (n: number) => string {
  if (!Number.isSafeInteger(perDir) || perDir < 1) {
    throw new OptionError(`${perDir}: not a number of files (a whole number from 1 on)`, "perDir");
  }
  if (template.includes("/") || template.includes("{path}")) {
    throw new OptionError(
      ({ option }) => `"${template}" makes folders of its own: without ${option("perDir")}, or without the / or {path}`,
      "name",
    );
  }
  const [field, digits = "1"] = /\{n(?::(\d{1,2}))?\}/.exec(template) ?? [];
  const width = Math.max(1, (field === undefined ? 6 : Number(digits)) + 1 - String(perDir).length);
  return (n) => `${String(Math.floor(n / perDir)).padStart(width, "0")}/`;
}

interface Expander {
  readonly expand: Expand;
  readonly varies: boolean;
  /** A part of the URL, which may be of any length. */
  readonly isOfUrl?: boolean;
}

function literal(text: string): Expander {
  return { expand: () => text, varies: false };
}

function field(part: string, template: string): Expander {
  const name = part.slice(1, -1);
  const digits = /^n:(\d{1,2})$/.exec(name)?.[1];
  if (digits !== undefined) return { expand: (job) => String(job.n).padStart(Number(digits), "0"), varies: true };
  const expand = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
  if (expand === undefined) {
    throw new OptionError(
      `"${template}": no field ${part} (there are {n}, {n:6}, {ext}, {host}, {path}, {basename}, {stem})`,
      "name",
    );
  }
  return { expand, varies: name !== "ext", isOfUrl: !["n", "ext"].includes(name) };
}

/** A template with {n} and no digits or fields beside it: two numbers never make one name. */
const UNIQUE = /(^|[^\d}])\{n(:\d+)?\}($|\{ext\}$|[^\d{])/;

/** bulkget's own files, and device names of Windows with any ending. */
const RESERVED = new RegExp(
  `^(${OWN_FILES}|${REMOVED}|(con|prn|aux|nul|conin\\$|conout\\$|com\\d|lpt\\d) *(\\..*)?)$`,
  "i",
);

/** Separators, characters that Windows refuses, controls, invisible and bidirectional characters (Cf), lone surrogates. */
const UNSAFE_CHARACTERS = /[\\:*?"<>|\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** One part of a path without unsafe characters, not hidden, and not reserved. */
function sanitizedPart(part: string): string {
  const clean = withoutOuterDots(part.replace(UNSAFE_CHARACTERS, "_"));
  if (clean.length > MAX_NAME_BYTES) return clean; // it is refused later, and normalizing a long text takes very long
  const whole = OWN_ENDING.test(clean) ? `${clean}_` : clean;
  // Some file systems treat variants of a letter as equal ("reſults.jsonl"); COM¹ is a device of Windows.
  return RESERVED.test(whole.normalize("NFKC")) ? `_${whole}` : whole;
}

/** Replaces dots and blanks at either end by `_`. */
function withoutOuterDots(part: string): string {
  let from = 0;
  while (isDotOrBlank(part[from])) from++;
  let to = part.length;
  while (to > from && isDotOrBlank(part[to - 1])) to--;
  return `${from === 0 ? "" : "_"}${part.slice(from, to)}${to === part.length ? "" : "_"}`;
}

function isDotOrBlank(character: string | undefined): boolean {
  return character !== undefined && /[.\s]/.test(character);
}
