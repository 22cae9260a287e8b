// commander by require: `import` would scan its files for exports, which takes longer than to run them.

import { createRequire } from "node:module";

export const { Command, CommanderError, InvalidArgumentError, Option } = createRequire(import.meta.url)(
  "commander",
) as typeof import("commander");
