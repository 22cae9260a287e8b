// Runs the built command in the test's own process: the same files as `bulkget`, loaded anew for each run, up to `process.exit`.

import { readFileSync } from "node:fs";
import { createRequire, Module } from "node:module";
import { Socket } from "node:net";
import { dirname, join, sep } from "node:path";
import { Readable, Writable } from "node:stream";
import { compileFunction } from "node:vm";
import { BIN, cleanEnv, type Ran, type RunOptions } from "./command.ts";

const require = createRequire(import.meta.url);
const BUILT = dirname(dirname(BIN)) + sep;

type Loader = (...args: readonly unknown[]) => void;
const compiled = new Map<string, Loader>();

/** Whether a run is under way: the process has one working folder and one environment. */
let isRunning = false;

/**
 * Runs `bulkget` to its end without a process of its own, which would cost 0.1 s. For tests of what a run does; signals,
 * descriptors, memory, kills and what stays after a process need `bulkgetCommand`.
 */
export async function bulkgetInProcess(args: readonly string[], options: RunOptions): Promise<Ran> {
  if (isRunning) throw new Error("a run is under way in this process: start the second one by bulkgetCommand");
  isRunning = true;
  const stdout = collector();
  const stderr = collector();
  const handlesBefore = new Set(activeHandles());
  const listenersBefore = new Map(process.eventNames().map((name) => [name, process.rawListeners(name)]));
  let restore = () => {};
  try {
    const code = await new Promise<number>((resolve) => {
      restore = replaced(process, {
        argv: [process.execPath, BIN, ...args],
        execArgv: [],
        stdin: Readable.from(options.stdin ? [Buffer.from(options.stdin)] : []),
        stdout: stdout.stream,
        stderr: stderr.stream,
        exit: resolve,
      });
      const [restoreValues, restoreEnv, cwd] = [restore, environment(cleanEnv(options.env)), process.cwd()];
      restore = () => {
        process.chdir(cwd);
        restoreEnv();
        restoreValues();
      };
      process.chdir(options.cwd);
      startMain();
    });
    return { code, signal: null, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    restore();
    endLeftovers(handlesBefore, listenersBefore);
    isRunning = false;
  }
}

/** Starts the command with new instances of all modules. */
function startMain(): void {
  for (const file of Object.keys(require.cache)) if (file.startsWith(BUILT)) delete require.cache[file];
  load("core.cjs");
  const { main_exports: main } = load("main.cjs") as { readonly main_exports: { start(): void } };
  main.start();
}

/** Executes a built file as a new module. It is compiled only once: that takes more time than a run. */
function load(name: string): unknown {
  const path = join(dirname(BIN), name);
  const parameters = ["exports", "require", "module", "__filename", "__dirname"];
  const loader =
    compiled.get(name) ?? (compileFunction(readFileSync(path, "utf8"), parameters, { filename: path }) as Loader);
  compiled.set(name, loader);
  const module = new Module(path);
  module.filename = path;
  require.cache[path] = module;
  loader.call(module.exports, module.exports, createRequire(path), module, path, dirname(path));
  return module.exports;
}

/** A stream that collects what is written to it, like a pipe that is read at once. */
function collector() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}

/** Replaces properties of an object, and returns the function that restores them. */
function replaced(object: object, values: Readonly<Record<string, unknown>>): () => void {
  const before = Object.keys(values).map((key) => [key, Object.getOwnPropertyDescriptor(object, key)] as const);
  for (const [key, value] of Object.entries(values))
    Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
  return () => {
    for (const [key, descriptor] of before)
      if (descriptor !== undefined) Object.defineProperty(object, key, descriptor);
  };
}

/** Sets the environment, also for libuv (`os.homedir()`), and returns the function that restores it. */
function environment(env: NodeJS.ProcessEnv): () => void {
  const before = { ...process.env };
  const set = (values: NodeJS.ProcessEnv) => {
    for (const name of Object.keys(process.env)) if (!Object.hasOwn(values, name)) delete process.env[name];
    Object.assign(process.env, values);
  };
  set(env);
  return () => set(before);
}

function activeHandles(): readonly unknown[] {
  return (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
}

/** Ends what ends with a process: its connections, and its listeners of signals. */
function endLeftovers(
  handlesBefore: ReadonlySet<unknown>,
  listenersBefore: ReadonlyMap<string | symbol, readonly unknown[]>,
): void {
  for (const handle of activeHandles()) {
    const isAccepted = (handle as { readonly server?: unknown }).server != null;
    if (handle instanceof Socket && !isAccepted && !handlesBefore.has(handle)) handle.destroy();
  }
  for (const name of process.eventNames())
    for (const listener of process.rawListeners(name))
      if (listenersBefore.get(name)?.includes(listener) !== true)
        process.removeListener(name as string, listener as (...args: unknown[]) => void);
}
