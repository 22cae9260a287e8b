// The public API.

export { BulkgetError, type BulkgetOptions, bulkget, type SavedBody } from "./bulkget.ts";
export { FACTS, type Fact, type FailureKind } from "./core/failure.ts";
export type { Failed, Outcome, Saved } from "./core/job.ts";
export { OptionError } from "./core/option.ts";
export type { FetchOptions } from "./download.ts";
export { FolderError } from "./sink/folder.ts";
export type { Item } from "./source/items.ts";
export { ListError } from "./source/lists.ts";
export { VERSION } from "./version.ts";
