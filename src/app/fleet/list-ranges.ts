// Which lists a fleet reads by ranges of bytes: one file, or one list on the web whose server sends ranges of one version.

import { statSync } from "node:fs";
import { ListError } from "../../core/errors.ts";
import type { Get } from "../../core/ports.ts";
import { withoutUserinfo } from "../../core/url/userinfo.ts";
import type { TableOptions } from "../../source/formats/table/table-options.ts";
import { isSplittable, isSplittableFile, type Part, splitBytes, splitList } from "../../source/parts/split-list.ts";
import type { ScheduleOptions } from "../download.ts";
import { listRangeReader, listVersion } from "../network/list-range.ts";
import type { SplitList } from "./enqueue.ts";

const CHANGED = "it has changed while it was read: run the same command again";

export interface ListAbout {
  readonly inputFormat?: string | undefined;
  readonly table: TableOptions;
  readonly chunkLines: number;
}

/** A list that is a file; undefined for one that has to be read by its format. Throws file-system errors. */
export async function fileRange({
  list,
  ...about
}: ListAbout & { readonly list: string }): Promise<SplitList | undefined> {
  const isFile = statSync(list, { throwIfNoEntry: false })?.isFile() === true;
  if (!isFile || !isSplittableFile(list, about)) return undefined;
  const counted = await splitList(list, Number.MAX_SAFE_INTEGER, () => {});
  return counted && { ...counted, split: (lines, onPart) => splitList(list, lines, onPart) };
}

export interface WebListAbout extends ListAbout {
  readonly url: string;
  readonly get: Get;
  readonly schedule: ScheduleOptions;
  readonly stop: AbortSignal;
}

/**
 * The same for a list on the web, which is read once. Its parts are kept in memory, which takes less of it than the queue needs for
 * their chunks. Throws a ListError for one that changes meanwhile, or cannot be read any more.
 */
export async function webRange(about: WebListAbout): Promise<SplitList | undefined> {
  const { url, get, schedule, stop, chunkLines } = about;
  const version = await listVersion(get, url, schedule, stop);
  if (version === undefined || !isSplittable(new URL(url).pathname, version.head, about)) return undefined;
  const { etag, wholeBytes } = version;
  const parts: Part[] = [];
  const bytes = listRangeReader(
    get,
    schedule,
    stop,
    CHANGED,
  )({ url, etag, wholeBytes, fromBytes: 0, toBytes: wholeBytes });
  const split = await splitBytes(bytes, chunkLines, (part) => void parts.push(part)).catch((error: unknown) => {
    throw new ListError(
      `${withoutUserinfo(url)}: the list cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  });
  return (
    split && {
      ...split,
      etag,
      async split(_, onPart) {
        for (const part of parts) await onPart(part);
        return split;
      },
    }
  );
}
