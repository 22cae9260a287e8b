// `bulkget report`: prints what the records of output folders add up to, as text or JSON, and writes them as Parquet and as a page.

import { existsSync } from "node:fs";
import { type FolderReport, openReport } from "../../app/report.ts";
import { rememberedAddress } from "../../app/store/store-option.ts";
import { OptionError } from "../../core/errors.ts";
import type { ListShard } from "../../core/layout.ts";
import { shardText } from "../../core/list-shard.ts";
import { HIDDEN } from "../../core/url/userinfo.ts";
import { REPORT } from "../../options/rows/report.ts";
import { paint, thousands } from "../../report/format.ts";
import { objectionTo, writeOwnFile } from "../../report/own-file.ts";
import { statisticsJson } from "../../report/statistics/to-json.ts";
import { statisticsText } from "../../report/statistics/to-text.ts";
import { verifiedText } from "../../report/verified.ts";
import { divisionOf } from "../../sink/folder/shards-file.ts";
import { isStoreAddress } from "../../store/address.ts";
import { type EarlyExit, parse } from "../command-line/commander.ts";
import { quoted } from "../command-line/shown-command.ts";
import { EXIT_CODES } from "../exit-code.ts";
import { log, writeStdout } from "../log.ts";
import { type Env, wantsColour } from "../reporters.ts";
import { refusePath, writePage } from "../reporting/html-page.ts";

/** Runs `bulkget report`. Throws an OptionError, a FolderError, a JournalError or a StdoutError. */
export async function report(argv: readonly string[], env: Env): Promise<number | EarlyExit> {
  const read = parse("report", REPORT, argv, env);
  if (!("values" in read)) return read;
  const { args: folders, values } = read;
  const { html, parquet } = values;
  if (html !== undefined) refusePath(html);
  const write = parquet === undefined ? undefined : await parquetWriter(parquet);
  const { local, remove } = await localFolders(folders);
  const opened = openedOr(remove, () => openReport(local));
  try {
    write?.(opened);
    for (const text of opened.notes) log(text);
    const statistics = { ...opened.statistics, folders };
    if (html !== undefined) await writePage(html, statistics);
    const { isTTY, columns } = process.stdout;
    const isColoured = wantsColour(env, isTTY === true);
    const options = {
      paint: paint(isColoured),
      again: commandsAgain(opened),
      columns: isTTY ? columns || 80 : undefined,
    };
    const text = values.json ? statisticsJson(statistics) : `${statisticsText(statistics, options)}\n`;
    await writeStdout(Buffer.from(text));
    if (values.verify) return EXIT_CODES[(await isVerified(local, opened, values.json)) ? "finished" : "failed"].code;
  } finally {
    opened.close();
    remove();
  }
  return EXIT_CODES.finished.code;
}

/** The folders, with the records of a store in a temporary one. */
async function localFolders(folders: readonly string[]): Promise<{ local: readonly string[]; remove: () => void }> {
  const removals: (() => void)[] = [];
  const remove = () => {
    for (const one of removals) one();
  };
  const local: string[] = [];
  for (const folder of folders) {
    if (!isStoreAddress(folder)) local.push(folder);
    else {
      const { fetchRecords } = await import("../../app/store/verify-objects.ts");
      const fetched = await fetchRecords(folder).catch((error: unknown) => {
        remove();
        throw error;
      });
      removals.push(fetched.remove);
      local.push(fetched.folder);
    }
  }
  return { local, remove };
}

function openedOr(remove: () => void, open: () => FolderReport): FolderReport {
  try {
    return open();
  } catch (error) {
    remove();
    throw error;
  }
}

/** Prints how the objects of a store compare with their records. Returns whether all are there. */
async function isVerified(folders: readonly string[], opened: FolderReport, isJson: boolean): Promise<boolean> {
  const [folder = "", ...others] = folders;
  if (others.length > 0)
    throw new OptionError("--verify: takes one folder: the records of several runs name the same files");
  const { verifyObjects } = await import("../../app/store/verify-objects.ts");
  const verified = await verifyObjects(folder, opened.eachRecord);
  const text = verifiedText(verified);
  if (isJson) log(text);
  else await writeStdout(Buffer.from(`\n${text}\n`));
  return verified.wrong.length === 0;
}

/**
 * Garbage is collected when the heap has grown by this percentage. The arrays of a group of rows are garbage when it is written:
 * 1,000,000 records take 200 MB of memory instead of 260, and no more time (December 2026).
 */
const FREQUENT_COLLECTION = "--heap-growing-percent=40";

/** Loads the writer, and checks the path before minutes of reading. */
async function parquetWriter(path: string): Promise<(opened: FolderReport) => void> {
  const { PARQUET_FILE, parquetFile } = await import("../../report/parquet/write-parquet.ts");
  const refuse = (reason: string | undefined) => {
    if (reason !== undefined) throw new OptionError(`--parquet ${path}: ${reason}`);
  };
  refuse(objectionTo(path, PARQUET_FILE));
  process.getBuiltinModule("node:v8").setFlagsFromString(FREQUENT_COLLECTION);
  return ({ eachRecord }) => {
    let records = 0;
    const failure = writeOwnFile(path, PARQUET_FILE, (fd) => {
      const file = parquetFile(fd);
      eachRecord((record, bytes) => {
        file.add(record, bytes);
        records++;
      });
      file.end();
    });
    refuse(failure);
    log(`${path}: ${thousands(records)} records`);
  };
}

/** Maximum number of commands that are printed. */
const MAX_COMMANDS = 20;

/**
 * The last run's command, which has its options and retries what may pass; or one command for each failed list, which retries
 * everything in it.
 */
function commandsAgain({ statistics, journals }: FolderReport): readonly string[] {
  const { runs, rows, counts } = statistics;
  const last = runs.at(-1)?.command ?? "";
  const isUsable = last.startsWith("bulkget ") && !last.includes(HIDDEN) && !last.split(" ").includes("-");
  if (isUsable && journals.length === 1 && counts.retryable > 0) return [last];
  // An archive takes the options of its run, which are not known.
  if (rows.rows.some(({ outcome, file }) => outcome === "saved" && file === undefined)) return [];
  const commands = journals.flatMap(({ paths: { folder, failedList: list }, shard }) => {
    if (!existsSync(list)) return [];
    const [operand, own] = [list, folder].map((path) => quoted(path.startsWith("-") ? `./${path}` : path));
    const address = rememberedAddress(folder);
    const output = address === undefined ? own : `${quoted(address)} --state ${own}`;
    return [`bulkget ${operand} -o ${output}${shard === undefined ? "" : shardWords(folder, shard)}`];
  });
  const more = commands.length - MAX_COMMANDS;
  return more > 0 ? [...commands.slice(0, MAX_COMMANDS), `and so on for ${thousands(more)} more`] : commands;
}

function shardWords(folder: string, shard: ListShard): string {
  return ` --shard ${shardText(shard)}${divisionOf(folder)?.by === "host" ? " --shard-by host" : ""}`;
}
