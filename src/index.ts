// The public API.

export type { DispatcherOptions } from "./app/dispatcher-option.ts";
export type { ScheduleOptions } from "./app/download.ts";
export type { FetchOptions } from "./app/http-client.ts";
export type { IdentityOptions } from "./app/identity-options.ts";
export type { NetworkOptions } from "./app/network-options.ts";
export type { OutputOptions } from "./app/output.ts";
export type { RobotsOptions } from "./app/robots-options.ts";
export {
  BulkgetError,
  type BulkgetOptions,
  type BulkgetRun,
  bulkget,
  type MemoryOutcome,
  type SavedBody,
} from "./bulkget.ts";
export { FACTS, type Fact, type Failure, type FailureKind } from "./core/failure.ts";
export type { Failed, Job, KnownFile, Outcome, Saved, SavedFile, Skipped, Unchanged } from "./core/job.ts";
export { OptionError } from "./core/option-error.ts";
export type { DoneEarlier } from "./core/ports.ts";
export { type HostQueue, ORDERS, type Order } from "./core/scheduler/order.ts";
export type {
  DispatchController,
  Dispatcher,
  DispatchHandler,
  DispatchOptions,
} from "./http/dispatcher/dispatcher-shape.ts";
export type { Directive } from "./http/robots/robots-tag.ts";
export { JournalError } from "./journal/open-journal.ts";
export type { Progress, Summary } from "./library/progress.ts";
export { LockedError } from "./sink/folder/lock.ts";
export { FolderError } from "./sink/folder/output-folder.ts";
export type { Item, Items } from "./source/items.ts";
export { ListError } from "./source/lists.ts";
export { VERSION } from "./version.ts";
