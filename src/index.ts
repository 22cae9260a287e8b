// The public API.

export type { ScheduleOptions } from "./app/download.ts";
export type { DispatcherOptions } from "./app/network/dispatcher-option.ts";
export type { FetchOptions } from "./app/network/http-client.ts";
export type { IdentityOptions } from "./app/network/identity-options.ts";
export type { NetworkOptions } from "./app/network/network-options.ts";
export type { RobotsOptions } from "./app/network/robots-options.ts";
export type { OutputOptions } from "./app/output/output-options.ts";
export {
  type BulkgetOptions,
  type BulkgetRun,
  bulkget,
  type MemoryOutcome,
  type SavedBody,
} from "./bulkget.ts";
export {
  BulkgetError,
  type BulkgetErrorCode,
  ERROR_CODES,
  FolderError,
  JournalError,
  ListError,
  LockedError,
  OptionError,
} from "./core/errors.ts";
export { FACTS, type Fact, type Failure, type FailureKind } from "./core/failure.ts";
export type {
  DuplicateSource,
  Failed,
  Job,
  KnownBody,
  KnownFile,
  KnownRecord,
  Outcome,
  Saved,
  SavedFile,
  ShardPlace,
  ShardRecord,
  Skipped,
  Unchanged,
} from "./core/job.ts";
export type { DoneEarlier } from "./core/page-memory.ts";
export { type HostQueue, ORDERS, type Order } from "./core/scheduler/order.ts";
export type {
  DispatchController,
  Dispatcher,
  DispatchHandler,
  DispatchOptions,
} from "./http/dispatcher/dispatcher-shape.ts";
export type { Directive } from "./http/robots/robots-tag.ts";
export type { Progress, Summary } from "./library/progress.ts";
export type { Item, Items } from "./source/items.ts";
export { VERSION } from "./version.ts";
