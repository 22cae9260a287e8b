// The last success of a folder is the end of its last run with exit code 0, whatever else is in runs.jsonl.

import { spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lastSuccess } from "../../../src/journal/reading/last-success.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();
const path = () => folder.at("runs.jsonl");

const line = (end: string | undefined, exit_code?: number) =>
  `${JSON.stringify({ run: "a", begin: "x", end, exit_code })}\n`;
const DAY = (day: number) => `2026-01-0${day}T00:00:00.000Z`;

describe("the last success in a folder", () => {
  it.each([
    ["nothing", "", undefined],
    ["a run that is under way", line(undefined), undefined],
    ["a failed run", line(DAY(1), 1), undefined],
    ["a run of the library", line(DAY(1)), undefined],
    ["two successes and a failure", line(DAY(1), 0) + line(DAY(2), 0) + line(DAY(3), 4), DAY(2)],
    ["a torn line and other text", `[1]\nnull\n${line(DAY(3), 0)}{"run`, DAY(3)],
    ["a time that is none", line(DAY(1), 0) + line("yesterday", 0), DAY(1)],
    ["a success behind megabytes of failures", line(DAY(1), 0) + line(DAY(2), 1).repeat(20_000), undefined],
    ["a success before megabytes of failures", line(DAY(2), 1).repeat(20_000) + line(DAY(3), 0), DAY(3)],
  ])("with %s in the file", (_, text, expected) => {
    writeFileSync(path(), text);
    expect(lastSuccess(path())).toBe(expected && Date.parse(expected));
  });

  it("is unknown without a file, and for what is none", () => {
    expect(lastSuccess(path())).toBeUndefined();
    expect(lastSuccess(folder.path)).toBeUndefined();
    writeFileSync(folder.at("target"), line(DAY(1), 0));
    symlinkSync("target", path());
    expect(lastSuccess(path())).toBeUndefined();
    spawnSync("mkfifo", [folder.at("pipe")]);
    expect(lastSuccess(folder.at("pipe"))).toBeUndefined();
  });
});
