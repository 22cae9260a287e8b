// The public API.

export { BulkgetError, type BulkgetOptions, bulkget, type SavedBody } from "./bulkget.ts";
export { FACTS, type Fact, type FailureKind } from "./core/failure.ts";
export type { Failed, Outcome, Saved, Skipped, Unchanged } from "./core/job.ts";
export { OptionError } from "./core/option.ts";
export { type HostQueue, ORDERS, type Order } from "./core/order.ts";
export type { ScheduleOptions } from "./download.ts";
export { JournalError } from "./history/open.ts";
export type { OutputOptions } from "./output.ts";
export { FolderError } from "./sink/folder.ts";
export { LockedError } from "./sink/lock.ts";
export type { Item } from "./source/items.ts";
export { ListError } from "./source/lists.ts";
export { VERSION } from "./version.ts";
export type { FetchOptions } from "./web.ts";
