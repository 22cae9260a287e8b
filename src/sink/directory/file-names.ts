// What a file is called: the template's expansion or the list's own name, and never anything outside the folder.

import { OptionError } from "../../core/errors.ts";
import type { Failure } from "../../core/failure.ts";
import { isNumber, type Job } from "../../core/job.ts";
import { LAYOUT, OWN_FILES, PART_ENDING } from "../../core/layout.ts";
import type { Expected } from "../../core/scheduler/name-queue.ts";
import { extensionOf, isCertain, pathExtension } from "./extension.ts";
import { basenameOf, foldersOf, hostOf, type Limit, stemOf } from "./url-parts.ts";

export interface FileNames {
  /** The file for a job, relative to the folder, `/` between folders. `type` is the Content-Type. */
  of(job: Job, target: URL, type: string | undefined): string;
  /** What is known of that without an answer; undefined where it is no other line's, or the URL is none. */
  before(job: Job): Expected | undefined;
  /** Whether there are lines whose names only answers tell apart. */
  readonly isUncertain: boolean;
  /** Whether the template alone keeps two jobs of different numbers apart. */
  readonly unique: boolean;
}

/** What a field becomes; `limit` bounds what is the URL's. */
type Expand = (job: Job, target: URL, extension: string, limit: Limit) => string;

/** The bytes one part of a path may have: a little less than the 255 of common file systems. */
export const MAX_NAME_BYTES = 250;

/** The name that a list gives, which no number is. */
export function givenName({ name }: { readonly name?: string }): string | undefined {
  return name === undefined || isNumber(name) ? undefined : name;
}

/** Says that a part of a file's path is longer than file systems take, if so. */
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
 * Reads a template such as `{n:6}{ext}`, with the fields n, n:<digits>, ext, host, path, basename and stem. With `perDir` what
 * it makes goes into numbered folders of so many lines; a name that the list gives stays as it is. Throws an OptionError.
 */
export function fileNames(template: string, perDir?: number): FileNames {
  const expanders = template.split("/").flatMap((part, i) => {
    // Beside {ext} the extension of {basename} would be there twice.
    const plain = part.includes("{ext}") ? part.replaceAll("{basename}", "{stem}") : part;
    const pieces = plain.split(/(\{[^{}]*\})/).filter((piece) => piece !== "");
    const fields = pieces.map((piece) => (/^\{.*\}$/.test(piece) ? field(piece, template) : literal(piece)));
    return i === 0 ? fields : [literal("/"), ...fields];
  });
  if (!expanders.some(({ varies }) => varies)) {
    throw new OptionError(`"${template}": every file would have the same name (use {n}, {basename} or {host})`, "name");
  }
  const plain = template === "{n:6}{ext}";
  const ofUrl = Math.max(1, expanders.filter(({ isOfUrl }) => isOfUrl).length);
  const folderOf = perDir === undefined ? () => "" : folders(template, perDir);
  const unique = UNIQUE.test(template);
  const hasExtension = template.includes("{ext}");

  const made = (job: Job, target: URL, extension: string): string => {
    const expanded = (limit: Limit) =>
      cleaned(expanders.map(({ expand }) => expand(job, target, extension, limit)).join(""));
    let file = expanded(MAX_NAME_BYTES);
    // What is the URL's gives way to what stands beside it.
    let limit = MAX_NAME_BYTES;
    for (let over = overIn(file); over > 0 && limit > 0; over = overIn(file)) {
      limit -= Math.ceil(over / ofUrl);
      file = expanded(limit);
    }
    return folderOf(job.n) + file;
  };

  return {
    unique,
    isUncertain: hasExtension && !unique,
    of(job, target, type) {
      // Nothing in a number and a known extension needs looking at.
      if (plain && job.name === undefined) {
        return folderOf(job.n) + String(job.n).padStart(6, "0") + extensionOf(target.pathname, type);
      }
      if (job.name !== undefined && !isNumber(job.name)) return cleaned(job.name);
      return made(job, target, hasExtension ? extensionOf(target.pathname, type) : "");
    },
    before(job) {
      if (job.name !== undefined && !isNumber(job.name)) {
        const file = cleaned(job.name);
        return { key: file.slice(0, file.length - pathExtension(file).length), file };
      }
      if (unique) return undefined;
      const target = URL.canParse(job.url) ? new URL(job.url) : undefined;
      if (target === undefined) return undefined;
      const key = made(job, target, "");
      if (!hasExtension) return { key, file: key };
      return isCertain(target.pathname) ? { key, file: made(job, target, pathExtension(target.pathname)) } : { key };
    },
  };
}

/** A path within the folder, of whatever a name is made of. */
function cleaned(raw: string): string {
  const parts = raw.split("/").filter((part) => part !== "");
  return parts.map(safe).join("/") || "_";
}

/** By how many bytes the longest part of a path is too long. */
function overIn(file: string): number {
  if (3 * file.length <= MAX_NAME_BYTES) return 0;
  return Math.max(...file.split("/").map((part) => Buffer.byteLength(part))) - MAX_NAME_BYTES;
}

/** The folder of a line, such as `000/`: as many digits as the template's own number has before those within a folder. */
function folders(template: string, perDir: number): (n: number) => string {
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
  /** It may be of any length. */
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

/** {n} with nothing beside it that may be or end in digits: then no two numbers make the same name. */
const UNIQUE = /(^|[^\d}])\{n(:\d+)?\}($|\{ext\}$|[^\d{])/;

/** Names the run itself uses, or that Windows gives to devices, with any ending. */
const RESERVED = new RegExp(
  `^(${OWN_FILES}|${LAYOUT.removed}|(con|prn|aux|nul|conin\\$|conout\\$|com\\d|lpt\\d) *(\\..*)?)$`,
  "i",
);

/** What separates, what Windows refuses, controls, what cannot be seen or turns text around (Cf), halves of a character. */
const HARMFUL = /[\\:*?"<>|\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** One part of a path, harmless: nothing in it that separates or controls, not hidden, not reserved. */
function safe(part: string): string {
  const clean = trimmed(part.replace(HARMFUL, "_"));
  if (clean.length > MAX_NAME_BYTES) return clean; // no file system takes it, and normalizing it may take for ever
  const whole = PART_ENDING.test(clean) ? `${clean}_` : clean; // what is called so is taken for a body that is not whole
  // Some file systems take other forms of a letter for the same name, as "reſults.jsonl"; to Windows, COM¹ is a device.
  return RESERVED.test(whole.normalize("NFKC")) ? `_${whole}` : whole;
}

/** With `_` for the dots and blanks at either end. */
function trimmed(part: string): string {
  let from = 0;
  while (isDotOrBlank(part[from])) from++;
  let to = part.length;
  while (to > from && isDotOrBlank(part[to - 1])) to--;
  return `${from === 0 ? "" : "_"}${part.slice(from, to)}${to === part.length ? "" : "_"}`;
}

function isDotOrBlank(character: string | undefined): boolean {
  return character !== undefined && /[.\s]/.test(character);
}
