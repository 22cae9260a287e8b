// Tests of the internet benchmark: the shares of its plan, the fates of its URLs, and its comparison of files.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, shell } from "../../support/command.ts";
import { canMakeNetworks } from "../../support/network/network.ts";
import { installed } from "../../support/network/servers.ts";
import { ownFolder } from "../../support/own.ts";
import { bodies } from "./bodies.ts";
import { check } from "./check.ts";
import { nameOf } from "./contenders.ts";
import { ANSWERS, type Distribution, NAME_FAULTS, readDistribution } from "./distribution.ts";
import { makePlan } from "./plan.ts";

const folder = ownFolder();
const distribution = readDistribution();

describe("the plan of the internet benchmark", () => {
  it("is determined by its seed", () => {
    const [plan, same, other] = [1, 1, 2].map((seed) => makePlan(distribution, seed));
    expect(same).toEqual(plan);
    expect(other).not.toEqual(plan);
  });

  it("contains the share of each kind of name and response, every name, and no duplicates", () => {
    const { sites, pages } = makePlan(distribution, 3);
    for (const fault of NAME_FAULTS) {
      const share = sites.filter((site) => site.fault === fault).length / sites.length;
      expect(share, fault).toBeCloseTo(distribution["names that"][fault], 3);
    }
    const good = pages.filter(({ site }) => site.fault === undefined);
    for (const kind of ANSWERS) {
      const share = good.filter(({ answer }) => answer === kind).length / good.length;
      expect(share, kind).toBeCloseTo(distribution.answers[kind], 3);
    }
    expect(new Set(sites.flatMap(({ name, address }) => [name, address])).size).toBe(2 * distribution.names);
    expect(pages.map(({ n }) => n)).toEqual(Array.from({ length: distribution.urls }, (_, i) => i + 1));
    expect(new Set(pages.map(({ site }) => site)).size).toBe(distribution.names);
  });

  it("refuses shares above 100 % in total, and unknown kinds", () => {
    const file = folder.at("changed.json");
    const refused = (changed: object) => {
      writeFileSync(file, JSON.stringify(changed));
      return () => readDistribution(file);
    };
    expect(refused({ ...distribution, answers: { ...distribution.answers, gone: 0.9 } })).toThrow("add up to 1");
    expect(refused({ ...distribution, answers: { ...distribution.answers, teapot: 0 } })).toThrow(
      'not a kind: "teapot"',
    );
  });
});

it("the internet benchmark counts a file as saved only if all its bytes are right", () => {
  const { pages } = makePlan({ ...distribution, urls: 40, names: 20 }, 1);
  const bodyOf = bodies(distribution.bytes.max, 1);
  const saveable = pages.filter((page) => page.saveable);
  const [cut, another, absent, ...rest] = saveable;
  const refused = pages.find((page) => !page.saveable);
  const out = folder.at("out");
  mkdirSync(out);
  const save = (n: number | undefined, body: Buffer) => writeFileSync(join(out, nameOf(n ?? 0)), body);
  for (const { n, bytes } of rest) save(n, bodyOf(n, bytes));
  save(cut?.n, bodyOf(cut?.n ?? 0, (cut?.bytes ?? 0) - 1));
  save(another?.n, bodyOf(rest[0]?.n ?? 0, another?.bytes ?? 0));
  save(refused?.n, Buffer.from("<h1>404</h1>"));
  const { saved, lost, wrong } = check(pages, out, bodyOf);
  expect(saved).toBe(rest.length);
  expect(lost).toEqual([cut, another, absent]);
  expect(new Set(wrong)).toEqual(new Set([cut, another, refused]));
});

describe("the internet benchmark", () => {
  const canRun = canMakeNetworks() && installed("openssl") !== undefined;
  if (!canRun) console.warn("SKIPPED: the internet benchmark, which needs unshare, ip and openssl");

  it.skipIf(!canRun)("finds that bulkget saves every saveable page of a small plan byte for byte", async () => {
    const quick: Distribution = {
      ...distribution,
      ...{ urls: 120, names: 40 },
      "names that": { ...distribution["names that"], "are never answered": 0, "are black holes": 0 },
      answers: { ...distribution.answers, "stall at first": 0, stall: 0, "silent at first": 0, silent: 0, drip: 0 },
      // A generous limit for a busy machine.
      limits: { ...distribution.limits, connectTimeoutS: 60, silenceS: 60, maxTimeS: 60, resolverTimeoutS: 10 },
    };
    writeFileSync(folder.at("quick.json"), JSON.stringify(quick));
    const script = join(ROOT, "dist/test/bench/internet/internet.js");
    const args = `--runs 1 --only bulkget --distribution "${folder.at("quick.json")}"`;
    const ran = await shell(`exec "${process.execPath}" "${script}" ${args}`, { cwd: folder.path });
    const saveable = makePlan(quick, 1).pages.filter((page) => page.saveable).length;
    expect(ran.stderr).toBe("");
    expect(ran.stdout).toContain(`| ${saveable} of ${saveable} | 0 |`);
  });
});
