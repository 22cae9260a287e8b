// Child process of the benchmark of names: a program that uses the library.
//   node library.js <list> <concurrency> <connect timeout in ms>

import { readFileSync } from "node:fs";
import { bulkget } from "../../../src/index.ts";

const [list = "", concurrency, connectTimeoutMs] = process.argv.slice(2);
const urls = readFileSync(list, "utf8").trimEnd().split("\n");
const options = {
  outputDir: "out",
  concurrency: Number(concurrency),
  connectTimeoutMs: Number(connectTimeoutMs),
  retries: 0,
};
for await (const _ of bulkget(urls, options));
