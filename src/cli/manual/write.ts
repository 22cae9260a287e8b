// Part of `npm run docs`: writes the man page, docs/options.md and the help in docs/help.md from the option table.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { helpText } from "./help-page.ts";
import { manPage } from "./man-page.ts";
import { optionsPage } from "./options-page.ts";

const HELP = "docs/help.md";

mkdirSync("man", { recursive: true });
writeFileSync("man/bulkget.1", manPage());
writeFileSync("docs/options.md", optionsPage());
const help = helpText({ command: "bulkget", isFull: false });
writeFileSync(
  HELP,
  readFileSync(HELP, "utf8").replace(/^```\nUsage: .*?^```$/ms, () => `\`\`\`\n${help}\`\`\``),
);
