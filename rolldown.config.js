// The command as one file: Node 20 takes a millisecond for each module it loads, and a list of one URL feels forty of them.
import { chmodSync } from "node:fs";
import { defineConfig } from "rolldown";

export default defineConfig({
  input: "bin/bulkget.ts",
  platform: "node",
  external: /^[^./]/, // the packages stay packages
  output: { dir: "dist/bin", entryFileNames: "[name].js", chunkFileNames: "[name].js" },
  plugins: [{ name: "executable", writeBundle: () => chmodSync("dist/bin/bulkget.js", 0o755) }],
});
