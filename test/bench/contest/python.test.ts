// Tests of the Python peers: they save whole files by number, and count every failure.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shell } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { pageOf, status } from "../../support/site.ts";
import { PYTHON_PEERS } from "../peers/python.ts";

const server = ownSite();
const folder = ownFolder();

describe.each(PYTHON_PEERS)("the Python peer $name", ({ name, version, command, line }) => {
  const [program, ...args] = version;
  const isThere = spawnSync(program, args).status === 0;
  if (!isThere) console.warn(`SKIPPED: ${name} is not installed`);

  it.skipIf(!isThere)("saves each line under its number, counts failures, and exits with code 1 for them", async () => {
    const out = folder.at("out");
    const list = folder.at("urls.txt");
    mkdirSync(out);
    const run = (paths: readonly string[]) => {
      writeFileSync(list, `# a comment\n${paths.map((path, i) => line(server.url(path), i + 2)).join("")}`);
      const { argv } = command({ urls: paths.length, concurrency: 4, list, out });
      return shell(argv.map((arg) => `'${arg}'`).join(" "), { cwd: folder.path });
    };
    const pages = Array.from({ length: 30 }, (_, i) => `/p${i + 2}`);
    const { code, stderr } = await run(pages);
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual([...pages].sort());
    expect(readdirSync(out)).toHaveLength(pages.length);
    for (const [i, page] of pages.entries()) {
      expect(readFileSync(join(out, String(i + 2).padStart(6, "0")))).toEqual(pageOf(page));
    }
    server.answers.set("/gone", status(404));
    server.answers.set("/cut", (_, response) => {
      response.writeHead(200, { "content-length": 100 }).write("half", () => response.destroy());
    });
    const failing = await run(["/gone", "/cut", "/new"]);
    expect(failing, failing.stderr).toMatchObject({ code: 1, stdout: expect.stringMatching(/^1 saved .* 2 failed$/m) });
    expect(readFileSync(join(out, "000004"))).toEqual(pageOf("/new"));
    expect(readFileSync(join(out, "000003"))).toEqual(pageOf("/p3"));
  });
});
