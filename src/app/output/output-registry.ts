// The registry of outputs: a new one is a sink in src/sink/ and one entry here.

import type { Job } from "../../core/job.ts";
import type { Sink } from "../../core/ports.ts";
import { recordedFiles } from "../../journal/verifying/recorded-files.ts";
import { memorySink } from "../../sink/memory.ts";
import { nullSink } from "../../sink/null.ts";
import { type ObjectSinkPlan, openObjects } from "../store/object-sink.ts";
import { type ContainerPlan, needsNoRequest, openContainer } from "./container-sink.ts";
import { type FileSinkPlan, fileSink, isForOne, type Known, type SinkContext } from "./file-sink.ts";
import { otherShards } from "./other-shards.ts";

/** The options of each output. */
interface SinkOptions {
  /** Files in a folder: the command, and the library by default. */
  readonly files: FileSinkPlan & {
    readonly known: Known;
    readonly context: SinkContext;
  };
  /** Archives in a folder. */
  readonly container: ContainerPlan;
  /** Objects in a store, which is open. */
  readonly objects: ObjectSinkPlan;
  /** Bodies returned with their outcomes: the library. `hash`: with the SHA-256 of each. */
  readonly memory: { readonly hash: boolean };
  /** Bodies received and dropped: `bulkget tune`. */
  readonly null: Readonly<Record<string, never>>;
}

type OutputName = keyof SinkOptions;

interface OpenedSink {
  readonly sink: Sink;
  /** Undefined where the output belongs to one process. */
  readonly shared?: SharedSink;
}

/** An output into which several processes write. */
export interface SharedSink {
  readonly plan: SharedSinkPlan;
  /** Maximum number of processes, this one included. */
  readonly processes: number;
  /** Whether a job may be tried only by the process that opened the output. */
  readonly isForOne: (job: Job) => boolean;
}

/** How another process opens the same output: plain data. */
export type SharedSinkPlan =
  | { readonly output: "files"; readonly options: FileSinkPlan }
  | { readonly output: "container"; readonly options: ContainerPlan };

const OUTPUTS: { readonly [Name in OutputName]: (options: SinkOptions[Name]) => OpenedSink } = {
  files: ({ known, context, ...options }) => ({
    sink: fileSink(options, known, context),
    shared: {
      plan: { output: "files", options },
      processes: options.processes,
      isForOne: isForOne(options),
    },
  }),
  container: (options) => ({
    sink: openContainer(options),
    shared: {
      plan: { output: "container", options },
      processes: options.processes,
      isForOne: needsNoRequest,
    },
  }),
  objects: (options) => ({ sink: openObjects(options) }),
  memory: ({ hash }) => ({ sink: memorySink({ hash }) }),
  null: () => ({ sink: nullSink() }),
};

/** The outputs that a worker process can open as well. `worker`: the number of that process, from 1. */
const SHARED = {
  files: (options: FileSinkPlan, worker: number) => fileSink(options, { recorded: recordedIn(options) }, { worker }),
  container: (options: ContainerPlan, worker: number) => openContainer(options, worker),
} as const;

function recordedIn({ folder, journal, shard }: FileSinkPlan): Known["recorded"] {
  const own = recordedFiles(journal);
  const others = shard && otherShards(folder, shard);
  return (file) => own(file) || others?.recorded(file) === true;
}

/** Opens an output. Throws the errno error. */
export function openSink<Name extends OutputName>(name: Name, options: SinkOptions[Name]): OpenedSink {
  return OUTPUTS[name](options);
}

/** Opens in a worker process what `openSink` opened in the run's. Throws the errno error. */
export function openSharedSink(plan: SharedSinkPlan, worker: number): Sink {
  return plan.output === "files" ? SHARED.files(plan.options, worker) : SHARED.container(plan.options, worker);
}
