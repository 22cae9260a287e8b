// `node dist/test/bench/contest/readme.js <results.json> [page.md]`: writes the table of Python libraries into docs/benchmarks.md.

import { readFileSync, writeFileSync } from "node:fs";
import { read } from "./results.ts";
import { comparison } from "./table.ts";

const WORKLOAD = "python-100k";
const MARKS = /(<!-- bench: python-100k -->\n)[\s\S]*?(<!-- \/bench -->)/;

const [results, readme = "docs/benchmarks.md"] = process.argv.slice(2);
if (results === undefined) throw new Error("which results? test/bench/results/<date>.json");
const result = read(results).find(({ workload }) => workload === WORKLOAD);
if (result === undefined) throw new Error(`${results}: nothing of ${WORKLOAD}; npm run bench -- --only ${WORKLOAD}`);
const text = readFileSync(readme, "utf8");
if (!MARKS.test(text)) throw new Error(`${readme}: no place between <!-- bench: ${WORKLOAD} --> and <!-- /bench -->`);
const table = comparison(result, "bulkget");
writeFileSync(
  readme,
  text.replace(MARKS, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`),
);
console.log(table);
