// Child process of the benchmark of names: a program that uses the library as it is installed, bundled.
//   node library.js <list> <concurrency> <connect timeout in ms>

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/command.ts";

const { bulkget }: typeof import("../../../src/index.ts") = await import(join(ROOT, "dist/lib/index.mjs"));

const [list = "", concurrency, connectTimeoutMs] = process.argv.slice(2);
const urls = readFileSync(list, "utf8").trimEnd().split("\n");
const options = {
  outputDir: "out",
  concurrency: Number(concurrency),
  connectTimeoutMs: Number(connectTimeoutMs),
  retries: 0,
};
for await (const _ of bulkget(urls, options));
