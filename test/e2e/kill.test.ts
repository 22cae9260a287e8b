// A run that is killed by kill -9 again and again, and started again until it is done, loses nothing.

import { afterEach, beforeEach, expect, it } from "vitest";
import { type Folder, temporaryFolder } from "../support/command.ts";
import { killedRun } from "../support/killing.ts";

const URLS = 3000;
const KILLS = 6;

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

it(`${KILLS} kills in ${URLS} URLs: every file right to the byte, one record a line, nothing left, hardly anything twice`, async () => {
  const moments: number[] = [];
  const random = () => {
    const one = Math.random();
    moments.push(one);
    return one;
  };
  const result = await killedRun({ folder: folder.path, urls: URLS, concurrency: 20, kills: KILLS, random });
  const said = `killed at ${moments.map((one) => one.toFixed(4)).join(", ")}: ${JSON.stringify(result)}`;
  expect(result, said).toMatchObject({
    kills: KILLS,
    starts: KILLS + 1,
    exitCode: 0,
    files: URLS,
    wrongFiles: [],
    records: URLS,
    wrongRecords: [],
    leftovers: [],
  });
  expect(result.twice, said).toBeLessThanOrEqual(result.allowedTwice);
}, 120_000);
