// The interface of an object store, for an output whose bodies are objects.

import type { Failure } from "./failure.ts";

/** The bytes of an object: in memory, or in an open file from its first one on. */
export type ObjectBytes = { readonly pieces: readonly Uint8Array[] } | { readonly fd: number; readonly bytes: number };

/** An object store, for an output whose bodies are objects. Names are as those of files. */
export interface ObjectStore {
  /** Resolves when the store has the whole object, or with the reason why not. */
  put(name: string, content: ObjectBytes, headers: Readonly<Record<string, string>>): Promise<Failure | undefined>;
  /** Copies an object. False where that is not possible. */
  copy(from: string, to: string): Promise<boolean>;
  /** Ends all uploads as `interrupted`, at once. */
  abort(): void;
}
