// `bulkget extract`: writes saved bodies to stdout or to files, out of an output folder with files or archives.

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fleetResults } from "../../app/fleet/results.ts";
import { journalsOf } from "../../app/journals.ts";
import { FileTakenError, writeBodyFile } from "../../app/output/body-file.ts";
import { extractedName, isLocal, NoBodyError, savedBody } from "../../app/output/saved-body.ts";
import { rememberedAddress } from "../../app/store/store-option.ts";
import { FolderError, OptionError } from "../../core/errors.ts";
import type { Outcome } from "../../core/job.ts";
import { LAYOUT } from "../../core/layout.ts";
import { findRecords } from "../../journal/find-records.ts";
import { EXTRACTING } from "../../options/rows/extract.ts";
import { asFolderError } from "../../sink/folder/output-folder.ts";
import { isStoreAddress } from "../../store/address.ts";
import { type EarlyExit, parse } from "../command-line/commander.ts";
import type { Env } from "../command-line/variables.ts";
import { EXIT_CODES } from "../exit-code.ts";
import { log, writeStdout } from "../log.ts";

/** Writes a body; false where nobody reads any more. */
type Write = (n: number, record: Outcome, body: AsyncIterable<Uint8Array>) => Promise<boolean>;

/**
 * Runs `bulkget extract`. Returns the exit code, or a page or refusal to print. A line without a body is reported, and the others
 * are written. Throws an OptionError, a FolderError, a JournalError or a StdoutError.
 */
export async function extract(argv: readonly string[], env: Env): Promise<number | EarlyExit> {
  const read = parse("extract", EXTRACTING, argv, env);
  if (!("values" in read)) return read;
  const [folder = "", ...words] = read.args;
  const wrong = words.find((word) => !/^0*[1-9]\d{0,14}$/.test(word));
  if (wrong !== undefined) return refusal(`'${wrong}' is not the number of a line`);
  if (words.length === 0) return refusal("missing argument 'n': the numbers of one or more lines");
  const numbers = words.map(Number);
  const write = writer(read.values.output, numbers.length);
  if (isStoreAddress(folder)) {
    const { fetchRecords } = await import("../../app/store/verify-objects.ts");
    const fetched = await fetchRecords(folder);
    try {
      return await extracted({ shown: folder, folder: fetched.folder }, numbers, write);
    } finally {
      fetched.remove();
    }
  }
  return await extracted({ shown: folder, folder }, numbers, write);
}

interface Extracting {
  readonly shown: string;
  /** The folder of the run, or of its records. */
  readonly folder: string;
}

async function extracted({ shown, folder }: Extracting, numbers: readonly number[], write: Write): Promise<number> {
  const records = recordsIn(folder, new Set(numbers));
  const address = rememberedAddress(folder);
  if (address === undefined)
    return await written(numbers, records, { shown, write, body: (one) => savedBody(folder, one) });
  const { storedBodies } = await import("../../app/store/stored-bodies.ts");
  const stored = storedBodies(address);
  // An archive that is being written is in the state folder.
  const body = (one: Outcome) => (isLocal(folder, one) ? savedBody(folder, one) : stored.body(one));
  try {
    return await written(numbers, records, { shown, write, body });
  } finally {
    stored.close();
  }
}

interface Writing {
  readonly shown: string;
  readonly write: Write;
  readonly body: (record: Outcome) => AsyncIterable<Uint8Array>;
}

/** Writes the bodies of lines. Returns the exit code. */
async function written(
  numbers: readonly number[],
  records: ReadonlyMap<number, Outcome>,
  { shown, write, body }: Writing,
): Promise<number> {
  let isComplete = true;
  for (const n of numbers) {
    const record = records.get(n);
    try {
      if (record === undefined)
        throw new NoBodyError("has no record: it was not tried yet, or is no line of that list");
      if (!(await write(n, record, body(record)))) break;
    } catch (error) {
      if (!(error instanceof NoBodyError || error instanceof FileTakenError)) throw error;
      log(`${shown}: line ${n}: ${error.message}`);
      isComplete = false;
    }
  }
  return EXIT_CODES[isComplete ? "finished" : "failed"].code;
}

function refusal(message: string): EarlyExit {
  return { refusal: `bulkget: ${message} (bulkget extract --help)\n` };
}

function recordsIn(folder: string, numbers: ReadonlySet<number>): ReadonlyMap<number, Outcome> {
  try {
    const journals = fleetResults(folder)?.paths ?? journalsOf(folder).runs.map(({ paths }) => paths.journal);
    return new Map(journals.flatMap((path) => [...findRecords(path, numbers)]));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") throw asFolderError(error, folder);
    throw new FolderError("usage", `${folder}: has no ${LAYOUT.journal}: it is not the output folder of a run`);
  }
}

/** Where bodies go: to stdout, a file, or a folder. */
function writer(output: string | undefined, count: number): Write {
  if (output === undefined || output === "-") return toStdout;
  const isFolder = statSync(output, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder && count === 1 && !/[\\/]$/.test(output)) {
    return async (_n, _record, body) => {
      await writeBodyFile(output, body);
      return true;
    };
  }
  try {
    mkdirSync(output, { recursive: true });
  } catch (error) {
    throw new OptionError(`--output ${output}: is no folder, which several lines need: ${(error as Error).message}`);
  }
  return async (n, record, body) => {
    await writeBodyFile(join(output, extractedName(n, record)), body);
    return true;
  };
}

async function toStdout(_n: number, _record: Outcome, body: AsyncIterable<Uint8Array>): Promise<boolean> {
  for await (const piece of body) if (!(await writeStdout(piece))) return false;
  return true;
}
