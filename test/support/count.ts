// Loaded into a run by `node --import`: says at its end, on stderr, how many promises were made, after a last collection.

import { createHook } from "node:async_hooks";
import { writeSync } from "node:fs";

let promises = 0;

if (process.env["COUNT"] === "promises") {
  createHook({
    init(_id, type) {
      if (type === "PROMISE") promises++;
    },
  }).enable();
}

process.on("exit", () => {
  (globalThis as { gc?: () => void }).gc?.(); // what was allocated since the last one is counted, too
  if (promises > 0) writeSync(process.stderr.fd, `promises ${promises}\n`);
});
