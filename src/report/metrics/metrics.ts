// --metrics: shows the numbers of a run to Prometheus while it is under way, on a port or in a file.

import type { View } from "../../core/ports.ts";
import { exposition } from "./exposition.ts";
import { familiesOf, type RunState } from "./families.ts";
import { labelsBeside, lastSuccessIn, objectionToProm, writeProm } from "./prom-file.ts";
import { serveMetrics } from "./server.ts";
import type { MetricsTarget } from "./target.ts";

export interface Metrics {
  /** Where they can be read: a URL or a path. */
  readonly place: string;
  /** Call it when the run begins. */
  start(view: View): void;
  /** Writes the last state, and closes the port. Call it when the exit code is known. */
  end(exitCode: number): void;
  /** Closes the port of a run that has not begun. */
  close(): void;
}

export interface MetricsOptions {
  readonly version: string;
  /** The end of the last run in the folder with exit code 0. */
  readonly lastSuccessAtMs: number | undefined;
  /** Prints a message for the user: once, where the file cannot be written. */
  readonly note: (text: string) => void;
}

/** How often the file is replaced; Prometheus asks every 15 s to 60 s by default. */
const INTERVAL_MS = 15_000;

/** Throws an Error with the reason where a port cannot be opened or a file cannot be written. */
export async function openMetrics(target: MetricsTarget, options: MetricsOptions): Promise<Metrics> {
  return "file" in target ? inFile(target.file, options) : await onPort(target.host, target.port, options);
}

async function onPort(host: string, port: number, { version, lastSuccessAtMs }: MetricsOptions): Promise<Metrics> {
  let state: RunState | undefined;
  const text = () => (state === undefined ? "" : exposition(familiesOf(state)));
  const server = await serveMetrics(host, port, text);
  return {
    place: server.url,
    start(view) {
      state = { view, version, lastSuccessAtMs, startAtMs: Date.now(), exitCode: undefined };
    },
    end: () => server.close(),
    close: () => server.close(),
  };
}

function inFile(path: string, { version, lastSuccessAtMs: known, note }: MetricsOptions): Metrics {
  const objection = objectionToProm(path);
  if (objection !== undefined) throw new Error(objection);
  const earlierMs = Math.max(known ?? 0, lastSuccessIn(path) ?? 0);
  const common = labelsBeside(path);
  let state: RunState | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isReported = false;

  const write = () => {
    const failure = state && writeProm(path, exposition(familiesOf(state), common));
    if (failure !== undefined && !isReported) note(`--metrics ${path}: ${failure}`);
    isReported ||= failure !== undefined;
  };

  return {
    place: path,
    start(view) {
      const lastSuccessAtMs = earlierMs === 0 ? undefined : earlierMs;
      state = { view, version, lastSuccessAtMs, startAtMs: Date.now(), exitCode: undefined };
      write();
      timer = setInterval(write, INTERVAL_MS).unref();
    },
    end(exitCode) {
      clearInterval(timer);
      if (state === undefined) return;
      state = { ...state, exitCode, ...(exitCode === 0 && { lastSuccessAtMs: Date.now() }) };
      write();
    },
    close() {},
  };
}
