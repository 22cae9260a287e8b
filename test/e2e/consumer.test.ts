// The types of the package, as strict programs compile against them: nothing skipped, with and without exact optional properties.

import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT, shell } from "../support/command.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();

/** Where the package lies after an installation, with what it depends on, and Node's types as the program's own. */
function install(): void {
  const modules = folder.at("node_modules");
  mkdirSync(join(modules, "bulkget"), { recursive: true });
  mkdirSync(join(modules, "@types"));
  cpSync(join(ROOT, "package.json"), join(modules, "bulkget/package.json"));
  cpSync(join(ROOT, "dist/src"), join(modules, "bulkget/dist/src"), { recursive: true });
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { dependencies: object };
  for (const name of [...Object.keys(dependencies), "@types/node", "undici", "undici-types"])
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  writeFileSync(folder.at("package.json"), '{ "type": "module" }');
  cpSync(join(ROOT, "fixtures/consumer/program.ts"), folder.at("program.ts"));
}

it.each([
  ["as they are", {}],
  ["without exact optional properties", { exactOptionalPropertyTypes: false }],
  ["without those of a browser", { lib: ["es2022"] }],
  ["by a bundler", { module: "esnext", moduleResolution: "bundler" }],
])(
  "a strict program compiles against all types, %s, and its own declarations name them",
  async (_what, more) => {
    install();
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
    writeFileSync(folder.at("tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    const compiled = await shell(`"${process.execPath}" "${tsc}" -p .`, { cwd: folder.path });
    expect(compiled).toMatchObject({ code: 0, stdout: "", stderr: "" });
  },
  120_000,
);
