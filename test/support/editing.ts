// Runs a list in a folder, edits it, runs it again, and so on; and says what did not hold, for the smallest list that can be found.

import { join } from "node:path";
import fc from "fast-check";
import { bulkget } from "../../src/index.ts";
import { type Folder, temporaryFolder } from "./command.ts";
import { contentsOf, jobsOf, OwnFiles, problemsOf, written } from "./edited-folder.ts";
import { anyList, anyStep, countingServer, edited, type How, type Line, type Step } from "./edits.ts";

export interface Checked {
  readonly failed: boolean;
  readonly seed: number;
  readonly counterexample: unknown;
  readonly error: string;
  /** Runs after an edit. */
  readonly edits: number;
}

export interface EditsOptions extends fc.Parameters<[readonly Line[], readonly Step[]]> {
  /** Makes a run: undefined when it came to its end, or why it was refused. Default: by the library, in this process. */
  readonly run?: (list: string, folder: string, how: How) => Promise<string | undefined>;
  readonly under?: string;
}

export async function editsCheck({ run = byLibrary, under, ...parameters }: EditsOptions): Promise<Checked> {
  const server = await countingServer();
  let edits = 0;
  try {
    const property = fc.asyncProperty(
      anyList,
      fc.array(anyStep, { minLength: 1, maxLength: 10 }),
      async (list, steps) => {
        const folder = temporaryFolder(under);
        try {
          edits += await edit(list, steps, folder, server, run);
        } finally {
          folder.remove();
        }
      },
    );
    const details = await fc.check(property, { endOnFailure: false, ...parameters });
    const { failed, seed, counterexample, errorInstance } = details;
    return { failed, seed, counterexample, error: String(errorInstance ?? ""), edits };
  } finally {
    await server.close();
  }
}

type Server = Awaited<ReturnType<typeof countingServer>>;

/** Returns how many runs there were. */
async function edit(
  first: readonly Line[],
  steps: readonly Step[],
  { path }: Folder,
  server: Server,
  run: NonNullable<EditsOptions["run"]>,
): Promise<number> {
  const { origin } = server;
  const [listPath, folder] = [join(path, "urls.txt"), join(path, "out")];
  const own = new OwnFiles(folder);
  let list = first;
  let runs = 0;
  for (const step of [undefined, ...steps]) {
    const next = (step?.edits ?? []).reduce(edited, list);
    if (step?.own !== undefined) own.put(step.own.file);
    written(listPath, next, origin);
    if (!next.some((line) => line.path !== undefined && line.isOut !== true)) {
      list = next;
      continue; // a list without a URL is another matter
    }
    const jobs = await jobsOf(listPath);
    const how = step?.how ?? {};
    const before = contentsOf(folder);
    server.asked();
    runs++;
    const refused = await run(listPath, folder, how);
    const [asked, after] = [server.asked(), contentsOf(folder)];
    const problems =
      refused === undefined
        ? problemsOf({ list: next, jobs, how, origin, own, before, after, asked })
        : problemsOfRefusal(
            refused,
            how,
            JSON.stringify([...before.files]) === JSON.stringify([...after.files]) && asked.size === 0,
          );
    if (problems.length > 0) throw new Error(`after run ${runs}: ${problems.join("; ")}`);
    if (refused === undefined) list = next;
  }
  return runs;
}

/** Refused is only what is another list by the counts, and then nothing is touched. */
function problemsOfRefusal(why: string, how: How, isUntouched: boolean): string[] {
  // A line that was put among those that have failed, and have their numbers.
  if (isUntouched && /line \d+: has no number, among lines/.test(why)) return [];
  const counts = /: (\d+) of its lines (?:is|are) known, (\d+) moved, (\d+) (?:is|are) new; (\d+) saved/.exec(why);
  if (counts === null) return [why];
  const [known = 0, moved = 0, fresh = 0, gone = 0] = counts.slice(1).map(Number);
  const isRight = gone > known + moved && moved + fresh > 0 && how.prune !== true;
  return [...(isRight ? [] : [`refused: ${why}`]), ...(isUntouched ? [] : ["refused, but not left alone"])];
}

async function byLibrary(list: string, folder: string, how: How): Promise<string | undefined> {
  try {
    for await (const _ of bulkget(list, { ...how, outputDir: folder, retries: 0, concurrency: 3, minFree: 0 }));
    return undefined;
  } catch (error) {
    return String(error);
  }
}
