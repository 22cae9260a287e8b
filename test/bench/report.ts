// Measures `bulkget report` on made-up journals: time and memory of the figures, and of the records as Parquet.

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BIN } from "../support/command.ts";
import { writeMadeUpJournal } from "../support/folders/made-up-journal.ts";
import { measure } from "./measure.ts";

const USAGE = "node dist/test/bench/report.js [records ...], default: 500 1000000 10000000";
const LIMIT_SECONDS = 600;

const given = process.argv.slice(2);
if (given.some((word) => !/^[1-9]\d{0,8}$/.test(word))) throw new Error(USAGE);
const sizes = given.length === 0 ? [500, 1_000_000, 10_000_000] : given.map(Number);

const rows = [
  "| records | journal MB | what | wall s | CPU s | peak MB | file MB |",
  "| ---: | ---: | --- | ---: | ---: | ---: | ---: |",
];
for (const records of sizes) {
  const folder = mkdtempSync(join(tmpdir(), "bulkget-report-"));
  try {
    writeMadeUpJournal(folder, { records, repeated: 0.01 });
    const journalMb = megabytes(join(folder, "results.jsonl"));
    const kinds = [
      ["text", [], undefined],
      ["--json", ["--json"], undefined],
      ["--parquet", ["--parquet", "r.parquet"], "r.parquet"],
    ] as const;
    for (const [name, options, file] of kinds) {
      const argv = [process.execPath, BIN, "report", ".", ...options];
      const cost = await measure({ argv, cwd: folder }, LIMIT_SECONDS, new AbortController().signal);
      if ("timedOutSeconds" in cost || cost.exitCode !== 0) throw new Error(JSON.stringify(cost));
      const { wallSeconds, userSeconds, sysSeconds, peakRssBytes = 0 } = cost;
      const cpu = (userSeconds + sysSeconds).toFixed(1);
      const written = file === undefined ? "" : megabytes(join(folder, file));
      rows.push(
        `| ${records} | ${journalMb} | ${name} | ${wallSeconds} | ${cpu} | ${Math.round(peakRssBytes / 1e6)} | ${written} |`,
      );
      console.error(rows.at(-1));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
console.log(rows.join("\n"));

function megabytes(path: string): string {
  return (statSync(path).size / 1e6).toFixed(1);
}
