// `node dist/test/bench/edits.js <minutes> [--kill]`: tests randomly edited lists for this time; prints violated invariants.

import fc from "fast-check";
import { editsCheck } from "../support/folders/editing.ts";

const [minutes = "10", ...more] = process.argv.slice(2);
const seed = Number(more.find((one) => one.startsWith("--seed="))?.slice("--seed=".length) ?? Date.now() % 2 ** 31);
console.log(`seed ${seed}`);
const result = await editsCheck({
  seed,
  ...(more.includes("--kill") ? { killsWithin: 120 } : {}),
  numRuns: 1_000_000_000,
  interruptAfterTimeLimit: Number(minutes) * 60_000,
  under: "/dev/shm",
});
console.log(`${result.runs} runs of edited lists, ${result.kills} more that were killed`);
console.log(
  result.failed ? `NOT as it must be: ${result.error}\n${fc.stringify(result.counterexample)}` : "as it must be",
);
process.exitCode = result.failed ? 1 : 0;
