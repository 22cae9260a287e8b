// commander by require: `import` would scan its files for exports, which takes longer than to run them.

import { createRequire } from "node:module";

export type { Command as CommandType, Option as OptionType } from "commander";
export const { Command, CommanderError, InvalidArgumentError, Option } = createRequire(import.meta.url)(
  "commander",
) as typeof import("commander");
