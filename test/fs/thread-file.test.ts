// The files of threads are found from the source, from the compiled source and from the package's bundles.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { threadFile } from "../../src/fs/thread-file.ts";
import { ROOT } from "../support/command.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();
const NAMES = ["writer-thread", "verifier-thread"] as const;

describe.each(NAMES)("the file of the %s", (name) => {
  const built = join(ROOT, "dist/bin", `${name}.cjs`);

  it("is found from the source", () => {
    expect(threadFile(name)).toBe(built);
    expect(existsSync(built)).toBe(true);
  });

  it("is found from the compiled source", () => {
    const module = pathToFileURL(join(ROOT, "dist/src/fs/thread-file.js")).href;
    const code = `import { threadFile } from ${JSON.stringify(module)}; console.log(threadFile(${JSON.stringify(name)}));`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
    expect(stdout.trim()).toBe(built);
  });

  it("contains nothing but its own code and Node's modules", () => {
    mkdirSync(folder.at("elsewhere"));
    cpSync(built, folder.at(`elsewhere/${name}.cjs`));
    const { stderr } = spawnSync(process.execPath, [folder.at(`elsewhere/${name}.cjs`)], { encoding: "utf8" });
    expect(stderr).not.toContain("MODULE_NOT_FOUND");
  });
});
