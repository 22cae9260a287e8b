// Preloaded into a run (`node --import`): prints the number of created promises on stderr, after a last garbage collection.

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
  (globalThis as { gc?: () => void }).gc?.(); // includes allocations since the last collection
  if (promises > 0) writeSync(process.stderr.fd, `promises ${promises}\n`);
});
