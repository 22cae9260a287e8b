// Faults, kills and edits of the list in any order, then one clean run: what is left is what a run that never failed leaves.

import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { array, assert, asyncProperty, constantFrom, integer, nat, oneof, record, tuple } from "fast-check";
import { expect, it } from "vitest";
import { ownFolder, ownSite } from "../support/own.ts";
import { type LeftBehind, leftIn, pageOf } from "../support/site.ts";
import { commandUnderWay } from "../support/under-way.ts";

const server = ownSite();
const folder = ownFolder();

const PAGES = 40;
/**
 * These head every list and are saved before anything goes wrong: a list of which more is gone than is there is refused as
 * another one, and four rounds of six edits take 24 lines away at most.
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
  /** The run is ended by this when so many requests have come. */
  end: tuple(constantFrom<NodeJS.Signals>("SIGKILL", "SIGKILL", "SIGINT"), integer({ min: 1, max: PAGES })),
});

it("faults, kills and edits, then a clean run: files and journal are those of a fresh run", async () => {
  const seed = Date.now() % 1_000_000_007;
  await assert(
    asyncProperty(array(page, { minLength: 5, maxLength: PAGES }), array(round, { minLength: 1, maxLength: 4 }), lived),
    { numRuns: 8, seed, endOnFailure: true },
  );
}, 120_000);

async function lived(
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

/** Runs against a server with faults, up to this signal, or to its end if that is sooner. */
async function endedBy([signal, requests]: [NodeJS.Signals, number], faults: number): Promise<void> {
  const args = ["urls.txt", "-o", "out", "-q", "-c", "8", "--retries", "1", "--timeout", "500ms"];
  let come = 0;
  let stop = () => {};
  for (let one = 0; one <= 80; one++) {
    const path = `/${one}`;
    let tries = 0;
    server.answers.set(path, (_, response) => {
      const dice = createHash("sha256").update(`${faults} ${path} ${tries++}`).digest();
      FAULTS[(dice[0] ?? 0) % 16]?.(response, path);
      if ((dice[0] ?? 0) % 16 >= FAULTS.length) response.setHeader("content-type", "text/plain").end(pageOf(path));
      if (++come === requests) stop();
    });
  }
  const running = commandUnderWay(args, folder.path);
  stop = () => running.kill(signal);
  const { code, signal: by, stderr } = await running.ended;
  expect([0, 1, null], stderr).toContain(code);
  if (code === null) expect(by).toBe(signal);
}

/** Of 16 answers so many are not what they should be. */
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

/** Without the lines that an earlier, longer list had at its end: what is recorded of them stays. */
function upTo(lines: number, { files, records, failed = [] }: LeftBehind): LeftBehind {
  const isLine = (n: number) => n <= lines;
  const listed = failed.filter((line) => isLine(Number(line.split("\t")[1])));
  return {
    files: Object.fromEntries(Object.entries(files).filter(([name]) => isLine(Number.parseInt(name, 10)))),
    records: records.filter(({ n = 0 }) => isLine(n)),
    failed: listed.length === 0 ? undefined : listed,
  };
}
