// Reads a list of any format out of memory: for the tests of formats.

import type { Job } from "../../../src/core/job.ts";
import type { FormatContext } from "../../../src/source/formats/format.ts";
import { formatOf } from "../../../src/source/formats/registry.ts";
import { peek } from "../../../src/source/peek.ts";

export interface Reading extends Partial<Omit<FormatContext, "head">> {
  readonly path?: string;
  readonly inputFormat?: string;
  /** Length of the chunks in which the bytes come. Default: all in one. */
  readonly chunk?: number;
}

/** Chunks of a text or bytes. */
export async function* chunksOf(content: string | Buffer, length = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length; at += length) yield Buffer.from(bytes.subarray(at, at + length));
}

/** The jobs of a list, and the number of lines that its format counted. */
export async function jobsOf(
  content: string | Buffer | AsyncGenerator<Buffer>,
  { path = "-", inputFormat, chunk, ...context }: Reading = {},
): Promise<{ readonly jobs: readonly Job[]; readonly lines: number; readonly format: string }> {
  const bytes = typeof content === "string" || Buffer.isBuffer(content) ? chunksOf(content, chunk) : content;
  const { head, all } = await peek(bytes);
  const { table = {} } = context;
  const format = formatOf(path, head, { inputFormat, table });
  const jobs: Job[] = [];
  let lines = 0;
  const onLines = (count: number) => {
    lines = count;
  };
  for await (const batch of format.jobs(all, { offset: 0, onLines, ...context, path, head, table }))
    jobs.push(...batch);
  return { jobs, lines, format: format.name };
}

/** The failure of a row that is broken. */
export const brokenRow = (detail: unknown) => ({ url: "(no URL)", refused: { error: "invalid_row", detail } });
