// The command as one file: Node 20 takes a millisecond for each module it loads, and a list of one URL feels forty of them.
import { chmodSync } from "node:fs";
import { defineConfig } from "rolldown";

const common = {
  platform: "node",
  external: /^[^./]/, // the packages stay packages
  output: { dir: "dist/bin", entryFileNames: "[name].js", chunkFileNames: "[name].js" },
};

export default defineConfig([
  {
    ...common,
    input: "bin/bulkget.ts",
    plugins: [{ name: "executable", writeBundle: () => chmodSync("dist/bin/bulkget.js", 0o755) }],
  },
  // By itself: what the two have in common would be a third file for both to load.
  { ...common, input: "bin/worker.ts" },
]);
