// A listing whose run is killed repeatedly at random moments: every name is saved once, and no finished page is asked for again.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { own, ownFolder } from "../../support/own.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { journalOf, site, status } from "../../support/site.ts";

const NAMES = 1500;
const PER_PAGE = 50;
const KILLS = 10;

const folder = ownFolder();
const out = () => folder.at("out");

/** The numbers of the lines that are done, by the whole records of a killed run. */
function done(): Set<number> {
  const path = join(out(), "results.jsonl");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const records = text.split("\n").slice(0, -1);
  return new Set(records.map((line) => (JSON.parse(line) as { n: number }).n));
}

it.each([
  [[]],
  [["--workers", "2"]],
  [["--format", "tar", "--shard-count", "200"]],
  [["--name", "{basename}", "--dedupe"]],
])(
  `${NAMES} names with ${KILLS} kills are saved once each, and no page whose lines were all done is asked for twice (%j)`,
  async (more) => {
    const server = own(await site());
    const names = Array.from({ length: NAMES }, (_, i) => `file-${i}`);
    let requests = 0;
    let killAt = 0;
    let kill = () => {};
    const count = (): void => {
      if (++requests === killAt) kill();
    };
    for (const [i, name] of names.entries()) {
      // One of a hundred fails for good, which is done too.
      server.answers.set(`/get/${name}`, (request, response) => {
        count();
        if (i % 100 === 99) status(404)(request, response);
        else response.end(`${name}\n`);
      });
      if (i % PER_PAGE !== 0) continue;
      const page = { FileNames: names.slice(i, i + PER_PAGE), NextFile: i + PER_PAGE < NAMES ? i + PER_PAGE : null };
      server.answers.set(`/list${i === 0 ? "" : `?next-marker=${i}`}`, (_, response) =>
        response.end(JSON.stringify(page)),
      );
    }
    const args = [
      ...["--list-url", server.url("/list"), "--list-kind", "json", "--list-items", "$.FileNames[*]"],
      ...["--list-next", "$.NextFile", "--list-param", "next-marker", "--list-base", server.url("/get/")],
      ...["-o", "out", "-c", "10", "-q", "--fail-on", "never", ...more],
    ];
    const moments: number[] = [];
    for (let left = KILLS; left >= 0; left--) {
      const before = done();
      requests = 0;
      killAt = left === 0 ? -1 : 1 + Math.floor((Math.random() * 2 * (NAMES - before.size)) / (left + 1));
      moments.push(killAt);
      const running = commandUnderWay(args, folder.path);
      kill = () => running.kill("SIGKILL");
      const { code, signal, stderr } = await running.ended;
      expect(signal === "SIGKILL" || code === 0, `${moments}: ${code} ${stderr}`).toBe(true);
      const pages = server.asked().filter((path) => path.startsWith("/list"));
      const first = (path: string) => Number(new URL(path, server.origin).searchParams.get("next-marker") ?? 0) + 1;
      const again = pages.filter((path) => {
        const lines = Array.from({ length: PER_PAGE }, (_, i) => first(path) + i);
        return lines.every((n) => before.has(n));
      });
      expect(again, `killed after ${moments} requests`).toEqual([]);
      if (signal === null) break;
    }
    const records = journalOf(out());
    expect(records.map(({ n, url, outcome }) => [n, url, outcome])).toEqual(
      names.map((name, i) => [i + 1, server.url(`/get/${name}`), i % 100 === 99 ? "failed" : "saved"]),
    );
    expect(existsSync(join(out(), ".bulkget/pages"))).toBe(false);
  },
  300_000,
);
