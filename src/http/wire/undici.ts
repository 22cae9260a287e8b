// undici's Client, alone and by require: `import` would scan undici's files for exports, and all of undici takes longer still.

import { createRequire } from "node:module";
import type { Client as UndiciClient } from "undici";

export type { Dispatcher } from "undici";

const require = createRequire(import.meta.url);

/** Read when it is first needed: only HTTP/2 does. */
export function clientClass(): typeof UndiciClient {
  return require("undici/lib/dispatcher/client.js") as typeof UndiciClient;
}
