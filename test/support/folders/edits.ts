// Model of a list with random edits, and a server that counts requests per path.

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import type { Item } from "../../../src/index.ts";

/** One line of a list. */
export interface Line {
  /** Undefined for a blank line. */
  readonly path?: string;
  /** Whether the line is commented out. */
  readonly isOut?: boolean;
  readonly name?: string;
  readonly number?: number;
  readonly digest?: "right" | "wrong";
}

/** An edit of a list; numbers select lines, modulo the length. */
export interface Edit {
  readonly what: (typeof EDITS)[number];
  readonly at: number;
  readonly to: number;
  readonly path: string;
  readonly name: string;
}

const EDITS = [
  "insert",
  "insert",
  "repeat",
  "remove",
  "move",
  "swap",
  "reverse",
  "comment",
  "blank",
  "unblank",
  "double",
  "top",
  "change",
  "name",
  "unname",
  "exchange",
  "number",
  "unnumber",
  "digest",
  "undigest",
  "head",
  "tail",
] as const;

/** The options of a run. */
export interface How {
  readonly update?: boolean;
  readonly retryFailed?: boolean;
  readonly dedupe?: boolean;
  readonly prune?: boolean;
  readonly perDir?: number;
  readonly name?: string;
  /** Passes the list as an iterable, without blank lines, comments and numbers. */
  readonly once?: boolean;
}

/** A file that the user creates before a run, if its name is free. */
export interface Own {
  readonly file: string;
}

export interface Step {
  readonly edits: readonly Edit[];
  readonly how: How;
  readonly own: Own | undefined;
}

const NAMES = ["x1.txt", "x2.txt", "x3.txt", "cats/x4.txt"];
/** Paths of equal length, so that no file is recognised by its size. */
const PATHS = Array.from({ length: 24 }, (_, i) =>
  `/p${String(i).padStart(2, "0")}${["", ".txt", ".html"][i % 3]}`.padEnd(9, "~"),
);
/** Paths that are answered with 404. */
export const MISSING = new Set(PATHS.slice(20, 22));

export const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");
export const bodyOf = (path: string) => `the body of ${path}\n`;

const anyPath = fc.constantFrom(...PATHS);
const anyLine: fc.Arbitrary<Line> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ path: anyPath }) },
  { weight: 2, arbitrary: fc.record({ path: anyPath, name: fc.constantFrom(...NAMES) }) },
  { weight: 1, arbitrary: fc.record({ path: anyPath, number: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ path: anyPath, digest: fc.constantFrom("right" as const, "wrong" as const) }) },
  { weight: 1, arbitrary: fc.record({ path: anyPath, isOut: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.constant({}) },
);
export const PLAIN = "{n:6}{ext}";
/** The values of `--name`, one for all runs of a list. */
export const anyTemplate = fc.constantFrom(PLAIN, PLAIN, PLAIN, "{basename}", "{stem}{ext}", "{host}/{n}{ext}");

export const anyList = fc.array(anyLine, { minLength: 1, maxLength: 12 });

const anyEdit: fc.Arbitrary<Edit> = fc.record({
  what: fc.constantFrom(...EDITS),
  at: fc.nat({ max: 20 }),
  to: fc.nat({ max: 20 }),
  path: anyPath,
  name: fc.constantFrom(...NAMES),
});
const anyHow: fc.Arbitrary<How> = fc.oneof(
  { weight: 12, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ update: true }) },
  { weight: 1, arbitrary: fc.constant({ retryFailed: true }) },
  { weight: 2, arbitrary: fc.constant({ dedupe: true }) },
  { weight: 1, arbitrary: fc.constant({ prune: true }) },
  { weight: 1, arbitrary: fc.constant({ perDir: 4 }) },
  { weight: 3, arbitrary: fc.constant({ once: true }) },
  { weight: 1, arbitrary: fc.constant({ once: true, prune: true }) },
);
const anyOwn = fc.option(fc.record({ file: fc.constantFrom(...NAMES, "000003", "000007.txt", "notes.md") }), {
  nil: undefined,
  freq: 6,
});
export const anyStep: fc.Arbitrary<Step> = fc.record({
  edits: fc.array(anyEdit, { minLength: 1, maxLength: 3 }),
  how: anyHow,
  own: anyOwn,
});

/** Returns the list after an edit; unchanged where the edit does not apply. */
export function edited(list: readonly Line[], { what, at, to, path, name }: Edit): readonly Line[] {
  const place = list.length === 0 ? 0 : at % list.length;
  const other = list.length === 0 ? 0 : to % list.length;
  const one = list[place];
  const set = (more: Partial<Line>) => list.with(place, { ...one, ...more });
  const without = (key: keyof Line) => {
    const { [key]: _, ...rest } = one ?? {};
    return list.with(place, rest);
  };
  const inserted = (line: Line) => list.toSpliced(at % (list.length + 1), 0, line);
  if (what === "insert") return inserted({ path });
  if (what === "blank") return inserted({});
  if (what === "top") return [{ path, isOut: true }, ...list];
  if (one === undefined) return list;
  switch (what) {
    case "repeat":
      return inserted(one);
    case "remove":
      return list.toSpliced(place, 1);
    case "move":
      return list.toSpliced(place, 1).toSpliced(other, 0, one);
    case "swap":
      return list.with(place, list[other] ?? one).with(other, one);
    case "reverse":
      return list.toReversed();
    case "unblank":
      return list.filter((line) => line.path !== undefined);
    case "double":
      return list.length > 12 ? list : list.flatMap((line) => [line, {}]);
    case "head":
      return list.slice(0, place + 1);
    case "tail":
      return list.slice(place);
    case "exchange": {
      const names = [one.name, list[other]?.name];
      const named = (line: Line | undefined, name: string | undefined): Line => {
        const { name: _, ...rest } = line ?? {};
        return name === undefined ? rest : { ...rest, name };
      };
      return list.with(place, named(one, names[1])).with(other, named(list[other], names[0]));
    }
    default:
  }
  if (one.path === undefined) return list;
  switch (what) {
    case "comment":
      return one.isOut === true ? without("isOut") : set({ isOut: true });
    case "change":
      return set({ path });
    case "name":
      return set({ name });
    case "unname":
      return without("name");
    case "number":
      return set({ number: 1 + to });
    case "unnumber":
      return without("number");
    case "digest":
      return set({ digest: to % 3 === 0 ? "wrong" : "right" });
    default:
      return without("digest");
  }
}

/** A list as text. */
export function textOf(list: readonly Line[], origin: string): string {
  const lineOf = ({ path, isOut, name, number, digest }: Line) => {
    if (path === undefined) return "";
    const columns = [`${isOut === true ? "# " : ""}${origin}${path}`];
    if (name !== undefined || number !== undefined || digest !== undefined) columns.push(name ?? "");
    if (number !== undefined) columns.push(`n=${number}`);
    if (digest !== undefined) columns.push(`sha256=${digestOf(digest === "right" ? bodyOf(path) : "wrong")}`);
    return columns.join("\t");
  };
  return list.map((line) => `${lineOf(line)}\n`).join("");
}

/** A list as items of the library. */
export function* itemsOf(list: readonly Line[], origin: string): Generator<Item> {
  for (const { path, isOut, name, digest } of list) {
    if (path === undefined || isOut === true) continue;
    const sha256 = digest && digestOf(digest === "right" ? bodyOf(path) : "wrong");
    yield { url: origin + path, ...(name === undefined ? {} : { name }), ...(sha256 === undefined ? {} : { sha256 }) };
  }
}

/** A server that answers every path with the path, and counts requests. */
export async function countingServer() {
  let asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.set(path, (asked.get(path) ?? 0) + 1);
    if (MISSING.has(path)) response.writeHead(404).end();
    else response.setHeader("content-type", "text/plain").end(bodyOf(path));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Number of requests per path since the last call. */
    asked(): ReadonlyMap<string, number> {
      const before = asked;
      asked = new Map();
      return before;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
