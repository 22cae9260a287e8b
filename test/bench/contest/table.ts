// Formats measurements as Markdown tables: medians, ranges, ratios.

import type { Cost } from "../measure.ts";
import type { Entrant, Failure } from "./contest.ts";
import type { Machine, Result } from "./results.ts";

const MEGA = 1e6;
const HEADINGS = ["peer", "wall s (min–max)", "× curl", "URL/s", "MB/s", "CPU s", "peak MB"];

export function document(date: string, results: readonly Result[]): string {
  const parts = [
    `# Benchmarks, ${date}`,
    "`npm run bench`. The median of all runs; `× curl` is the median of each run's time over that of the curl run next to it. " +
      "CPU is user and system time of the command and its children, without the server, which runs on the same cores. " +
      "The peak is the resident memory, of several processes the sum, as sampled every few ms. MB are of 1,000,000 bytes; the files go to memory (tmpfs) where there is any.",
  ];
  let shown = "";
  for (const result of results) {
    const machine = aboutMachine(result.machine);
    if (machine !== shown) parts.push(machine);
    shown = machine;
    parts.push(section(result));
  }
  return `${parts.join("\n\n")}\n`;
}

export function section(result: Result): string {
  const { workload, about, urls, bytes, concurrency, server, entrants, versions } = result;
  const curl = entrants.find(({ peer }) => peer === "curl");
  const rows = entrants.map((entrant) => row(entrant, versions[entrant.peer] ?? "", curl, urls, bytes));
  const what = `${count(urls)} × ${size(bytes)}, ${concurrency} at a time, server: ${server}`;
  const notes = entrants.flatMap(failureNote);
  return [`## ${workload}`, "", `${what}; ${about}.`, "", table([HEADINGS, ...rows]), ...notes].join("\n");
}

/** The table of a workload, with the fastest first, and the ratio of each to `ours`. */
export function comparison({ entrants, versions, urls }: Result, ours: string): string {
  const own = entrants.find(({ peer }) => peer === ours);
  const rows = entrants.flatMap((entrant) => {
    const walls = entrant.rounds.filter(succeeded).map(({ wallSeconds }) => wallSeconds);
    if (own === undefined || walls.length === 0) return [];
    const wall = median(walls);
    const times = entrant === own ? "" : median(ratiosOf(entrant, own)).toFixed(1);
    const name = `${entrant.peer} ${versions[entrant.peer] ?? ""}`.trim();
    return [{ wall, cells: [name, `${seconds(wall)} s`, count(Math.round(urls / wall)), times] }];
  });
  const sorted = rows.toSorted((a, b) => a.wall - b.wall).map(({ cells }) => cells);
  return table([["program", "time", "URL/s", `× ${ours}'s time`], ...sorted]);
}

function row(
  entrant: Entrant,
  version: string,
  curl: Entrant | undefined,
  urls: number,
  bytes: number,
): readonly string[] {
  const costs = entrant.rounds.filter(succeeded);
  const name = `${entrant.peer} ${version}`;
  if (costs.length === 0) return [name, "failed", "–", "–", "–", "–", "–"];
  const walls = costs.map(({ wallSeconds }) => wallSeconds);
  const wall = median(walls);
  const ratios = curl === undefined ? [] : ratiosOf(entrant, curl);
  const peaks = costs.flatMap(({ peakRssBytes }) => (peakRssBytes === undefined ? [] : [peakRssBytes]));
  return [
    name,
    walls.length === 1
      ? seconds(wall)
      : `${seconds(wall)} (${seconds(Math.min(...walls))}–${seconds(Math.max(...walls))})`,
    ratios.length === 0 ? "–" : median(ratios).toFixed(2),
    urls < 100 ? threeFigures(urls / wall) : count(Math.round(urls / wall)),
    threeFigures((urls * bytes) / wall / MEGA),
    seconds(median(costs.map(({ userSeconds, sysSeconds }) => userSeconds + sysSeconds))),
    peaks.length === 0 ? "–" : (Math.max(...peaks) / MEGA).toFixed(0),
  ];
}

/** The ratio of times within each round: a temporary load affects neighbouring runs equally. */
function ratiosOf(entrant: Entrant, other: Entrant): readonly number[] {
  return entrant.rounds.flatMap((mine, round) => {
    const its = other.rounds[round];
    return succeeded(mine) && succeeded(its) ? [mine.wallSeconds / its.wallSeconds] : [];
  });
}

function failureNote({ peer, rounds }: Entrant): readonly string[] {
  const failures = rounds.flatMap((round) => ("failed" in round ? [round.failed] : []));
  if (failures.length === 0) return [];
  return [
    "",
    `${peer} failed in ${failures.length} of ${rounds.length}, which are not in the figures: ${[...new Set(failures)].join("; ")}.`,
  ];
}

function aboutMachine({ cores, cpu, memoryGb, kernel, node }: Machine): string {
  return `${cores} × ${cpu}, ${memoryGb} GB, ${kernel}, Node ${node}.`;
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

function succeeded(round: Cost | Failure | undefined): round is Cost {
  return round !== undefined && !("failed" in round);
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (lower + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

function seconds(value: number): string {
  return value.toFixed(value < 1 ? 3 : 2);
}

function threeFigures(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function size(bytes: number): string {
  if (bytes >= 1024 ** 2) return `${bytes / 1024 ** 2} MiB`;
  return bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} B`;
}
