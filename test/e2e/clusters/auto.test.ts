// `--shard auto` on the command line: the shard of a task of an array job, or a refusal before anything is created.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ARRAY_SCHEDULERS } from "../../../src/cli/command-line/array-schedulers.ts";
import { bulkget } from "../../../src/index.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { status } from "../../support/site.ts";

const site = ownSite();
const folder = ownFolder();

/** No scheduler, even if the tests run in a job of one. */
const NONE = Object.fromEntries(ARRAY_SCHEDULERS.map(({ id }) => [id, ""]));
const THIRD = { ...NONE, JOB_COMPLETION_INDEX: "2" };

/** Eight blocks of 1,000 lines, each with one URL: `/1` to `/8`. */
function list(): string {
  const shards = Array.from({ length: 8 }, (_, i) => site.url(`/${i + 1}`));
  return folder.list(shards.flatMap((url) => new Array<string>(1000).fill("").with(10, url)));
}

describe("--shard auto", () => {
  const WAYS = [
    ["--shard auto/8", ["--shard", "auto/8"], {}],
    ["--shard=auto/8", ["--shard=auto/8"], {}],
    ["BULKGET_SHARD=auto/8", [], { BULKGET_SHARD: "auto/8" }],
  ] as const;
  it.each(WAYS)("fetches the lines of the task's shard alone, and prints which one it is: %s", async (_, args, env) => {
    const { code, stderr } = await folder.run([list(), ...args], { env: { ...THIRD, ...env } });
    expect({ code, asked: site.asked() }).toEqual({ code: 0, asked: ["/3"] });
    expect(stderr).toContain("bulkget: shard 3/8, of the Kubernetes task\n");
    expect(existsSync(folder.at("downloads/results.3-of-8.jsonl"))).toBe(true);
  });

  it("prints nothing about it with --quiet", async () => {
    const ran = await folder.run([list(), "--shard", "auto/8", "-q"], { env: THIRD });
    expect(ran).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  it("counts the task's shard in a dry run", async () => {
    const { code, stdout } = await folder.run([list(), "--shard", "auto/8", "--dry-run"], { env: THIRD });
    expect({ code, asked: site.asked() }).toEqual({ code: 0, asked: [] });
    expect(stdout).toMatch(/^lines {7}1\b/m);
  });

  it.each([[["--shard", "auto/8"]], [["--shard=auto/8"]]])(
    "the command that goes on, and that of the records, has the shard itself, since other shells have no task: %j",
    async (args) => {
      site.answers.set("/3", status(503));
      const { code, stderr } = await folder.run([list(), ...args, "--retries", "0"], { env: THIRD });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^again {3}.*--shard[ =]3\/8/m);
      expect(stderr).not.toContain("auto");
      expect(readFileSync(folder.at("downloads/runs.3-of-8.jsonl"), "utf8")).not.toContain("auto");
    },
  );

  const lone = { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "7", SLURM_ARRAY_TASK_MAX: "7" };
  const LONE = { ...NONE, ...lone, SLURM_ARRAY_TASK_STEP: "1", SLURM_ARRAY_TASK_COUNT: "1" };
  const MANY = { ...NONE, BATCH_TASK_INDEX: "3", BATCH_TASK_COUNT: "1000001" };
  const REFUSED = [
    ["auto", "without a scheduler", NONE, "--shard auto: no variable of a scheduler is set (SLURM_ARRAY_TASK_ID, "],
    ["auto/8", "without a scheduler", NONE, "--shard auto/8: no variable of a scheduler is set (SLURM_ARRAY_TASK_ID, "],
    ["auto", "with a lone id", LONE, "--shard auto: SLURM_ARRAY_TASK_ID is 7, alone in its array: add the number of "],
    ["auto/6", "with the id 7", LONE, "--shard auto/6: SLURM_ARRAY_TASK_ID counts from 0, and this array has id 7: "],
    ["auto", "with too many tasks", MANY, "--shard auto: Google Batch has 1000001 tasks, more than 1000000 shards"],
    ["auto/0", "", NONE, "'auto/0' is not a shard such as 3/16, "],
    ["auto/", "", NONE, "'auto/' is not a shard such as 3/16, "],
    ["auto/1/2", "", NONE, "'auto/1/2' is not a shard such as 3/16, "],
    ["automatic", "", NONE, "'automatic' is not a shard such as 3/16, "],
  ] as const;
  it.each(REFUSED)(
    "--shard %s %s is refused, also with --quiet, and nothing is created",
    async (typed, _, env, message) => {
      const ran = await folder.run([list(), "--shard", typed, "-q"], { env });
      expect({ code: ran.code, asked: site.asked() }).toEqual({ code: 2, asked: [] });
      expect(ran.stderr).toContain(message);
      expect(existsSync(folder.at("downloads"))).toBe(false);
    },
  );

  it("is refused by the library, whose caller knows its shard", async () => {
    const run = async () => {
      for await (const _ of bulkget([site.url("/1")], { outputDir: folder.at("downloads"), shard: "auto" }));
    };
    await expect(run()).rejects.toThrow(/shard: .*a shard such as "3\/16"/);
  });
});
