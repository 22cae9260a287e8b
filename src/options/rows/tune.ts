// Options of `bulkget tune` only.

import { DURATION, FILE, type Rows } from "../row.ts";

const notInLibrary = "only the command has `tune`";

export const MEASURING = {
  upTo: {
    type: "whole",
    flags: "--up-to <n>",
    summary: "highest concurrency to measure",
    details: `
      Highest number of concurrent requests to measure: 1, 2, 4, 8 and so on, up to this.`,
    least: 1,
    most: 10_000,
    default: 256,
    notInLibrary,
  },
  sample: {
    type: "whole",
    flags: "--sample <n>",
    summary: "URLs to take from the list",
    details: `
      Number of URLs to measure with, taken from all over the first million lines of the list.`,
    least: 1,
    most: 1_000_000,
    default: 10_000,
    notInLibrary,
  },
  stepMs: {
    ...DURATION,
    flags: "--step-time <time>",
    summary: "how long to measure each number",
    details: `
      Duration of each measurement.`,
    default: 3000,
    notInLibrary,
  },
  svg: {
    ...FILE,
    flags: "--svg <file>",
    summary: "file for the chart",
    details: `
      File that the chart is written to, as SVG.`,
    default: "tune.svg",
    notInLibrary,
  },
} as const satisfies Rows;
