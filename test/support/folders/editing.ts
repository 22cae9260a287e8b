// Property test that alternates runs and random edits of a list; returns the violated invariants of the smallest counterexample.

import { spawn } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { bulkget, type Item } from "../../../src/index.ts";
import { BIN, cleanEnv, type Folder, ROOT, temporaryFolder } from "../command.ts";
import { contentsOf, jobsOf, OwnFiles, problemsOf, written } from "./edited-folder.ts";
import {
  anyList,
  anyStep,
  anyTemplate,
  countingServer,
  edited,
  type How,
  itemsOf,
  type Line,
  PLAIN,
  type Step,
} from "./edits.ts";

export interface Checked {
  readonly failed: boolean;
  readonly seed: number;
  readonly counterexample: unknown;
  readonly error: string;
  /** Numbers of runs that reached their end, and of runs that were killed. */
  readonly runs: number;
  readonly kills: number;
}

/** A step before which runs are killed, each at one of their changes of the folder. */
type KilledStep = Step & { readonly kills: readonly number[] };

export interface EditsOptions extends fc.Parameters<[string, readonly Line[], readonly KilledStep[]]> {
  /** Kills up to three runs by SIGKILL, each within this number of changes of the folder, before a run reaches its end. */
  readonly killsWithin?: number;
  /** The parent folder. Default: the system's temporary folder. */
  readonly under?: string;
}

const SUICIDE = join(ROOT, "dist/test/support/process/suicide.js");

export async function editsCheck({ killsWithin, under, ...parameters }: EditsOptions): Promise<Checked> {
  const server = await countingServer();
  const counts = { runs: 0, kills: 0 };
  const steps = fc.array(anyKilledStep(killsWithin), { minLength: 1, maxLength: 10 });
  const property = fc.asyncProperty(anyTemplate, anyList, steps, async (template, list, steps) => {
    const folder = temporaryFolder(under);
    try {
      await edit(template, list, steps, folder, server, counts);
    } finally {
      folder.remove();
    }
  });
  try {
    const { failed, seed, counterexample, errorInstance } = await fc.check(property, parameters);
    return { failed, seed, counterexample, error: String(errorInstance ?? ""), ...counts };
  } finally {
    await server.close();
  }
}

function anyKilledStep(killsWithin: number | undefined): fc.Arbitrary<KilledStep> {
  const at = fc.integer({ min: 1, max: killsWithin ?? 1 });
  const kills = fc.array(at, { maxLength: killsWithin === undefined ? 0 : 3 });
  return fc.tuple(anyStep, kills).map(([step, kills]) => ({ ...step, kills }));
}

type Server = Awaited<ReturnType<typeof countingServer>>;

async function edit(
  template: string,
  first: readonly Line[],
  steps: readonly KilledStep[],
  { path }: Folder,
  server: Server,
  counts: { runs: number; kills: number },
): Promise<void> {
  const { origin } = server;
  const [listPath, folder] = [join(path, "urls.txt"), join(path, "out")];
  const own = new OwnFiles(folder);
  let list = first;
  for (const [i, step] of [undefined, ...steps].entries()) {
    const next = (step?.edits ?? []).reduce(edited, list);
    if (step?.own !== undefined) own.put(step.own.file);
    if (!next.some((line) => line.path !== undefined && line.isOut !== true)) {
      list = next;
      continue; // a list without a URL is refused
    }
    written(listPath, next, origin);
    const { perDir, ...rest } = step?.how ?? {};
    const how: How = template === PLAIN && perDir !== undefined ? { ...rest, perDir } : { ...rest, name: template };
    const jobs = await jobsOf(how.once === true ? itemsOf(next, origin) : listPath, template);
    const before = contentsOf(folder);
    for (const at of how.once === true ? [] : (step?.kills ?? []))
      if (await killedAt(at, listPath, folder, how)) counts.kills++;
    const atLast = contentsOf(folder);
    server.asked();
    const refused = await byLibrary(how.once === true ? itemsOf(next, origin) : listPath, folder, how);
    counts.runs++;
    const [asked, after] = [server.asked(), contentsOf(folder)];
    const isUntouched = JSON.stringify([...atLast.files]) === JSON.stringify([...after.files]) && asked.size === 0;
    const problems =
      refused === undefined
        ? problemsOf({ template, list: next, jobs, how, own, before, atLast, after, asked })
        : problemsOfRefusal(refused, how, isUntouched);
    if (problems.length > 0) throw new Error(`after run ${i + 1}: ${problems.join("; ")}`);
    if (refused === undefined) list = next;
  }
}

/** A run may be refused only for a list that counts as another one, and then changes nothing. */
function problemsOfRefusal(why: string, how: How, isUntouched: boolean): string[] {
  // An unnumbered line in failed.txt.
  if (isUntouched && /line \d+: has no number, among lines/.test(why)) return [];
  const counts = /: (\d+) lines? of this list (?:is|are) known, (\d+) moved, (\d+) (?:is|are) new; (\d+) saved/.exec(
    why,
  );
  if (counts === null) return [why];
  const [known = 0, moved = 0, fresh = 0, gone = 0] = counts.slice(1).map(Number);
  const isRight = gone > known + moved && moved + fresh > 0 && how.prune !== true;
  return [...(isRight ? [] : [`refused: ${why}`]), ...(isUntouched ? [] : ["refused, but not left alone"])];
}

async function byLibrary(list: string | Iterable<Item>, folder: string, how: How): Promise<string | undefined> {
  const { once: _once, ...options } = how;
  try {
    for await (const _ of bulkget(list, { ...options, outputDir: folder, retries: 0, concurrency: 3, minFree: 0 }));
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** Runs the command, and kills it at a change of the folder. Resolves to false where it ended before that change. */
function killedAt(at: number, list: string, folder: string, how: How): Promise<boolean> {
  const switches = [
    ...(how.update === true ? ["-u"] : []),
    ...(how.retryFailed === true ? ["--retry-failed"] : []),
    ...(how.dedupe === true ? ["--dedupe"] : []),
    ...(how.prune === true ? ["--prune"] : []),
    ...(how.name === undefined ? [] : ["--name", how.name]),
    ...(how.perDir === undefined ? [] : ["--per-dir", String(how.perDir)]),
  ];
  const always = ["-q", "--retries", "0", "-c", "3", "--min-free", "0"];
  const args = ["--import", SUICIDE, BIN, list, "-o", folder, ...always, ...switches];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env: cleanEnv({ KILL_AT: String(at) }), stdio: "ignore" });
    child.on("error", reject);
    child.on("close", (_, signal) => resolve(signal === "SIGKILL"));
  });
}
