// Bundles command, worker and library as CommonJS files with their packages; packages that few runs need are files of their own.
// Node 20 takes a millisecond per module, more for ES modules: with sixty modules, that is noticeable for a list of one URL.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { defineConfig } from "rolldown";
import { writeDeclarations } from "./build/declarations.js";
import { importedBy } from "./build/imported-by.js";
import { lazyParts, plainExports, requireLazily } from "./build/lazy-chunks.js";
import { removeStaleFiles } from "./build/stale-files.js";
import { thirdParty } from "./build/third-party.js";

// The command's file is a script of sh that starts Node on itself. Node resets ignored signals (nohup, `trap '' TERM`, `&` in a
// script), so the script stores their mask before (src/cli/ignored-signals.ts). In JavaScript each of these lines is a string
// with a comment. `env` finds sh: publint requires it in the first line of a command.
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

/**
 * Formats of lists, and the kinds of listings, each in a file of dist/vendor with its packages, required when the first list in it
 * is read.
 */
const LIST_FILES = {
  csv: "formats",
  "json-lines": "formats",
  parquet: "formats",
  sitemap: "formats",
  "page-kinds": "pages",
};
const LIST_FORMATS = Object.keys(LIST_FILES);
const LIST_FORMAT = new RegExp(`^\\./(?:${LIST_FORMATS.join("|")})\\.ts$`);
const isListFormat = (id, importer = "") =>
  LIST_FORMAT.test(id) && /[\\/]source[\\/](?:formats|pages)[\\/][^\\/]+$/.test(importer);
const listFormats = {
  name: "list-formats",
  renderChunk: (code) =>
    code.replace(
      new RegExp(`\\bimport\\("[^"]*/(${LIST_FORMATS.join("|")})\\.ts"\\)`, "g"),
      'Promise.resolve(require("../vendor/list-$1.cjs"))',
    ),
};

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

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

/** Requires these packages from dist/vendor by a plain `require`, which bundlers follow; they ignore one made by `createRequire`. */
const vendored = {
  name: "vendored",
  transform: (code) => code.replace("const require = createRequire(import.meta.url);\n", ""),
  renderChunk: (code) =>
    code.replace(/\brequire\("([^"]+)"\)/g, (call, name) =>
      Object.hasOwn(VENDORED, name) ? `require("../vendor/${VENDORED[name]}")` : call,
    ),
};

/** Removes the texts of the option table from run and library: only `--help` and `completion` need them, and load them from manual.cjs. */
const withoutTexts = {
  name: "without-texts",
  transform: {
    filter: { id: /\/src\/options\/rows\// },
    handler: (code) => code.replace(/^ +(?:summary: "[^"]*"|details: `[^`]*`),$/gm, ""),
  },
};

/** Loads child_process where commander starts programs, which no command of ours does: it takes a millisecond. */
const commander = {
  name: "commander",
  transform: {
    filter: { id: /\/commander\/lib\/command\.js$/ },
    handler: (code) =>
      code
        .replace("const childProcess = require('node:child_process');\n", "")
        .replaceAll("childProcess.", "require('node:child_process')."),
  },
};

/** Packages that only the commands of a fleet load; their users install them. */
const OPTIONAL = ["bullmq", "ioredis"];

/** The module with those texts, which is required by its name. */
const MANUAL = /\/manual\.ts$/;
const manual = {
  name: "manual",
  renderChunk: (code) => code.replace(/\bimport\("[^"]*\/manual\.ts"\)/g, 'Promise.resolve(require("./manual.cjs"))'),
};

const common = {
  platform: "node",
  external: (id, importer) =>
    isBuiltin(id) ||
    OPTIONAL.includes(id) ||
    Object.hasOwn(VENDORED, id) ||
    MANUAL.test(id) ||
    isListFormat(id, importer),
  plugins: [vendored, withoutTexts, commander, manual, listFormats, thirdParty()],
};

/** The version is in the file that is started, which could only load it from main.cjs. */
const launcher = {
  name: "launcher",
  transform: {
    filter: { id: /\/bin\/bulkget\.ts$/ },
    handler: (code) => code.replace(/^import \{ VERSION \}.*$/m, `const VERSION = ${JSON.stringify(version)};`),
  },
  writeBundle() {
    writeFileSync(COMMAND, LAUNCHER + readFileSync(COMMAND, "utf8"));
    chmodSync(COMMAND, 0o755);
  },
};

/** The library is CommonJS. The file for `import` re-exports it, so that each class exists only once. */
const library = {
  name: "library",
  writeBundle(_options, bundle) {
    const names = bundle["lib/index.cjs"].exports.join(", ");
    writeFileSync("dist/lib/index.mjs", `export { ${names} } from "./index.cjs";\n`);
    writeFileSync("dist/lib/index.d.mts", `export * from "./index.cjs";\n`);
    writeDeclarations("dist/src/index.d.ts", "dist/lib");
  },
};

/** The helpers of rolldown, which it would make another file to load. */
const inlineRuntime = {
  name: "inline-runtime",
  generateBundle(_options, bundle) {
    const name = "bin/rolldown-runtime.cjs";
    const code = bundle[name]?.code;
    if (code === undefined) return;
    delete bundle[name];
    for (const chunk of Object.values(bundle))
      chunk.code = chunk.code?.replace(
        /require\("\.{1,2}\/(?:bin\/)?rolldown-runtime\.cjs"\)/,
        () => `(() => {\nconst exports = {};\n${code}return exports;\n})()`,
      );
  },
};

const ENTRIES = {
  command: "bin/main.ts",
  library: "src/index.ts",
  worker: "bin/worker.ts",
  chunks: "bin/chunk-worker.ts",
};

/**
 * Parts that few runs need, each in a chunk of its own, by the files through which they are used. A file that several parts need is
 * in the first of them. Options and the output folder decide which are used, before the first request: a run that has no file
 * descriptor left, or whose package is being replaced, could not load them.
 */
const LAZY = {
  resume: [
    "src/app/output/previous-run.ts",
    "src/core/scheduler/dedupe.ts",
    "src/journal/failed-records.ts",
    "src/journal/history.ts",
    "src/journal/reading/recover-records.ts",
    "src/report/parse-failed-list.ts",
    "src/resume/resume.ts",
    "src/source/unnumbered-lines.ts",
  ],
  archives: [
    "src/app/output/container-sink.ts",
    "src/resume/resume-shards.ts",
    "src/sink/container/shard-names.ts",
    "src/sink/seal-shards.ts",
  ],
  auto: ["src/core/run/concurrency-sampler.ts", "src/policy/concurrency/adaptive.ts"],
  "dry-run": ["src/cli/dry-run.ts"],
  http2: ["src/http/h2/pool.ts"],
  listings: ["src/app/network/stream-list.ts", "src/app/output/output-pages.ts", "src/source/pages/paged-list.ts"],
  objects: ["src/app/store/object-sink.ts"],
  refusals: ["src/cli/command-line/foreign-flags.ts", "src/cli/command-line/short-help.ts"],
  robots: ["src/http/robots/robots.ts"],
  "start-over": ["src/sink/folder/start-over.ts"],
  workers: ["src/workers/pool.ts", "src/workers/worker-handle.ts"],
};
const partOf = lazyParts(Object.values(ENTRIES), LAZY);

/** Whether the command and another program both need a file of src. */
const { command: ofCommand, ...ofOthers } = Object.fromEntries(
  Object.entries(ENTRIES).map(([name, entry]) => [name, importedBy(entry)]),
);
const isShared = (id) => ofCommand.has(id) && Object.values(ofOthers).some((files) => files.has(id));

export default defineConfig([
  {
    ...common,
    // core.cjs has what command, worker and library share. A usual run of the command loads this file and main.cjs, and no more, since
    // Node takes close to a millisecond per file; parts that it does not need are chunks, since V8 reads every byte of a file: 100 kB
    // take 3 to 4 ms. Loaded, main.cjs starts nothing: chunks that are loaded later require it.
    input: {
      bulkget: "bin/bulkget.ts",
      worker: "bin/worker.ts",
      "chunk-worker": "bin/chunk-worker.ts",
      index: "src/index.ts",
    },
    treeshake: { moduleSideEffects: [{ test: /\/bin\//, sideEffects: true }] },
    output: {
      ...into("."),
      entryFileNames: ({ name }) => (name === "index" ? "lib/index.cjs" : `bin/${name}.cjs`),
      chunkFileNames: "bin/[name].cjs",
      codeSplitting: {
        groups: [
          { name: partOf, test: (id) => partOf(id) !== undefined, priority: 2, includeDependenciesRecursively: false },
          { name: "core", test: (id) => isShared(id), priority: 1 },
          { name: "main", test: /\/bin\/main\.ts$/ },
        ],
      },
    },
    plugins: [...common.plugins, launcher, library, inlineRuntime, requireLazily(Object.keys(LAZY)), plainExports],
  },
  { platform: "node", external: isBuiltin, input: "src/cli/manual.ts", output: into("bin"), plugins: [thirdParty()] },
  // What a thread runs is a file of its own for the command and the library (src/fs/thread-file.ts).
  { ...common, input: "bin/writer-thread.ts", output: into("bin") },
  { ...common, input: "bin/verifier-thread.ts", output: into("bin") },
  ...["cli-progress", "ipaddr.js", "tough-cookie"].map((name) => ({
    platform: "node",
    input: { [VENDORED[name].replace(".cjs", "")]: name },
    output: into("vendor"),
    plugins: [thirdParty(["mime-db"])],
  })),
  ...Object.entries(LIST_FILES).map(([name, folder]) => ({
    platform: "node",
    external: isBuiltin,
    input: { [`list-${name}`]: `src/source/${folder}/${name}.ts` },
    output: into("vendor"),
    plugins: [thirdParty()],
  })),
]);
