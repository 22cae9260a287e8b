// The schedulers whose variables `--shard auto` reads, one row each: which variables number the tasks of an array.

/** The variables of one scheduler. A variable that is set to nothing counts as not set. */
export interface ArrayScheduler {
  readonly name: string;
  /** The variable with the id of this task. */
  readonly id: string;
  /** The value of `id` in a job that is no array. */
  readonly idOutside?: string;
  /** A variable without which `id` means nothing. */
  readonly besides?: string;
  /** The lowest id that the scheduler allows. With `/n`, ids count from it. */
  readonly lowestId: 0 | 1;
  /** Users of the scheduler also submit arrays whose ids count from 1. */
  readonly oftenFromOne?: true;
  /** Variables with the ids of the array as it was submitted, which may be a part of a larger one. Without `first`, it is `lowestId`. */
  readonly range?: { readonly first?: string; readonly last: string; readonly step: string };
  /** The variable with the number of tasks. Beside a `range` it only tells whether all ids of the range exist. */
  readonly size?: string;
  /** It starts several processes inside a job. A single process is not one of several then. */
  readonly isLauncher?: true;
  /** How an array is submitted whose ids count from `lowestId`, for messages. */
  readonly example: (count: number) => string;
}

export const ARRAY_SCHEDULERS: readonly ArrayScheduler[] = [
  {
    // https://slurm.schedmd.com/job_array.html. The minimum id is 0. COUNT, MIN and MAX are those of the submitted array: one id
    // that is submitted again says COUNT 1, as Slurm 22.05 does.
    name: "Slurm array",
    id: "SLURM_ARRAY_TASK_ID",
    lowestId: 0,
    oftenFromOne: true,
    range: { first: "SLURM_ARRAY_TASK_MIN", last: "SLURM_ARRAY_TASK_MAX", step: "SLURM_ARRAY_TASK_STEP" },
    size: "SLURM_ARRAY_TASK_COUNT",
    example: (count) => `sbatch --array=0-${count - 1}`,
  },
  {
    // https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html: the index begins at 0.
    name: "AWS Batch",
    id: "AWS_BATCH_JOB_ARRAY_INDEX",
    lowestId: 0,
    size: "AWS_BATCH_JOB_ARRAY_SIZE",
    example: (count) => `an array job of size ${count}`,
  },
  {
    // https://cloud.google.com/run/docs/container-contract#jobs-env-vars: the index begins at 0.
    name: "Cloud Run",
    id: "CLOUD_RUN_TASK_INDEX",
    lowestId: 0,
    size: "CLOUD_RUN_TASK_COUNT",
    example: (count) => `a job with --tasks ${count}`,
  },
  {
    // https://cloud.google.com/batch/docs/create-run-job: the index begins at 0.
    name: "Google Batch",
    id: "BATCH_TASK_INDEX",
    lowestId: 0,
    size: "BATCH_TASK_COUNT",
    example: (count) => `a task group with taskCount ${count}`,
  },
  {
    // https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode: from 0 to completions - 1, which no
    // variable tells.
    name: "Kubernetes",
    id: "JOB_COMPLETION_INDEX",
    lowestId: 0,
    example: (count) => `an Indexed Job with completions: ${count}`,
  },
  {
    // qsub(1) and submit(1) of Grid Engine: ids are at least 1; SGE_TASK_ID is "undefined" in other jobs.
    name: "Grid Engine",
    id: "SGE_TASK_ID",
    idOutside: "undefined",
    lowestId: 1,
    range: { first: "SGE_TASK_FIRST", last: "SGE_TASK_LAST", step: "SGE_TASK_STEPSIZE" },
    example: (count) => `qsub -t 1-${count}`,
  },
  {
    // https://www.ibm.com/docs/en/spectrum-lsf/10.1.0?topic=variables-environment-set-job-execution: ids are positive;
    // LSB_JOBINDEX is 0 in other jobs. No variable tells the first id.
    name: "LSF",
    id: "LSB_JOBINDEX",
    idOutside: "0",
    lowestId: 1,
    range: { last: "LSB_JOBINDEX_END", step: "LSB_JOBINDEX_STEP" },
    example: (count) => `bsub -J "name[1-${count}]"`,
  },
  {
    // qsub(1B) of OpenPBS, -J X-Y[:Z]: X is at least 0. No variable tells the range.
    name: "PBS",
    id: "PBS_ARRAY_INDEX",
    lowestId: 0,
    oftenFromOne: true,
    example: (count) => `qsub -J 0-${count - 1}`,
  },
  {
    // qsub(1B) of Torque, -t. No variable tells the range.
    name: "Torque",
    id: "PBS_ARRAYID",
    lowestId: 0,
    oftenFromOne: true,
    example: (count) => `qsub -t 0-${count - 1}`,
  },
  {
    // https://docs.open-mpi.org/en/v5.0.x/tuning-apps/environment-var.html
    name: "Open MPI",
    id: "OMPI_COMM_WORLD_RANK",
    lowestId: 0,
    size: "OMPI_COMM_WORLD_SIZE",
    isLauncher: true,
    example: (count) => `mpirun -n ${count}`,
  },
  {
    // https://slurm.schedmd.com/srun.html#SECTION_OUTPUT-ENVIRONMENT-VARIABLES. A batch script is not started by srun and has
    // SLURM_PROCID 0, with --ntasks also SLURM_NTASKS; the variables of a step are only in what srun starts.
    name: "srun",
    id: "SLURM_PROCID",
    besides: "SLURM_STEP_NUM_TASKS",
    lowestId: 0,
    size: "SLURM_STEP_NUM_TASKS",
    isLauncher: true,
    example: (count) => `srun -n ${count}`,
  },
];
