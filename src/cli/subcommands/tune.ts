// `bulkget tune`: measures the concurrency with a sample of a list; prints a table and writes a chart.

import { listFetcher } from "../../app/network/fetch-list.ts";
import { httpClient } from "../../app/network/http-client.ts";
import { type Step, sampleOf, sweep } from "../../app/tune.ts";
import { OptionError } from "../../core/errors.ts";
import { writeAllSync } from "../../fs/write-all.ts";
import { kneeOf, sorted } from "../../policy/concurrency/sweep.ts";
import { paint } from "../../report/format.ts";
import { objectionTo, writeOwnFile } from "../../report/own-file.ts";
import { CHART_FILE, tuneChart } from "../../report/tune-chart.ts";
import { tuneTable } from "../../report/tune-table.ts";
import { lists } from "../../source/lists.ts";
import { readTuneLine } from "../command-line/command-line.ts";
import type { EarlyExit } from "../command-line/commander.ts";
import { pemOf } from "../command-line/pem.ts";
import { EXIT_CODES } from "../exit-code.ts";
import { log, printStdout } from "../log.ts";
import { type Env, wantsColour } from "../reporters.ts";
import { sizeThreadPool } from "../thread-pool.ts";

/** Runs `bulkget tune`. Returns the exit code, or a page or refusal to print. Throws an OptionError, a ListError or a StdoutError. */
export async function tune(argv: readonly string[], env: Env): Promise<number | EarlyExit> {
  const line = readTuneLine(argv);
  if (!("lists" in line)) return line;
  const { upTo, stepMs, svg } = line;
  const objection = objectionTo(svg, CHART_FILE); // checked before minutes of measuring
  if (objection !== undefined) throw new OptionError(`--svg ${svg}: ${objection}`);
  const stop = new AbortController().signal;
  const source = lists(line.lists, {
    ...{ stdin: () => process.stdin, stop, allowEmpty: true },
    ...{ inputFormat: line.inputFormat, table: line, fetch: listFetcher(() => get, {}, stop) },
  });
  sizeThreadPool(upTo);
  const get = httpClient({ ...line, ...pemOf(line), concurrency: upTo });
  const steps: Step[] = [];
  try {
    const jobs = await sampleOf(source, line.sample, Math.random);
    if (jobs.length === 0) throw new OptionError(`${line.lists.join(", ")}: no URL that can be fetched`);
    log(`measuring with ${jobs.length} URLs of the list, for about ${stepMs / 1000} s each`);
    const onStep = ({ concurrency, finished }: Step) => log(`${concurrency} at a time: ${finished} URLs`);
    steps.push(...(await sweep({ get, jobs, most: upTo, stepMs, onStep })));
    if (steps.reduce((sum, { finished }) => sum + finished, 0) > jobs.length)
      log("the sample is short: its URLs were fetched more than once, and caches may have helped");
  } finally {
    get.close();
  }
  const knee = kneeOf(steps)?.concurrency;
  const rows = sorted(steps);
  const chart = tuneChart(rows, { title: `bulkget tune ${line.lists.join(" ")}`, knee });
  const failure = writeOwnFile(svg, CHART_FILE, (fd) => writeAllSync(fd, [Buffer.from(chart)]));
  await printStdout(`${tuneTable(rows, knee, paint(wantsColour(env, process.stdout.isTTY === true)))}\n`);
  if (failure !== undefined) throw new OptionError(`--svg ${svg}: ${failure}`);
  log(knee === undefined ? `nothing could be fetched; the chart is ${svg}` : `use -c ${knee}; the chart is ${svg}`);
  return EXIT_CODES[knee === undefined ? "failed" : "finished"].code;
}
