// A real Slurm on 127.0.0.1 runs the script of docs/clusters.md: eight shards, one with a deadline, one killed.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { blocks } from "../../docs/blocks.ts";
import { BIN, type Ran } from "../../support/command.ts";
import { listeningAt } from "../../support/network/listening.ts";
import { linesOf, own, ownFolder, ownSite } from "../../support/own.ts";
import { killShard } from "../../support/process/kill-shard.ts";
import { HAS_SLURM, type Slurm, slurm } from "../../support/process/slurm.ts";
import { pageOf } from "../../support/site.ts";

const site = ownSite();
const folder = ownFolder();

const PATIENCE = { timeout: 60_000, interval: 50 };
const SHARDS = [1, 2, 3, 4, 5, 6, 7, 8];

/** The script of the page for eight shards, of which the third has a short deadline at its first start. */
const SCRIPT = (blocks("slurm")[0]?.text ?? "")
  .replace("--array=0-63", "--array=0-7")
  .replace("auto/64", "auto/8")
  .replace("50m", '$([ "$SLURM_ARRAY_TASK_ID $SLURM_RESTART_COUNT" = "2 " ] && echo 1s || echo 50m)');

type Run = (line: string) => Promise<Ran>;

/** Starts the Slurm of a test, with `bulkget` among its commands. */
async function ownSlurm(): Promise<{ readonly cluster: Slurm; readonly run: Run }> {
  const cluster = own(await slurm(folder.path));
  const env = { PATH: `${folder.path}:${process.env["PATH"]}` };
  writeFileSync(folder.at("bulkget"), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`, { mode: 0o755 });
  writeFileSync(folder.at("urls.txt"), linesOf(SHARDS.flatMap(blockOf)));
  return { cluster, run: (line) => cluster.run(`unset -f bulkget; ${line}`, { cwd: folder.path, env }) };
}

describe.skipIf(!HAS_SLURM)("in a Slurm", () => {
  it("eight tasks are eight shards; one that its deadline stops is queued again, one that is killed is run by its index alone", async () => {
    const { cluster, run } = await ownSlurm();
    writeFileSync(folder.at("crawl.sh"), SCRIPT);
    writeFileSync(folder.at("auto.sh"), SCRIPT.replace("auto/8", "auto"));
    expectLoopback(cluster);

    const isHeld = hold("/8/last");
    void hold("/3/last");
    await run("sbatch crawl.sh");
    await isHeld;
    await vi.waitFor(
      async () => expect(await tasks(run)).toEqual(["1_2 PENDING BeginTime", "1_7 RUNNING None"]),
      PATIENCE,
    );
    expect(killShard(folder.path, "auto/8", ["SLURM_ARRAY_TASK_ID=7"])).toBe(1);
    await vi.waitFor(async () => expect(await tasks(run)).toEqual(["1_2 PENDING BeginTime"]), PATIENCE);
    for (const shard of [3, 8]) site.answers.delete(`/${shard}/last`);
    site.asked();
    // Not in two minutes, but after the second in which Slurm revoked the credential of the first start.
    await run("scontrol update JobId=1_2 StartTime=now+2");
    await vi.waitFor(async () => expect(await tasks(run)).toEqual([""]), PATIENCE);
    expect(await exitCode(run, "1_2")).toBe(0);
    expect(await exitCode(run, "1_7")).toBe(137);
    expect(site.asked()).toEqual(expect.arrayContaining(["/3/last"]));

    expect((await run("bulkget report downloads")).stdout).toMatch(/^shards {2}7 of 8; not finished: 8$/m);

    const alone = await submitted(run, "sbatch --array=7 --output=alone.out auto.sh");
    expect({ code: alone, asked: site.asked() }).toEqual({ code: 2, asked: [] });
    expect(readFileSync(folder.at("alone.out"), "utf8")).toContain("SLURM_ARRAY_TASK_ID is 7, alone in its array");

    const again = await submitted(run, "sbatch --array=7 --output=again.out crawl.sh");
    expect({ code: again, out: readFileSync(folder.at("again.out"), "utf8") }).toEqual({
      code: 0,
      out: expect.stringContaining("shard 8/8"),
    });
    const asked = site.asked();
    expect(asked).toContain("/8/last");
    expect(asked.filter((path) => !path.startsWith("/8/"))).toEqual([]);
    for (const [i, line] of SHARDS.flatMap(blockOf).entries()) {
      if (line === "") continue;
      const file = folder.at("downloads", String(i + 1).padStart(6, "0"));
      expect(readFileSync(`${file}.txt`)).toEqual(pageOf(new URL(line).pathname));
    }
    const report = await run("bulkget report downloads");
    expect(report).toMatchObject({ code: 0, stdout: expect.stringMatching(/^saved {3}16\b/m) });
    expect(report.stdout).not.toMatch(/missing|not finished/);
  });

  it("the tasks of srun are shards, also in a task of an array, and a batch script with tasks is none", async () => {
    const { run } = await ownSlurm();
    const steps = "srun bulkget urls.txt -q -o steps --shard auto";
    expect(await submitted(run, `sbatch -n 8 --wrap='${steps}'`)).toBe(0);
    expect(site.asked()).toEqual(ALL);
    expect(journalsOf("steps")).toEqual(SHARDS.map((shard) => `results.${shard}-of-8.jsonl`));

    const inArray = "srun bulkget urls.txt -q -o array --shard auto/8";
    expect(await submitted(run, `sbatch --array=1-2 --wrap='${inArray}'`)).toBe(0);
    expect(site.asked()).toEqual(["/2/first", "/2/last", "/3/first", "/3/last"]);
    expect(journalsOf("array")).toEqual(["results.2-of-8.jsonl", "results.3-of-8.jsonl"]);

    const nested = "srun -n 2 --output=nested.out bulkget urls.txt -q -o nested --shard auto/8";
    expect(await submitted(run, `sbatch -n 2 --array=1-2 --wrap='${nested}'`)).toBe(2);
    expect(readFileSync(folder.at("nested.out"), "utf8")).toContain(
      "SLURM_ARRAY_TASK_ID (Slurm array) and SLURM_PROCID (srun)",
    );

    const script = "sbatch -n 8 --output=script.out --wrap='bulkget urls.txt -q -o script --shard auto'";
    expect(await submitted(run, script)).toBe(2);
    expect(readFileSync(folder.at("script.out"), "utf8")).toContain("no variable of a scheduler is set");
    expect(site.asked()).toEqual([]);
  });
});

/** The paths of all lines. */
const ALL = SHARDS.flatMap((shard) => [`/${shard}/first`, `/${shard}/last`]);

function journalsOf(output: string): string[] {
  return readdirSync(folder.at(output))
    .filter((name) => name.startsWith("results."))
    .sort();
}

/** The thousand lines of a shard, two of them with URLs. */
function blockOf(shard: number): string[] {
  const lines = new Array<string>(1000).fill("");
  return lines.with(0, site.url(`/${shard}/first`)).with(999, site.url(`/${shard}/last`));
}

/** Holds the answers of a path until their connections close; resolved at the first request. */
function hold(path: string): Promise<void> {
  return new Promise((resolve) => void site.answers.set(path, () => resolve()));
}

/** The tasks of the queue, with the reasons why they wait: "1_2 RUNNING None". */
async function tasks(run: Run): Promise<string[]> {
  const { stdout } = await run("squeue -h --array --format='%i %T %r'");
  return stdout.trim().split("\n").sort();
}

/** Submits an array of one task, and returns its exit code when it has ended. */
async function submitted(run: Run, line: string): Promise<number> {
  const { stdout } = await run(line);
  await vi.waitFor(async () => expect(await tasks(run)).toEqual([""]), PATIENCE);
  return await exitCode(run, /\d+/.exec(stdout)?.[0] ?? "");
}

async function exitCode(run: Run, task: string): Promise<number> {
  const { stdout } = await run(`scontrol show job --oneliner ${task}`);
  return Number(/ ExitCode=(\d+):/.exec(stdout)?.[1]);
}

/** Both daemons listen on 127.0.0.1 only. */
function expectLoopback({ ports }: Slurm): void {
  expect(listeningAt(ports)).toEqual(["0100007F", "0100007F"]);
}
