// Makes jobs of the rows of a table: which column is the URL, the name or a digest, and what of a row goes into the record.

import { DIGEST_NAMES, normalizedDigest } from "../../../core/digest.ts";
import { isRowHeader } from "../../../core/http/header-rules.ts";
import { isNumber, type Job } from "../../../core/job.ts";
import { MAX_URL_LENGTH } from "../../../core/url/parse-url.ts";
import { nameWithoutUserinfo } from "../../../core/url/userinfo.ts";
import { UnreadableError } from "../format.ts";
import { claimNumber, jobOnLine, type Numbering } from "../numbering.ts";
import { COLUMN_ROLES, type ColumnRole, type TableOptions } from "./table-options.ts";

/** Maximum size of what is kept of a row, as JSON, and of its text, in bytes. */
export const MAX_EXTRA_BYTES = 65_536;

/** Maximum length of a name, in characters; one more is kept, so that it is refused. */
const MAX_NAME_LENGTH = 4096;

/** The URL of a row that has none, in records and messages. */
const NO_URL = "(no URL)";

/** What a column is for; "extra" alone: it goes into the record. */
export interface ColumnUse {
  readonly name: string;
  readonly index: number;
  readonly role: ColumnRole | undefined;
  readonly isKept: boolean;
  /** It is the text beside the body. */
  readonly isText: boolean;
}

/** Which columns of a table are used, by its header. Throws an UnreadableError if there is none for the URL, or one that an option names. */
export function columnUses(header: readonly string[], table: TableOptions): ColumnUse[] {
  const roles = rolesByColumn(table);
  const kept = keptColumns(table);
  const found = new Set<string>();
  const uses = header.flatMap((title, index) => {
    const name = title.trim();
    const key = name.toLowerCase();
    const role = found.has(key) ? undefined : roles.get(key);
    const isKept = kept === "all" ? role === undefined && name !== "" : kept.has(key);
    const isText = key === table.text?.toLowerCase() && !found.has(key);
    found.add(key);
    return role === undefined && !isKept && !isText ? [] : [{ name, index, role, isKept, isText }];
  });
  const named = Object.values(table.column ?? {}).filter((name) => name !== undefined && name !== "");
  const wanted = [
    roles.get("url") === "url" ? "url" : "",
    ...named,
    table.text,
    ...(kept === "all" ? [] : (table.keep ?? [])),
  ];
  const missing = wanted.find((name = "") => name !== "" && !found.has(name.toLowerCase()));
  if (missing !== undefined) throw lacking(missing, header, missing === wanted[0]);
  return uses;
}

/** Whether the options name columns by their numbers: there is no header then. */
export function hasNoHeader({ column }: TableOptions): boolean {
  const names = Object.values(column ?? {}).filter((name) => name !== undefined && name !== "");
  return names.length > 0 && names.every((name) => /^[1-9]\d{0,5}$/.test(name ?? ""));
}

/** The columns of a table without a header, called by their numbers. */
export function numberedColumns(count: number, { column, keep, text }: TableOptions): ColumnUse[] {
  const own = Object.fromEntries(COLUMN_ROLES.map((role) => [role, column?.[role] ?? ""]));
  return columnUses(
    Array.from({ length: count }, (_, i) => String(i + 1)),
    { column: own, keep, text },
  );
}

/** Roles that only an option gives: a column that happens to be called n is no line number. */
const IF_NAMED: ReadonlySet<ColumnRole> = new Set(["n"]);

/** The role of each column, by its name in lower case. */
export function rolesByColumn({ column = {} }: TableOptions): ReadonlyMap<string, ColumnRole> {
  const roles = new Map<string, ColumnRole>();
  for (const role of COLUMN_ROLES) if (column[role] === undefined && !IF_NAMED.has(role)) roles.set(role, role);
  for (const role of COLUMN_ROLES) {
    const name = column[role];
    if (name !== undefined && name !== "") roles.set(name.toLowerCase(), role);
  }
  return roles;
}

/** The names of the kept columns, in lower case. */
export function keptColumns({ keep = [] }: TableOptions): "all" | ReadonlySet<string> {
  return keep.length === 1 && keep[0]?.toLowerCase() === "all" ? "all" : new Set(keep.map((one) => one.toLowerCase()));
}

/** Maximum number of columns in a message. */
const MAX_SHOWN = 20;

/** `isDefault`: no option names the column. */
function lacking(name: string, header: readonly string[], isDefault: boolean): UnreadableError {
  const shown = header.slice(0, MAX_SHOWN).map((title) => title.trim().slice(0, 40));
  const more = header.length > MAX_SHOWN ? ", …" : "";
  const what = `it has no column ${JSON.stringify(name)}, but ${shown.join(", ")}${more}`;
  return new UnreadableError(({ option }) =>
    isDefault ? `${what} (${option("column")} names the column of the URL: url=NAME)` : what,
  );
}

/** The values of a row, by what they are for. */
export interface RowValues {
  readonly roles: { readonly [Role in ColumnRole]?: unknown };
  readonly extra?: Readonly<Record<string, unknown>>;
  /** The value of the text's column; absent if there is no such column. */
  readonly text?: unknown;
}

/** Takes the values of a row out of its cells, in the order of the header. */
export function valuesOf(cells: readonly unknown[], uses: readonly ColumnUse[]): RowValues {
  const roles: { [Role in ColumnRole]?: unknown } = {};
  let extra: Record<string, unknown> | undefined;
  let text: unknown;
  for (const { name, index, role, isKept, isText } of uses) {
    const value = cells[index];
    if (role !== undefined) roles[role] = value;
    if (isText) text = value ?? "";
    if (!isKept || value === undefined) continue;
    extra ??= {};
    extra[name] = value;
  }
  return { roles, ...(extra === undefined ? {} : { extra }), ...(text === undefined ? {} : { text }) };
}

/** Takes the values of a row out of the members of an object, in any case. */
export function membersOf(table: TableOptions): (object: Readonly<Record<string, unknown>>) => RowValues {
  const roles = rolesByColumn(table);
  const kept = keptColumns(table);
  const textKey = table.text?.toLowerCase();
  return (object) => {
    const values: { [Role in ColumnRole]?: unknown } = {};
    const extra: Record<string, unknown> = {};
    let text: unknown;
    for (const [name, value] of Object.entries(object)) {
      const key = name.toLowerCase();
      const role = roles.get(key);
      // Of members that differ in case alone, the first counts.
      if (role !== undefined && value !== null) values[role] ??= value;
      if (kept === "all" ? role === undefined : kept.has(key)) extra[name] = value;
      if (key === textKey) text ??= value;
    }
    return {
      roles: values,
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
      ...(textKey === undefined ? {} : { text: text ?? "" }),
    };
  };
}

type MutableJob = { -readonly [K in keyof Job]: Job[K] };

/** The job of a row. `row`: its number in the table, from 1; `line`: where it begins in the file, if that is another number. */
export function rowJob({ roles, extra, text }: RowValues, row: number, line: number, numbering: Numbering): Job {
  const url = textOf(roles.url)?.trim() ?? "";
  if (url === "") return brokenRow("it has no URL", row, line, numbering);
  const job: MutableJob = jobOnLine(url.slice(0, MAX_URL_LENGTH + 1), row, numbering);
  const name = textOf(roles.name)?.trim() ?? "";
  const n = textOf(roles.n)?.trim() ?? (isNumber(name) ? name : "");
  if (n !== "" && !isNumber(n))
    return brokenRow(`its number is none: ${JSON.stringify(n.slice(0, 40))}`, row, line, numbering);
  if (n !== "") {
    job.n = Number(n);
    job.numbered = true;
  }
  // A number that the table gives may be another row's, as a name may.
  const named = name === "" ? n : name;
  if (named !== "") job.name = nameWithoutUserinfo(named.slice(0, MAX_NAME_LENGTH + 1));
  for (const digest of DIGEST_NAMES) {
    const text = textOf(roles[digest]) ?? "";
    if (text.trim() !== "") job[digest] = normalizedDigest(digest, text);
  }
  if (roles.headers !== undefined && roles.headers !== null && roles.headers !== "") {
    const headers = headersIn(roles.headers);
    if (headers === undefined) {
      const detail = "its headers are not an object of names and values that can be sent";
      return { ...brokenRow(detail, row, line, numbering), url: job.url };
    }
    if (headers.length > 0) job.headers = headers;
  }
  if (extra !== undefined) {
    const kept = keptOf(extra);
    if (kept === undefined) {
      const detail = `what is kept of it is larger than ${MAX_EXTRA_BYTES / 1024} KiB`;
      return { ...brokenRow(detail, row, line, numbering), url: job.url };
    }
    job.extra = kept;
  }
  if (text !== undefined) {
    job.text = textOf(text) ?? "";
    if (Buffer.byteLength(job.text) > MAX_EXTRA_BYTES) {
      const detail = `its text is larger than ${MAX_EXTRA_BYTES / 1024} KiB`;
      return { ...brokenRow(detail, row, line, numbering), url: job.url };
    }
  }
  return claimNumber(job, row, numbering);
}

/** The job of a row that cannot be read: it fails, and names its place. */
export function brokenRow(detail: string, row: number, line: number, numbering: Numbering): Job {
  const job = { ...jobOnLine(NO_URL, row, numbering), line, refused: { error: "invalid_row", detail } } as const;
  return claimNumber(job, row, numbering);
}

/** A value as the text of a URL, a name or a digest; undefined where it is none. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" ? String(value) : undefined;
}

/** Maximum size of the headers of a row, in characters. */
const MAX_HEADERS_CHARS = 16_384;

/** Headers out of an object, or out of one in JSON, as alternating names and values; undefined if they cannot be sent. */
function headersIn(value: unknown): string[] | undefined {
  let object: unknown = value;
  if (typeof value === "string") {
    try {
      object = JSON.parse(value);
    } catch {
      return undefined;
    }
  }
  if (typeof object !== "object" || object === null || Array.isArray(object)) return undefined;
  const headers: string[] = [];
  let chars = 0;
  for (const [name, text] of Object.entries(object)) {
    if (typeof text !== "string" || !isRowHeader(name, text)) return undefined;
    headers.push(name, text);
    chars += name.length + text.length;
  }
  return chars > MAX_HEADERS_CHARS ? undefined : headers;
}

/** What goes into a record, as JSON has it; undefined if it is too large. */
function keptOf(extra: Readonly<Record<string, unknown>>): Job["extra"] | undefined {
  const text = JSON.stringify(extra, inJson);
  if (text.length > MAX_EXTRA_BYTES || Buffer.byteLength(text) > MAX_EXTRA_BYTES) return undefined;
  return JSON.parse(text) as Job["extra"];
}

/** Whole numbers beyond 2^53 and bytes have no form in JSON: they become text, the bytes in base64. */
function inJson(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}
