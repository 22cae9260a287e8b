// The command as one CommonJS file, with the packages that every start needs inside: Node 20 takes a millisecond for each module
// it loads, more for ES modules, and a list of one URL feels sixty of them.
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { defineConfig } from "rolldown";

// Under the MIT License, too: its text is in LICENSE.
const NOTICE = `/*! With commander, (c) 2011 TJ Holowaychuk; p-limit and yocto-queue, (c) Sindre Sorhus: MIT License. */`;
// The file that is started is sh first: Node resets the signals that it was told to ignore (nohup, `trap '' TERM`, `&` in a
// script), so that they are noted before (src/cli/ignored.ts). To JavaScript each of these lines is a string.
const COMMAND = "dist/bin/bulkget.cjs";
const LAUNCHER = `#!/bin/sh
':' //; while read -r key value; do case $key in SigIgn:) export _BULKGET_SIGIGN="$$ $value"; break;; esac; done 2>/dev/null </proc/self/status
':' //; exec node "$0" "$@"
`;
const INSIDE = ["commander", "p-limit", "yocto-queue"];

const common = {
  platform: "node",
  external: (id) => !/^[./]/.test(id) && !INSIDE.includes(id),
  output: {
    dir: "dist/bin",
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
    comments: false,
    banner: ({ name }) => (name === "main" ? NOTICE : ""),
  },
};

function makeExecutable() {
  writeFileSync(COMMAND, LAUNCHER + readFileSync(COMMAND, "utf8"));
  chmodSync(COMMAND, 0o755);
}

export default defineConfig([
  {
    ...common,
    // Apart from the file that is started: what is loaded later takes from main.cjs, and must not start it again.
    input: ["bin/bulkget.ts", "bin/main.ts"],
    plugins: [{ name: "launcher", writeBundle: makeExecutable }],
  },
  // By itself: what it has in common with the command would be a third file for both to load.
  { ...common, input: "bin/worker.ts" },
]);
