// The table of the internet benchmark: medians of all runs, one row per program.

import type { Finished, TimedOut } from "../measure.ts";

export type Round = (Finished | TimedOut) & {
  /** Number of saveable pages that were saved byte for byte. */
  readonly saved: number;
  /** Number of files that differ from what the server sent. */
  readonly wrong: number;
};

const HEADINGS = ["program", "good URLs saved", "wrong files", "wall s", "× curl", "CPU s", "peak MB"];

export function table(rows: readonly (readonly [name: string, rounds: readonly Round[]])[], saveable: number): string {
  const curl = rows.find(([name]) => name.startsWith("curl"))?.[1] ?? [];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(HEADINGS),
    line(HEADINGS.map((_, column) => (column === 0 ? "---" : "---:"))),
    ...rows.map(([name, rounds]) => line([name, ...cellsOf(rounds, curl, saveable)])),
  ].join("\n");
}

function cellsOf(rounds: readonly Round[], curl: readonly Round[], saveable: number): readonly string[] {
  const walls = rounds.map(wallOf);
  const ratios = walls.flatMap((wall, i) => {
    const its = curl[i];
    return its === undefined ? [] : [wall / wallOf(its)];
  });
  const least = Math.min(...rounds.map(({ saved }) => saved));
  return [
    `${least.toLocaleString("en-US")} of ${saveable.toLocaleString("en-US")}`,
    String(Math.max(...rounds.map(({ wrong }) => wrong))),
    walls.length === 1
      ? median(walls).toFixed(1)
      : `${median(walls).toFixed(1)} (${Math.min(...walls).toFixed(1)}–${Math.max(...walls).toFixed(1)})`,
    ratios.length === 0 ? "–" : median(ratios).toFixed(2),
    median(rounds.map((one) => ("userSeconds" in one ? one.userSeconds + one.sysSeconds : Number.NaN))).toFixed(1),
    (Math.max(...rounds.map((one) => ("peakRssBytes" in one ? (one.peakRssBytes ?? 0) : 0))) / 1e6).toFixed(0),
  ];
}

function wallOf(round: Round): number {
  return "timedOutSeconds" in round ? round.timedOutSeconds : round.wallSeconds;
}

function median(all: readonly number[]): number {
  const sorted = all.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2;
}
