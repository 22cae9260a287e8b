// All that is shipped, as CommonJS files with the packages inside: the command, its worker, the library, and packages that few
// runs need. Node 20 takes a millisecond for each module it loads, more for ES modules, and a list of one URL feels sixty of them.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { defineConfig } from "rolldown";
import { writeDeclarations } from "./build/declarations.js";
import { removeStaleFiles } from "./build/stale-files.js";
import { thirdParty } from "./build/third-party.js";

// The file that is started is sh first: Node resets the signals that it was told to ignore (nohup, `trap '' TERM`, `&` in a
// script), so that they are noted before (src/cli/ignored.ts). To JavaScript each of these lines is a string. sh is found by env,
// which publint requires of a command.
const COMMAND = "dist/bin/bulkget.cjs";
const LAUNCHER = `#!/usr/bin/env sh
':' //; while read -r key value; do case $key in SigIgn:) export _BULKGET_SIGIGN="$$ $value"; break;; esac; done 2>/dev/null </proc/self/status
':' //; exec node "$0" "$@"
`;

/** Packages that few runs need, and the file in dist/vendor of each. */
const VENDORED = {
  "cli-progress": "cli-progress.cjs",
  "ipaddr.js": "ipaddr.cjs",
  "mime-db": "mime-db.json",
  "tough-cookie": "tough-cookie.cjs",
};

removeStaleFiles(["dist/bin", "dist/lib", "dist/vendor"]);
mkdirSync("dist/vendor", { recursive: true });
copyFileSync("node_modules/mime-db/db.json", `dist/vendor/${VENDORED["mime-db"]}`);

/** CommonJS in a folder of dist. */
const into = (dir) => ({
  dir: `dist/${dir}`,
  format: "cjs",
  entryFileNames: "[name].cjs",
  chunkFileNames: "[name].cjs",
  comments: false,
});

/** Has them required from there, in a way that bundlers follow: of a `require` that is made by `createRequire` they see nothing. */
const vendored = {
  name: "vendored",
  transform: (code) => code.replace("const require = createRequire(import.meta.url);\n", ""),
  renderChunk: (code) =>
    code.replace(/\brequire\("([^"]+)"\)/g, (call, name) =>
      Object.hasOwn(VENDORED, name) ? `require("../vendor/${VENDORED[name]}")` : call,
    ),
};

/** The texts of the option table are for people: a run and the library do without, and `--help` loads them in a file of their own. */
const withoutTexts = {
  name: "without-texts",
  transform: {
    filter: { id: /\/src\/options\/rows\// },
    handler: (code) => code.replace(/^ +(?:summary: "[^"]*"|details: `[^`]*`),$/gm, ""),
  },
};

/** The file of those texts is required by its name. */
const MANUAL = /\/manual\.ts$/;
const manual = {
  name: "manual",
  renderChunk: (code) => code.replace(/\bimport\("[^"]*\/manual\.ts"\)/g, 'Promise.resolve(require("./manual.cjs"))'),
};

const common = {
  platform: "node",
  external: (id) => isBuiltin(id) || Object.hasOwn(VENDORED, id) || MANUAL.test(id),
  plugins: [vendored, withoutTexts, manual, thirdParty()],
};

const launcher = {
  name: "launcher",
  writeBundle() {
    writeFileSync(COMMAND, LAUNCHER + readFileSync(COMMAND, "utf8"));
    chmodSync(COMMAND, 0o755);
  },
};

/** The one build of the library is CommonJS; what `import` finds hands its exports on, so that there is one of each class. */
const library = {
  name: "library",
  writeBundle(_options, bundle) {
    const names = bundle["index.cjs"].exports.join(", ");
    writeFileSync("dist/lib/index.mjs", `export { ${names} } from "./index.cjs";\n`);
    writeFileSync("dist/lib/index.d.mts", `export * from "./index.cjs";\n`);
    writeDeclarations("dist/src/index.d.ts", "dist/lib");
  },
};

export default defineConfig([
  {
    ...common,
    // main.cjs is apart from the file that is started: what is loaded later takes from it, and must not start it again. All that
    // each run needs is in it, since Node takes close to a millisecond for each file.
    input: "bin/bulkget.ts",
    treeshake: { moduleSideEffects: [{ test: /\/bin\//, sideEffects: true }] },
    output: { ...into("bin"), codeSplitting: { groups: [{ name: "main", test: /\/bin\/main\.ts$/ }] } },
    plugins: [...common.plugins, launcher],
  },
  { platform: "node", external: isBuiltin, input: "src/cli/manual.ts", output: into("bin"), plugins: [thirdParty()] },
  // By itself: what it has in common with the command would be a third file for both to load.
  { ...common, input: "bin/worker.ts", output: into("bin") },
  { ...common, input: "src/index.ts", output: into("lib"), plugins: [...common.plugins, library] },
  ...["cli-progress", "ipaddr.js", "tough-cookie"].map((name) => ({
    platform: "node",
    input: { [VENDORED[name].replace(".cjs", "")]: name },
    output: into("vendor"),
    plugins: [thirdParty(["mime-db"])],
  })),
]);
