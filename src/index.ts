// The public API.

export {
  BulkgetError,
  type BulkgetOptions,
  type BulkgetRun,
  bulkget,
  type MemoryOutcome,
  type SavedBody,
} from "./bulkget.ts";
export { FACTS, type Fact, type Failure, type FailureKind } from "./core/failure.ts";
export type { Failed, Job, Known, Outcome, Saved, Skipped, Twin, Unchanged } from "./core/job.ts";
export { OptionError } from "./core/option.ts";
export { type HostQueue, ORDERS, type Order } from "./core/order.ts";
export type { DoneEarlier } from "./core/ports.ts";
export type { DispatcherOptions } from "./dispatcher.ts";
export type { ScheduleOptions } from "./download.ts";
export { JournalError } from "./history/open.ts";
export type {
  DispatchController,
  Dispatcher,
  DispatchHandler,
  DispatchOptions,
} from "./http/dispatcher/dispatcher.ts";
export type { Directive } from "./http/robots/robots-tag.ts";
export type { IdentityOptions } from "./identity.ts";
export type { Progress, Summary } from "./library/progress.ts";
export type { MannersOptions } from "./manners.ts";
export type { OutputOptions } from "./output.ts";
export type { ReachOptions } from "./reach.ts";
export { FolderError } from "./sink/folder.ts";
export { LockedError } from "./sink/lock.ts";
export type { Item, Items } from "./source/items.ts";
export { ListError } from "./source/lists.ts";
export { VERSION } from "./version.ts";
export type { FetchOptions } from "./web.ts";
