// Strict programs compile against the package's types as ES modules, for a bundler and as CommonJS, without skipLibCheck.

import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT, shell } from "../../support/command.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();

/** Lays out the package as an installation does, without dependencies; Node's types and undici are the program's own. */
function install(): void {
  const modules = folder.at("node_modules");
  mkdirSync(join(modules, "bulkget"), { recursive: true });
  mkdirSync(join(modules, "@types"));
  for (const part of ["package.json", "dist/bin", "dist/lib", "dist/vendor"])
    cpSync(join(ROOT, part), join(modules, "bulkget", part), { recursive: true });
  for (const name of ["@types/node", "undici", "undici-types"])
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  writeFileSync(folder.at("package.json"), '{ "type": "module" }');
  for (const program of ["program.ts", "commonjs.cts"])
    cpSync(join(ROOT, "fixtures/consumer", program), folder.at(program));
}

/** Compiles a program, without any error, into the folder `out`. */
async function compile(program: string, more: object): Promise<void> {
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    types: ["node"],
    declaration: true,
    outDir: "out",
    ...more,
  };
  writeFileSync(folder.at("tsconfig.json"), JSON.stringify({ compilerOptions, files: [program] }));
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const compiled = await shell(`"${process.execPath}" "${tsc}" -p .`, { cwd: folder.path });
  expect([compiled.code, compiled.stdout, compiled.stderr]).toEqual([0, "", ""]);
}

it.each([
  ["with module nodenext", {}],
  ["with module node16", { module: "node16" }],
  ["without exact optional properties", { exactOptionalPropertyTypes: false }],
  ["without the DOM types", { lib: ["es2022"] }],
  ["for a bundler", { module: "esnext", moduleResolution: "bundler" }],
])(
  "a strict ES module compiles against all exported types %s, and its declarations can name them",
  async (_what, more) => {
    install();
    await compile("program.ts", more);
  },
  120_000,
);

it.each(["node16", "nodenext"])(
  "a strict CommonJS program compiles with module %s, runs, and shares the error classes with ES modules",
  async (module) => {
    install();
    await compile("commonjs.cts", { module });
    const ran = await shell(`"${process.execPath}" out/commonjs.cjs`, { cwd: folder.path });
    expect(ran).toMatchObject({ code: 0, stdout: "failed unsupported_scheme\nOptionError true\n", stderr: "" });
  },
  120_000,
);
