// After faults, kills and edits of the list in random order, one clean run leaves the same folder as a fresh run.

import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { array, assert, asyncProperty, constantFrom, integer, nat, oneof, record, tuple } from "fast-check";
import { expect, it } from "vitest";
import { ownFolder, ownSite } from "../../support/own.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { type LeftBehind, leftIn, pageOf } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();

const PAGES = 40;
/**
 * The first lines of every list, saved before any fault: a list that lost more than half of its lines is refused, and four
 * rounds of six edits remove 24 lines at most.
 */
const HEAD = Array.from({ length: 24 }, (_, i) => `/head-${i + 1}`);
const page = nat({ max: 80 });
const edit = oneof(
  record({ kind: constantFrom("insert", "change"), at: nat(), page }),
  record({ kind: constantFrom("remove"), at: nat(), page }),
  record({ kind: constantFrom("swap"), at: nat(), page: nat() }),
);
type Edit = { readonly kind: string; readonly at: number; readonly page: number };
const round = record({
  edits: array(edit, { maxLength: 6 }),
  faults: nat(),
  /** The signal that ends the run, and the number of requests after which it is sent. */
  end: tuple(constantFrom<NodeJS.Signals>("SIGKILL", "SIGKILL", "SIGINT"), integer({ min: 1, max: PAGES })),
});

it("a clean run after random faults, kills and edits of the list leaves the files and records of a fresh run", async () => {
  const seed = Date.now() % 1_000_000_007;
  await assert(
    asyncProperty(
      array(page, { minLength: 5, maxLength: PAGES }),
      array(round, { minLength: 1, maxLength: 4 }),
      endsAsFreshRun,
    ),
    { numRuns: Number(process.env["CHAOS_RUNS"] ?? 4), seed, endOnFailure: true },
  );
}, 120_000);

async function endsAsFreshRun(
  first: readonly number[],
  rounds: readonly { edits: Edit[]; faults: number; end: [NodeJS.Signals, number] }[],
) {
  const outputs = ["out", "fresh"];
  for (const name of outputs) rmSync(folder.at(name), { recursive: true, force: true });
  let pages = [...first];
  const write = () => {
    const paths = [...HEAD, ...pages.map((one) => `/${one}`)];
    folder.list(paths.map(server.url));
  };
  folder.list(HEAD.map(server.url));
  const began = await folder.run(["urls.txt", "-o", "out"]);
  expect(began.code, began.stderr).toBe(0);
  for (const { edits, faults, end } of rounds) {
    pages = edits.reduce(edited, pages);
    write();
    await endedBy(end, faults);
  }
  server.answers.clear();
  const { code, stderr } = await folder.run(["urls.txt", "-o", "out", "--retry-failed"]);
  expect(code, stderr).toBe(0);
  const clean = await folder.run(["urls.txt", "-o", "fresh"]);
  expect(clean.code, clean.stderr).toBe(0);
  expect(upTo(HEAD.length + pages.length, leftIn(folder.at("out")))).toEqual(leftIn(folder.at("fresh")));
}

function edited(pages: readonly number[], { kind, at, page: one }: Edit): number[] {
  const i = at % pages.length;
  if (kind === "insert") return pages.toSpliced(i, 0, one);
  if (kind === "change") return pages.with(i, one);
  if (kind === "remove") return pages.length > 1 ? pages.toSpliced(i, 1) : [...pages];
  const j = one % pages.length;
  return pages.with(i, pages[j] ?? 0).with(j, pages[i] ?? 0);
}

/** Runs against a server with faults until the signal, or to its end if that is sooner. */
async function endedBy([signal, requests]: [NodeJS.Signals, number], faults: number): Promise<void> {
  const args = ["urls.txt", "-o", "out", "-q", "-c", "8", "--retries", "1", "--timeout", "500ms"];
  let requestCount = 0;
  let stop = () => {};
  for (let one = 0; one <= 80; one++) {
    const path = `/${one}`;
    let tries = 0;
    server.answers.set(path, (_, response) => {
      const dice = createHash("sha256").update(`${faults} ${path} ${tries++}`).digest();
      FAULTS[(dice[0] ?? 0) % 16]?.(response, path);
      if ((dice[0] ?? 0) % 16 >= FAULTS.length) response.setHeader("content-type", "text/plain").end(pageOf(path));
      if (++requestCount === requests) stop();
    });
  }
  const running = commandUnderWay(args, folder.path);
  stop = () => running.kill(signal);
  const { code, signal: by, stderr } = await running.ended;
  expect([0, 1, null], stderr).toContain(code);
  if (code === null) expect(by).toBe(signal);
}

/** The faults, each in 1 of 16 responses. */
const FAULTS: readonly ((response: ServerResponse, path: string) => void)[] = [
  (response) => void response.writeHead(503).end(),
  (response) => void response.writeHead(404).end("not now\n"),
  (response) => response.socket?.resetAndDestroy(),
  (response) => response.destroy(),
  () => {}, // for longer than --timeout
  (response, path) => {
    const whole = pageOf(path);
    response.writeHead(200, { "content-type": "text/plain", "content-length": whole.length });
    response.write(whole.subarray(0, whole.length >> 1), () => response.destroy());
  },
];

/** Removes the lines that only an earlier, longer list had: their files and records stay. */
function upTo(lines: number, { files, records, failed = [] }: LeftBehind): LeftBehind {
  const isLine = (n: number) => n <= lines;
  const listed = failed.filter((line) => isLine(Number(line.split("\t")[1])));
  return {
    files: Object.fromEntries(Object.entries(files).filter(([name]) => isLine(Number.parseInt(name, 10)))),
    records: records.filter(({ n = 0 }) => isLine(n)),
    failed: listed.length === 0 ? undefined : listed,
  };
}
