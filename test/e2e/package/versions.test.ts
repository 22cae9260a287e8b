// The package, packed by one version of Node, runs with the other supported versions.

import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesOf, ROOT, recordsOf, shell, temporaryFolder } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { installNodes, NODES, nodeIn } from "../../support/process/nodes.ts";

/** Allows the download, installation and removal of all versions on a busy machine. */
const LIMIT_MS = 600_000;

/** Enough URLs to occupy the writer thread and the second process. */
const URLS = 1500;

if (NODES.length === 0) {
  const line = 'NODES="20.18.1 20.19 22 24 26" npx vitest run test/e2e/package/versions.test.ts';
  console.warn(`SKIPPED: the package on other versions of Node, which npm installs: ${line}`);
}

describe.skipIf(NODES.length === 0)(`the package, packed with Node ${process.version} and run by Node`, () => {
  const site = ownSite();
  const folder = ownFolder();
  const packed = temporaryFolder();
  const nodes = join(packed.path, "nodes");
  afterAll(() => packed.remove(), LIMIT_MS);

  // Installs the tarball as `npm install bulkget` does.
  beforeAll(async () => {
    const cwd = packed.path;
    mkdirSync(nodes);
    await installNodes(NODES, nodes);
    const tarball = await shell(`npm pack --silent --ignore-scripts --pack-destination "${cwd}"`, { cwd: ROOT });
    writeFileSync(join(cwd, "package.json"), '{ "private": true }');
    const npm = `npm install --no-audit --no-fund --prefer-offline "./${tarball.stdout.trim()}"`;
    const { code, stderr } = await shell(npm, { cwd });
    if (code !== 0) throw new Error(`the tarball cannot be installed: ${stderr}`);
  }, LIMIT_MS);

  /** Runs a line of bash, in which `bulkget` is the installed command. */
  const runBy = (version: string, line: string) => {
    const paths = [dirname(nodeIn(nodes, version)), join(packed.path, "node_modules/.bin")].join(delimiter);
    return shell(`unset -f bulkget; PATH="${paths}:$PATH"; ${line}`, { cwd: folder.path });
  };
  const list = (urls: number) => folder.list(Array.from({ length: urls }, (_, i) => site.url(`/${i}.txt`)));

  it.each(NODES)("%s, prints its version and its help", async (version) => {
    expect((await runBy(version, "node --version")).stdout).toContain(`v${version}`);
    const ran = await runBy(version, "bulkget --version && bulkget --help && bulkget tune --help");
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toContain("Downloads every URL of a list");
  });

  it.each(NODES)("%s, downloads a list, and resumes", async (version) => {
    list(URLS);
    expect(await runBy(version, "bulkget urls.txt --progress bar")).toMatchObject({ code: 0 });
    expect(filesOf(folder.at("downloads"))).toHaveLength(URLS);
    expect(recordsOf(folder.at("downloads")).size).toBe(URLS);
    const again = await runBy(version, "bulkget urls.txt");
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining("1,500 saved") as string });
    expect(site.asked()).toHaveLength(URLS);
  });

  it.each(NODES)("%s, downloads a list with two processes", async (version) => {
    list(URLS);
    expect(await runBy(version, "bulkget urls.txt --workers 2")).toMatchObject({ code: 0 });
    expect(filesOf(folder.at("downloads"))).toHaveLength(URLS);
  });

  it.each(NODES)("%s, tunes, and is loaded as a library by ES modules and CommonJS", async (version) => {
    list(50);
    const tuned = await runBy(version, "bulkget tune urls.txt --up-to 2 --step-time 50ms");
    expect(tuned, tuned.stderr).toMatchObject({ code: 0 });
    const run = `bulkget([process.argv[2]], { output: "memory" }).next().then(({ value }) => console.log(value.outcome))`;
    writeFileSync(join(packed.path, "program.mjs"), `import { bulkget } from "bulkget"; ${run}`);
    writeFileSync(join(packed.path, "program.cjs"), `import("bulkget").then(({ bulkget }) => ${run})`);
    for (const file of ["program.mjs", "program.cjs"]) {
      const ran = await runBy(version, `node "${join(packed.path, file)}" "${site.url("/x")}"`);
      expect(ran, ran.stderr).toMatchObject({ code: 0, stdout: "saved\n" });
    }
  });
});
