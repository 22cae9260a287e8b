// The npm package: its files, its installation elsewhere, and the checks of publint and @arethetypeswrong/cli.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { VERSION } from "../../../src/version.ts";
import { ROOT, shell } from "../../support/command.ts";
import { ownFolder, ownRudeServer } from "../../support/own.ts";

describe("the npm package", () => {
  const server = ownRudeServer();
  const folder = ownFolder();

  it("runs by npx inside the checkout", async () => {
    // npx caches the names of a checkout's commands.
    const env = { npm_config_cache: folder.at("npm") };
    const ran = await shell("npx --no-install bulkget --version", { cwd: ROOT, env });
    expect(ran).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
  });

  it("contains only the needed files, installs elsewhere, and runs there as a command and as a library", async (context) => {
    const packed = await shell(`npm pack --ignore-scripts --json --pack-destination "${folder.path}"`, { cwd: ROOT });
    const [{ filename, size, files }] = JSON.parse(packed.stdout) as [
      { filename: string; size: number; files: { path: string }[] },
    ];
    expect(size).toBeLessThan(750_000);
    const outside = files.map(({ path }) => path).filter((path) => !/^dist\/(bin|lib|vendor)\//.test(path));
    const pages = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
    expect(outside.sort()).toEqual(
      [
        ...["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "man/bulkget.1", "package.json"],
        ...pages.map((name) => `docs/${name}`),
      ].sort(),
    );
    // Text only: V8's code cache crashes other versions of Node.
    const others = files.filter(
      ({ path }) => !/\.(?:cjs|mjs|d\.cts|d\.mts|json|md|1)$|\bLICENSE(?:S\.txt)?$/.test(path),
    );
    expect(others.map(({ path }) => path)).toEqual([]);

    const cwd = folder.path;
    writeFileSync(join(cwd, "package.json"), '{ "private": true, "type": "module" }');
    const installed = await shell(`npm install --prefer-offline --no-audit --no-fund "./${filename}"`, { cwd });
    if (/ENOTFOUND|ENOTCACHED|EAI_AGAIN|ECONNREFUSED|ENETUNREACH/.test(installed.stderr)) {
      console.warn("SKIPPED: the packed package cannot be installed without a registry");
      return context.skip();
    }
    expect(installed.code).toBe(0);
    // All dependencies are bundled: no other package is installed.
    const there = readdirSync(join(cwd, "node_modules")).filter((name) => !name.startsWith("."));
    expect(there).toEqual(["bulkget"]);
    const global = `npm install --global --offline --prefix "${folder.at("global")}" "./${filename}"`;
    expect(await shell(global, { cwd })).toMatchObject({ code: 0 });
    expect(readdirSync(join(cwd, "global/share/man/man1"))).toEqual(["bulkget.1"]);
    const stdin = `${server.url("/ok")}\n`;
    expect(await shell("npx --no-install bulkget - -q", { cwd, stdin })).toMatchObject({ code: 0, stdout: "" });
    expect(readFileSync(join(cwd, "downloads/000001"))).toHaveLength(100);
    // Options that load the rarely needed bundled packages.
    const more = "--progress bar -b a=b --public-only --force";
    const refused = await shell(`npx --no-install bulkget - ${more}`, { cwd, stdin });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("blocked_address") as string });

    const program = `import { bulkget } from "bulkget";
      const options = { output: "memory", cookie: "a=b" };
      for await (const { outcome } of bulkget([process.argv[2]], options)) console.log(outcome);`;
    writeFileSync(join(cwd, "program.js"), program);
    expect(await shell(`node program.js "${server.url("/ok")}"`, { cwd })).toMatchObject({
      code: 0,
      stdout: "saved\n",
    });
  }, 120_000);

  it("passes publint and @arethetypeswrong/cli", async () => {
    const packed = await shell(`npm pack --ignore-scripts --silent --pack-destination "${folder.path}"`, { cwd: ROOT });
    const tarball = folder.at(packed.stdout.trim());
    const linted = await shell(`npx --no-install publint run "${tarball}" --strict`, { cwd: ROOT });
    expect(linted).toMatchObject({ code: 0, stdout: expect.stringContaining("All good!") as string });
    const typed = await shell(`npx --no-install attw "${tarball}"`, { cwd: ROOT });
    expect(typed).toMatchObject({ code: 0, stdout: expect.stringContaining("No problems found") as string });
  }, 120_000);

  it("contains the license text of each bundled package", () => {
    const licenses = readFileSync(join(ROOT, "dist/vendor/LICENSES.txt"), "utf8");
    const named = [...licenses.matchAll(/^== (\S+)@\d/gm)].map(([, name]) => name);
    const ours = [
      "cli-progress",
      "commander",
      "fzstd",
      "hyparquet",
      "ipaddr.js",
      "mime-db",
      "p-limit",
      "saxes",
      "tough-cookie",
    ];
    expect(named).toEqual(expect.arrayContaining([...ours, "tldts", "yocto-queue"]));
    for (const text of licenses.split(/^== .*$/m).slice(1)) expect(text.length).toBeGreaterThan(500);
  });
});
