// The bench of the internet does what its plan says: shares, fates, and a comparison byte by byte.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, shell } from "../support/command.ts";
import { canMakeNetworks } from "../support/network.ts";
import { ownFolder } from "../support/own.ts";
import { installed } from "../support/servers.ts";
import { bodies } from "./internet/bodies.ts";
import { check } from "./internet/check.ts";
import { nameOf } from "./internet/contenders.ts";
import { ANSWERS, type Distribution, NAME_FAULTS, readDistribution } from "./internet/distribution.ts";
import { makePlan } from "./internet/plan.ts";

const folder = ownFolder();
const distribution = readDistribution();

describe("the plan", () => {
  it("is the same for the same seed, and another for another", () => {
    const [plan, same, other] = [1, 1, 2].map((seed) => makePlan(distribution, seed));
    expect(same).toEqual(plan);
    expect(other).not.toEqual(plan);
  });

  it("has each kind's share of names and of answers, no name or line twice, and every name", () => {
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

  it("refuses shares of more than all, and kinds that there are not", () => {
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

it("a file counts as saved only where it has all its bytes and no others", () => {
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

describe("a small internet", () => {
  const canRun = canMakeNetworks() && installed("openssl") !== undefined;
  if (!canRun) console.warn("SKIPPED: the bench of the internet, for here is no unshare, ip or openssl");

  it.skipIf(!canRun)("has all of it: bulkget saves what can be saved, right to the byte", async () => {
    const quick: Distribution = {
      ...distribution,
      ...{ urls: 120, names: 40 },
      "names that": { ...distribution["names that"], "are never answered": 0, "are black holes": 0 },
      answers: { ...distribution.answers, "stall at first": 0, stall: 0, "silent at first": 0, silent: 0, drip: 0 },
      // Longer than a busy machine takes.
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
