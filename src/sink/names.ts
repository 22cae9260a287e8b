// What a file is called: the template's expansion or the list's own name, and never anything outside the folder.

import { isNumber, type Job } from "../core/job.ts";
import { OptionError } from "../core/option.ts";
import { extensionOf, pathExtension } from "./extension.ts";

export interface Names {
  /** The file for a job, relative to the folder, `/` between folders. `type` is the Content-Type. */
  of(job: Job, target: URL, type: string | undefined): string;
  /** Whether the template alone keeps two jobs of different numbers apart. */
  readonly unique: boolean;
}

type Expand = (job: Job, target: URL, type: string | undefined) => string;

/** The bytes one part of a path may have: a little less than the 255 of common file systems. */
export const MAX_NAME_BYTES = 250;

/** The bytes of a URL's last segment that {basename} keeps. */
const MAX_BASENAME = 150;

const FIELDS: Readonly<Record<string, Expand>> = {
  n: (job) => String(job.n),
  ext: (_, target, type) => extensionOf(target.pathname, type),
  host: (_, target) => target.host.replace(/[[\]]/g, "").replaceAll(":", "_"),
  basename: (_, target) => basename(target.pathname),
};

/**
 * Reads a template such as `{n:6}{ext}`, with the fields n, n:<digits>, ext, host and basename. With `perDir` what it makes
 * goes into numbered folders of so many lines; a name that the list gives stays as it is. Throws an OptionError.
 */
export function names(template: string, perDir?: number): Names {
  const parts = template.split(/(\{[^{}]*\})/).filter((part) => part !== "");
  const expanders = parts.map((part) => (/^\{.*\}$/.test(part) ? field(part, template) : literal(part)));
  if (!expanders.some(({ varies }) => varies)) {
    throw new OptionError(
      `--name "${template}": every file would have the same name (use {n}, {basename} or {host})`,
      "name",
    );
  }
  const plain = template === "{n:6}{ext}";
  const folderOf = perDir === undefined ? () => "" : folders(template, perDir);
  return {
    unique: UNIQUE.test(template),
    of(job, target, type) {
      // Nothing in a number and a known extension needs looking at.
      if (plain && job.name === undefined) {
        return folderOf(job.n) + String(job.n).padStart(6, "0") + extensionOf(target.pathname, type);
      }
      const named = job.name !== undefined && !isNumber(job.name);
      const raw = named ? job.name : expanders.map(({ expand }) => expand(job, target, type)).join("");
      const clean = raw
        .split("/")
        .filter((part) => part !== "")
        .map(safe)
        .join("/");
      return (named ? "" : folderOf(job.n)) + (clean || "_");
    },
  };
}

/** The folder of a line, such as `000/`: as many digits as the template's own number has before those within a folder. */
function folders(template: string, perDir: number): (n: number) => string {
  if (!Number.isSafeInteger(perDir) || perDir < 1) {
    throw new OptionError(`--per-dir ${perDir}: not a number of files (a whole number from 1 on)`, "perDir");
  }
  if (template.includes("/")) {
    throw new OptionError(`--name "${template}" makes folders of its own: without --per-dir, or without the /`, "name");
  }
  const [field, digits = "1"] = /\{n(?::(\d{1,2}))?\}/.exec(template) ?? [];
  const width = Math.max(1, (field === undefined ? 6 : Number(digits)) + 1 - String(perDir).length);
  return (n) => `${String(Math.floor(n / perDir)).padStart(width, "0")}/`;
}

interface Expander {
  readonly expand: Expand;
  readonly varies: boolean;
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
      `--name "${template}": no field ${part} (there are {n}, {n:6}, {ext}, {host}, {basename})`,
      "name",
    );
  }
  return { expand, varies: name !== "ext" };
}

/** The last segment of a URL's path, without its known extension; "index" where there is none. */
function basename(pathname: string): string {
  const last = pathname.slice(pathname.lastIndexOf("/") + 1);
  return last.slice(0, last.length - pathExtension(pathname).length).slice(0, MAX_BASENAME) || "index";
}

/** {n} with nothing beside it that may be or end in digits: then no two numbers make the same name. */
const UNIQUE = /(^|[^\d}])\{n(:\d+)?\}($|\{ext\}$|[^\d{])/;

/** Names the run itself uses, or that Windows gives to devices, with any ending. */
const RESERVED = /^(results\.jsonl(\.foreign)?|failed\.txt|(con|prn|aux|nul|conin\$|conout\$|com\d|lpt\d) *(\..*)?)$/i;

/** What separates, what Windows refuses, controls, what cannot be seen or turns text around (Cf), halves of a character. */
const HARMFUL = /[\\:*?"<>|\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** One part of a path, harmless: nothing in it that separates or controls, not hidden, not reserved. */
function safe(part: string): string {
  const clean = part.replace(HARMFUL, "_").replace(/^[.\s]+|[.\s]+$/g, "_");
  if (/\.part$/i.test(clean)) return `${clean}_`; // what is called so is taken for a body that is not whole
  // Some file systems take other forms of a letter for the same name, as "reſults.jsonl"; to Windows, COM¹ is a device.
  return RESERVED.test(clean.normalize("NFKC")) ? `_${clean}` : clean;
}

/** Whether a file that somebody says a run has saved can be one: not outside the folder, hidden, or the run's own. */
export function isPossible(file: string): boolean {
  return !/^$|(^|\/)(\.|\/|$)|[\\:\0]|^(results\.jsonl(\.foreign)?|failed\.txt)$|\.part$/i.test(file);
}
