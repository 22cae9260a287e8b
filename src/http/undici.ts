// undici's Client, alone and by require: `import` would scan undici's files for exports, and all of undici takes longer still.

import { createRequire } from "node:module";
import type { Client as UndiciClient } from "undici";

export type { Dispatcher } from "undici";

export const Client = createRequire(import.meta.url)("undici/lib/dispatcher/client.js") as typeof UndiciClient;
