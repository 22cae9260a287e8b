// Which shard a task of an array job is, by the variables of its scheduler.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrayShard, type Environment } from "../../../src/cli/command-line/array-job.ts";
import { ARRAY_SCHEDULERS } from "../../../src/cli/command-line/array-schedulers.ts";

const slurm = (
  id: number | string,
  min: number,
  max: number,
  step = 1,
  count = Math.floor((max - min) / step) + 1,
) => ({
  SLURM_ARRAY_JOB_ID: "12",
  SLURM_ARRAY_TASK_ID: `${id}`,
  SLURM_ARRAY_TASK_MIN: `${min}`,
  SLURM_ARRAY_TASK_MAX: `${max}`,
  SLURM_ARRAY_TASK_STEP: `${step}`,
  SLURM_ARRAY_TASK_COUNT: `${count}`,
  SLURM_PROCID: "0", // as a batch script of Slurm 22.05 has it
  SLURM_TASKS_PER_NODE: "1",
});
const step = (rank: number, size: number) => ({
  SLURM_PROCID: `${rank}`,
  SLURM_NTASKS: `${size}`,
  SLURM_STEP_ID: "0",
  SLURM_STEP_NUM_TASKS: `${size}`,
});
const awsBatch = (index: number, size: number) => ({
  AWS_BATCH_JOB_ARRAY_INDEX: `${index}`,
  AWS_BATCH_JOB_ARRAY_SIZE: `${size}`,
});
const cloudRun = (index: number, count: number) => ({
  CLOUD_RUN_TASK_INDEX: `${index}`,
  CLOUD_RUN_TASK_COUNT: `${count}`,
});
const googleBatch = (index: number, count: number) => ({ BATCH_TASK_INDEX: `${index}`, BATCH_TASK_COUNT: `${count}` });
const kubernetes = (index: number) => ({ JOB_COMPLETION_INDEX: `${index}` });
const without = ({ ...env }: Record<string, string>, name: string) => {
  delete env[name];
  return env;
};

const gridEngine = (id: number, first: number, last: number, stepSize = 1) => ({
  SGE_TASK_ID: `${id}`,
  SGE_TASK_FIRST: `${first}`,
  SGE_TASK_LAST: `${last}`,
  SGE_TASK_STEPSIZE: `${stepSize}`,
});
const noGridEngineArray = {
  SGE_TASK_ID: "undefined",
  SGE_TASK_FIRST: "undefined",
  SGE_TASK_LAST: "undefined",
  SGE_TASK_STEPSIZE: "undefined",
};
const lsf = (id: number, end: number, stepSize = 1) => ({
  LSB_JOBINDEX: `${id}`,
  LSB_JOBINDEX_END: `${end}`,
  LSB_JOBINDEX_STEP: `${stepSize}`,
});
const noLsfArray = lsf(0, 0, 0);
const pbs = (id: number) => ({ PBS_ARRAY_INDEX: `${id}` });
const torque = (id: number) => ({ PBS_ARRAYID: `${id}` });
const openMpi = (rank: number, size: number) => ({
  OMPI_COMM_WORLD_RANK: `${rank}`,
  OMPI_COMM_WORLD_SIZE: `${size}`,
});

type Right = [what: string, env: Environment, typed: number | undefined, shard: string, source: string];

const RIGHT: readonly Right[] = [
  ["a Slurm array from 0", slurm(0, 0, 7), undefined, "1/8", "Slurm array"],
  ["the end of a Slurm array from 0", slurm(7, 0, 7), undefined, "8/8", "Slurm array"],
  ["a Slurm array from 1", slurm(7, 1, 8), undefined, "7/8", "Slurm array"],
  ["a Slurm array without its step", without(slurm(4, 1, 8), "SLURM_ARRAY_TASK_STEP"), undefined, "4/8", "Slurm array"],
  ["a Slurm array with a step", slurm(4, 0, 6, 2), undefined, "3/4", "Slurm array"],
  ["a whole Slurm array with /n", slurm(3, 0, 7), 8, "4/8", "Slurm array"],
  ["one id of a Slurm array alone, with /n", slurm(7, 7, 7), 8, "8/8", "Slurm array"],
  ["two ids of a Slurm array, with /n", slurm(3, 3, 7, 1, 2), 8, "4/8", "Slurm array"],
  ["every other id of a Slurm array, with /n", slurm(4, 0, 6, 2), 8, "5/8", "Slurm array"],
  ["a Slurm without the array's range, with /n", { SLURM_ARRAY_TASK_ID: "2" }, 8, "3/8", "Slurm array"],
  ["a Slurm array with srun of one task in it", { ...slurm(2, 0, 7), ...step(0, 1) }, undefined, "3/8", "Slurm array"],
  ["a lone id with srun of one task in it, with /n", { ...slurm(7, 7, 7), ...step(0, 1) }, 8, "8/8", "Slurm array"],
  [
    "a Slurm array with mpirun of one process",
    { ...slurm(2, 0, 7), ...openMpi(0, 1) },
    undefined,
    "3/8",
    "Slurm array",
  ],
  ["srun", step(0, 4), undefined, "1/4", "srun"],
  ["the last task of srun", step(3, 4), undefined, "4/4", "srun"],
  ["srun with the same /n", step(3, 4), 4, "4/4", "srun"],
  ["srun of one task", step(0, 1), undefined, "1/1", "srun"],
  ["mpirun started by srun of one task", { ...step(0, 1), ...openMpi(2, 4) }, undefined, "3/4", "Open MPI"],
  ["mpirun and srun that agree", { ...step(2, 4), ...openMpi(2, 4) }, undefined, "3/4", "Open MPI"],
  ["AWS Batch", awsBatch(0, 10), undefined, "1/10", "AWS Batch"],
  ["AWS Batch with the same /n", awsBatch(9, 10), 10, "10/10", "AWS Batch"],
  ["Cloud Run", cloudRun(2, 3), undefined, "3/3", "Cloud Run"],
  ["Cloud Run with one task", cloudRun(0, 1), undefined, "1/1", "Cloud Run"],
  ["Google Batch", googleBatch(5, 64), undefined, "6/64", "Google Batch"],
  ["Kubernetes with /n", kubernetes(63), 64, "64/64", "Kubernetes"],
  ["Kubernetes with mpirun of one process", { ...kubernetes(2), ...openMpi(0, 1) }, 8, "3/8", "Kubernetes"],
  ["Grid Engine", gridEngine(1, 1, 8), undefined, "1/8", "Grid Engine"],
  ["Grid Engine with a step", gridEngine(6, 2, 10, 2), undefined, "3/5", "Grid Engine"],
  ["Grid Engine with a step beyond the end", gridEngine(9, 1, 10, 4), undefined, "3/3", "Grid Engine"],
  ["one id of Grid Engine alone, with /n", gridEngine(7, 7, 7), 8, "7/8", "Grid Engine"],
  ["mpirun in Grid Engine without an array", { ...noGridEngineArray, ...openMpi(1, 2) }, undefined, "2/2", "Open MPI"],
  ["LSF", lsf(8, 8), undefined, "8/8", "LSF"],
  ["LSF with a step", lsf(7, 10, 3), undefined, "3/4", "LSF"],
  ["one id of LSF alone, with /n", lsf(5, 5), 8, "5/8", "LSF"],
  ["mpirun in LSF without an array", { ...noLsfArray, ...openMpi(1, 2) }, undefined, "2/2", "Open MPI"],
  ["PBS with /n", pbs(0), 16, "1/16", "PBS"],
  ["Torque with /n", torque(15), 16, "16/16", "Torque"],
  ["PBS that sets both names", { ...pbs(4), ...torque(4) }, 16, "5/16", "PBS"],
  ["Open MPI", openMpi(0, 2), undefined, "1/2", "Open MPI"],
  [
    "variables that are set to nothing",
    { ...slurm("", 0, 7), PBS_ARRAYID: "", ...openMpi(1, 2) },
    undefined,
    "2/2",
    "Open MPI",
  ],
];

it.each(RIGHT)("%s: %j with the typed number %j is shard %s of %s", (_what, env, typed, shard, source) => {
  const [index, count] = shard.split("/").map(Number);
  expect(arrayShard(env, typed)).toEqual({ index, count, source });
});

const WRITE_IT = "write the shard itself, as in --shard 3/16";
const ADD_N = "add the number of shards of the whole run, as in --shard auto/16";
const OR_FROM_1 = (id: string) => `${ADD_N} if ids count from 0, or write --shard "$${id}/16" if they count from 1`;

type Wrong = [what: string, env: Environment, typed: number | undefined, problem: string];

const WRONG: readonly Wrong[] = [
  [
    "one id of a Slurm array alone",
    slurm(7, 7, 7),
    undefined,
    `SLURM_ARRAY_TASK_ID is 7, alone in its array: ${OR_FROM_1("SLURM_ARRAY_TASK_ID")}`,
  ],
  [
    "the id 0 of a Slurm array alone",
    slurm(0, 0, 0),
    undefined,
    `SLURM_ARRAY_TASK_ID is 0, alone in its array: ${OR_FROM_1("SLURM_ARRAY_TASK_ID")}`,
  ],
  [
    "one id alone in srun",
    { ...slurm(7, 7, 7), ...step(0, 1) },
    undefined,
    `SLURM_ARRAY_TASK_ID is 7, alone in its array: ${OR_FROM_1("SLURM_ARRAY_TASK_ID")}`,
  ],
  [
    "two ids of a Slurm array",
    slurm(3, 3, 7, 1, 2),
    undefined,
    `SLURM_ARRAY_TASK_ID is 3 of 3-7, but there are 2 tasks, which is not every shard of a run: ${OR_FROM_1("SLURM_ARRAY_TASK_ID")}`,
  ],
  [
    "a Slurm array from 1 with /n",
    slurm(3, 1, 8),
    8,
    'SLURM_ARRAY_TASK_ID counts from 0, and this array has id 8: start sbatch --array=0-7, or write --shard "$SLURM_ARRAY_TASK_ID/8" if ids count from 1',
  ],
  [
    "a Slurm id beside its range",
    slurm(9, 0, 7),
    undefined,
    `SLURM_ARRAY_TASK_ID is 9 of 0-7, which is not every shard of a run: ${OR_FROM_1("SLURM_ARRAY_TASK_ID")}`,
  ],
  [
    "a Slurm id between the steps",
    slurm(3, 0, 6, 2),
    undefined,
    `SLURM_ARRAY_TASK_ID is 3 of 0-6:2, which is not every shard of a run: ${OR_FROM_1("SLURM_ARRAY_TASK_ID")}`,
  ],
  [
    "a Slurm step of 0",
    slurm(3, 0, 6, 0, 7),
    undefined,
    `SLURM_ARRAY_TASK_ID is 3 of 0-6:0, which is not every shard of a run: ${OR_FROM_1("SLURM_ARRAY_TASK_ID")}`,
  ],
  [
    "a Slurm id that is no number",
    slurm("x", 0, 7),
    8,
    `SLURM_ARRAY_TASK_ID is "x", which is no whole number: ${WRITE_IT}`,
  ],
  ["a negative id", slurm(-1, 0, 7), undefined, `SLURM_ARRAY_TASK_ID is "-1", which is no whole number: ${WRITE_IT}`],
  [
    "control characters in a variable",
    slurm("\u001b[2J", 0, 7),
    undefined,
    `SLURM_ARRAY_TASK_ID is "\\x1b[2J", which is no whole number: ${WRITE_IT}`,
  ],
  [
    "a Slurm without the range",
    { SLURM_ARRAY_TASK_ID: "2" },
    undefined,
    `SLURM_ARRAY_TASK_MIN is not set: ${WRITE_IT}`,
  ],
  [
    "a Slurm array of srun with several tasks",
    { ...slurm(3, 0, 7), ...step(1, 4) },
    undefined,
    'SLURM_ARRAY_TASK_ID (Slurm array) and SLURM_PROCID (srun) are set at once, and differ: write which of them counts, as --shard "$((SLURM_ARRAY_TASK_ID + 1))/<n>" or --shard "$((SLURM_PROCID + 1))/$SLURM_STEP_NUM_TASKS"',
  ],
  [
    "a lone Slurm id with srun of several tasks and /n",
    { ...slurm(7, 7, 7), ...step(1, 4) },
    8,
    'SLURM_ARRAY_TASK_ID (Slurm array) and SLURM_PROCID (srun) are set at once, and differ: write which of them counts, as --shard "$((SLURM_ARRAY_TASK_ID + 1))/8" or --shard "$((SLURM_PROCID + 1))/8"',
  ],
  [
    "mpirun on nodes that srun started",
    { ...step(1, 2), ...openMpi(5, 8) },
    undefined,
    'OMPI_COMM_WORLD_RANK (Open MPI) and SLURM_PROCID (srun) are set at once, and differ: write which of them counts, as --shard "$((OMPI_COMM_WORLD_RANK + 1))/$OMPI_COMM_WORLD_SIZE" or --shard "$((SLURM_PROCID + 1))/$SLURM_STEP_NUM_TASKS"',
  ],
  [
    "Kubernetes with mpirun of several processes",
    { ...kubernetes(1), ...openMpi(1, 4) },
    undefined,
    'JOB_COMPLETION_INDEX (Kubernetes) and OMPI_COMM_WORLD_RANK (Open MPI) are set at once, and differ: write which of them counts, as --shard "$((JOB_COMPLETION_INDEX + 1))/<n>" or --shard "$((OMPI_COMM_WORLD_RANK + 1))/$OMPI_COMM_WORLD_SIZE"',
  ],
  [
    "PBS that sets both names to different ids",
    { ...pbs(4), ...torque(5) },
    16,
    'PBS_ARRAY_INDEX (PBS) and PBS_ARRAYID (Torque) are set at once, and differ: write which of them counts, as --shard "$((PBS_ARRAY_INDEX + 1))/16" or --shard "$((PBS_ARRAYID + 1))/16"',
  ],
  [
    "two schedulers in Grid Engine's words",
    { ...gridEngine(2, 1, 8), ...awsBatch(0, 8) },
    undefined,
    'AWS_BATCH_JOB_ARRAY_INDEX (AWS Batch) and SGE_TASK_ID (Grid Engine) are set at once, and differ: write which of them counts, as --shard "$((AWS_BATCH_JOB_ARRAY_INDEX + 1))/$AWS_BATCH_JOB_ARRAY_SIZE" or --shard "$SGE_TASK_ID/<n>"',
  ],
  [
    "AWS Batch with another /n",
    awsBatch(3, 16),
    64,
    "AWS_BATCH_JOB_ARRAY_SIZE is 16, not 64: write --shard auto, or start an array job of size 64",
  ],
  [
    "AWS Batch without the size",
    { AWS_BATCH_JOB_ARRAY_INDEX: "3" },
    64,
    `AWS_BATCH_JOB_ARRAY_SIZE is not set: ${WRITE_IT}`,
  ],
  [
    "an index of AWS Batch beyond the size",
    awsBatch(16, 16),
    undefined,
    `AWS_BATCH_JOB_ARRAY_INDEX is 16, and AWS_BATCH_JOB_ARRAY_SIZE is 16: ${WRITE_IT}`,
  ],
  [
    "Cloud Run with no number of tasks",
    { ...cloudRun(0, 1), CLOUD_RUN_TASK_COUNT: "many" },
    undefined,
    `CLOUD_RUN_TASK_COUNT is "many", which is no whole number: ${WRITE_IT}`,
  ],
  [
    "Google Batch with no tasks",
    googleBatch(0, 0),
    undefined,
    `BATCH_TASK_INDEX is 0, and BATCH_TASK_COUNT is 0: ${WRITE_IT}`,
  ],
  [
    "Kubernetes without /n",
    kubernetes(7),
    undefined,
    `JOB_COMPLETION_INDEX does not tell how many shards there are: ${ADD_N}`,
  ],
  [
    "Kubernetes with a smaller /n",
    kubernetes(8),
    8,
    "JOB_COMPLETION_INDEX counts from 0, and this array has id 8: start an Indexed Job with completions: 8",
  ],
  ["one id of Grid Engine alone", gridEngine(7, 7, 7), undefined, `SGE_TASK_ID is 7, alone in its array: ${ADD_N}`],
  [
    "Grid Engine with a smaller /n",
    gridEngine(3, 1, 9),
    8,
    "SGE_TASK_ID counts from 1, and this array has id 9: start qsub -t 1-8",
  ],
  [
    "the id 0 of Grid Engine",
    gridEngine(0, 0, 7),
    8,
    "SGE_TASK_ID counts from 1, and this array has id 0: start qsub -t 1-8",
  ],
  ["the only id of LSF", lsf(1, 1), undefined, `LSB_JOBINDEX is 1, alone in its array: ${ADD_N}`],
  [
    "an id of LSF between the steps",
    lsf(5, 10, 3),
    undefined,
    `LSB_JOBINDEX is 5 of 1-10:3, which is not every shard of a run: ${ADD_N}`,
  ],
  [
    "PBS without /n",
    pbs(3),
    undefined,
    `PBS_ARRAY_INDEX does not tell how many shards there are: ${OR_FROM_1("PBS_ARRAY_INDEX")}`,
  ],
  [
    "the last id of PBS from 1",
    pbs(16),
    16,
    'PBS_ARRAY_INDEX counts from 0, and this array has id 16: start qsub -J 0-15, or write --shard "$PBS_ARRAY_INDEX/16" if ids count from 1',
  ],
  [
    "Torque without /n",
    torque(3),
    undefined,
    `PBS_ARRAYID does not tell how many shards there are: ${OR_FROM_1("PBS_ARRAYID")}`,
  ],
  [
    "a rank beyond the size",
    openMpi(4, 4),
    undefined,
    `OMPI_COMM_WORLD_RANK is 4, and OMPI_COMM_WORLD_SIZE is 4: ${WRITE_IT}`,
  ],
];

it.each(WRONG)("%s: %j with the typed number %j is refused: %s", (_what, env, typed, problem) => {
  expect(arrayShard(env, typed)).toEqual({ problem });
});

describe("without a scheduler", () => {
  const NONE = [
    ["no variable at all", {}],
    ["a shell in Grid Engine", noGridEngineArray],
    ["a job of LSF that is no array", noLsfArray],
    ["a batch script of Slurm with several tasks", { SLURM_PROCID: "0", SLURM_NTASKS: "4", SLURM_NPROCS: "4" }],
    ["empty variables", { SLURM_ARRAY_TASK_ID: "", JOB_COMPLETION_INDEX: "" }],
  ] as const;
  it.each(NONE)("%s is refused, and the message names the variables", (_what, env) => {
    const { problem } = { problem: "", ...arrayShard(env, 8) };
    expect(problem).toMatch(/^no variable of a scheduler is set \(SLURM_ARRAY_TASK_ID, /);
    expect(problem).toMatch(/: start it in an array job, or write the shard itself, as in --shard 3\/16$/);
    for (const { id } of ARRAY_SCHEDULERS) expect(problem).toContain(id);
  });
});

it("the tasks of an array are exactly the shards 1 to n, whatever its first id and step are", () => {
  const sizes = {
    first: fc.nat(1000),
    stride: fc.integer({ min: 1, max: 50 }),
    count: fc.integer({ min: 2, max: 60 }),
  };
  fc.assert(
    fc.property(fc.record(sizes), ({ first, stride, count }) => {
      const last = first + (count - 1) * stride;
      const ids = Array.from({ length: count }, (_, i) => first + i * stride);
      for (const of of [slurm, gridEngine]) {
        const shards = ids.map((id) => arrayShard(of(id, first, last, stride)));
        expect(shards).toEqual(ids.map((_, i) => ({ index: i + 1, count, source: expect.any(String) })));
      }
    }),
  );
});

it("a task that is submitted again alone, or with others, is the same shard as in the whole array, with the same /n", () => {
  const runs = fc.integer({ min: 2, max: 60 }).chain((count) => {
    const ids = fc.uniqueArray(fc.nat(count - 1), { minLength: 1 });
    return fc.tuple(fc.constant(count), ids);
  });
  fc.assert(
    fc.property(runs, ([count, again]) => {
      const [min, max] = [Math.min(...again), Math.max(...again)];
      for (const id of again) {
        const whole = arrayShard(slurm(id, 0, count - 1), count);
        expect(arrayShard(slurm(id, min, max, 1, again.length), count)).toEqual(whole);
        expect(whole).toEqual({ index: id + 1, count, source: "Slurm array" });
      }
    }),
  );
});
