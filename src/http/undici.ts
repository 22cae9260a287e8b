// undici's Client, alone and by require: `import` would scan undici's files for exports, and all of undici takes longer still.

import { createRequire } from "node:module";
import type { Client as UndiciClient } from "undici";

export type { Dispatcher } from "undici";

const require = createRequire(import.meta.url);

export const Client = require("undici/lib/dispatcher/client.js") as typeof UndiciClient;

/** Reads the parser, which undici does when its first connection is there: by then there may be no descriptor left. */
export function readParser(): void {
  require("undici/lib/llhttp/llhttp_simd-wasm.js");
}
