// The package as npm makes it: what is in it, and that it installs and runs elsewhere.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { VERSION } from "../../src/version.ts";
import { ROOT, shell } from "../support/command.ts";
import { ownFolder, ownRudeServer } from "../support/own.ts";

describe("the package", () => {
  const server = ownRudeServer();
  const folder = ownFolder();

  it("runs by npx inside the checkout", async () => {
    // npx keeps what a checkout's commands were called when it first saw it.
    const env = { npm_config_cache: folder.at("npm") };
    const ran = await shell("npx --no-install bulkget --version", { cwd: ROOT, env });
    expect(ran).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
  });

  it("packs what it needs and no more, installs elsewhere, and runs there as a command and as a library", async (context) => {
    const packed = await shell(`npm pack --ignore-scripts --json --pack-destination "${folder.path}"`, { cwd: ROOT });
    const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
    const outside = files.map(({ path }) => path).filter((path) => !/^dist\/(bin|src)\//.test(path));
    expect(outside.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
    expect(files.some(({ path }) => path === "dist/src/index.d.ts")).toBe(true);
    // Text only: code that V8 has compiled crashes other versions of Node.
    const others = files.filter(({ path }) => !/\.(?:cjs|js|d\.ts|json|md)$|^LICENSE$/.test(path));
    expect(others.map(({ path }) => path)).toEqual([]);

    const cwd = folder.path;
    writeFileSync(join(cwd, "package.json"), '{ "private": true, "type": "module" }');
    const installed = await shell(`npm install --prefer-offline --no-audit --no-fund "./${filename}"`, { cwd });
    if (/ENOTFOUND|ENOTCACHED|EAI_AGAIN|ECONNREFUSED|ENETUNREACH/.test(installed.stderr)) {
      console.warn("SKIPPED: the packed package cannot be installed without a registry");
      return context.skip();
    }
    expect(installed.code).toBe(0);
    const stdin = `${server.url("/ok")}\n`;
    expect(await shell("npx --no-install bulkget - -q", { cwd, stdin })).toMatchObject({ code: 0, stdout: "" });
    expect(readFileSync(join(cwd, "downloads/000001"))).toHaveLength(100);

    const program = `import { bulkget } from "bulkget";
      for await (const { outcome } of bulkget([process.argv[2]], { output: "memory" })) console.log(outcome);`;
    writeFileSync(join(cwd, "program.js"), program);
    expect(await shell(`node program.js "${server.url("/ok")}"`, { cwd })).toMatchObject({
      code: 0,
      stdout: "saved\n",
    });
  }, 120_000);
});
