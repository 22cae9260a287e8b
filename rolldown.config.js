// The command as one CommonJS file, with the packages that every start needs inside: Node 20 takes a millisecond for each module
// it loads, more for ES modules, and a list of one URL feels sixty of them.
import { chmodSync } from "node:fs";
import { defineConfig } from "rolldown";

// Under the MIT License, too: its text is in LICENSE.
const NOTICE = `/*! With commander, (c) 2011 TJ Holowaychuk; p-limit and yocto-queue, (c) Sindre Sorhus: MIT License. */`;
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

export default defineConfig([
  {
    ...common,
    // Apart from the file that is started: what is loaded later takes from main.cjs, and must not start it again.
    input: ["bin/bulkget.ts", "bin/main.ts"],
    plugins: [{ name: "executable", writeBundle: () => chmodSync("dist/bin/bulkget.cjs", 0o755) }],
  },
  // By itself: what it has in common with the command would be a third file for both to load.
  { ...common, input: "bin/worker.ts" },
]);
