// GNU parallel runs the commands of docs/clusters.md: eight shards, of which one fails and is run again alone.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { blocks } from "../../docs/blocks.ts";
import { BIN, filesOf, shell } from "../../support/command.ts";
import { installed } from "../../support/network/servers.ts";
import { linesOf, ownFolder, ownSite } from "../../support/own.ts";
import { killShard } from "../../support/process/kill-shard.ts";

const site = ownSite();
const folder = ownFolder();

const HAS_PARALLEL = installed("parallel") !== undefined;
if (!HAS_PARALLEL) console.warn("SKIPPED: no test with GNU parallel, which needs Debian's package parallel");

const SHARDS = [1, 2, 3, 4, 5, 6, 7, 8];

/** The two commands of the page. */
const [FIRST = "", AGAIN = ""] = blocks("sh")
  .flatMap(({ text }) => text.split("\n"))
  .filter((line) => line.startsWith("parallel --joblog"));

describe.skipIf(!HAS_PARALLEL)("with GNU parallel", () => {
  it("the shard that was killed is run again alone, and the others are not", async () => {
    mkdirSync(folder.at("bin"));
    mkdirSync(folder.at("parallel"));
    writeFileSync(folder.at("bin/bulkget"), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`, { mode: 0o755 });
    const lines = SHARDS.flatMap((shard) => new Array<string>(1000).fill("").with(499, site.url(`/${shard}`)));
    writeFileSync(folder.at("urls.txt"), linesOf(lines));
    const env = { PATH: `${folder.at("bin")}:${process.env["PATH"]}`, PARALLEL_HOME: folder.at("parallel") };
    const run = (line: string) => shell(`unset -f bulkget; ${line}`, { cwd: folder.path, env });

    // The process of the fifth shard is killed while it waits for its answer.
    site.answers.set("/5", () => void killShard(folder.path, "5/8"));
    const first = await run(FIRST);
    expect(first.code).toBe(1);
    // The first if a shell of parallel's waits for the command, the second if it becomes the command.
    const killed = expect.stringMatching(/^(137 0|0 9)$/);
    expect(exitsOf()).toEqual(new Map(SHARDS.map((shard) => [shard, shard === 5 ? killed : "0 0"])));
    expect(site.asked()).toEqual(SHARDS.map((shard) => `/${shard}`));
    expect(existsSync(folder.at("downloads/004500.txt"))).toBe(false);

    site.answers.delete("/5");
    const again = await run(AGAIN);
    expect({ code: again.code, asked: site.asked() }).toEqual({ code: 0, asked: ["/5"] });
    expect(exitsOf().get(5)).toBe("0 0");
    expect(filesOf(folder.at("downloads")).filter((name) => name.endsWith(".txt"))).toHaveLength(8);

    const nothing = await run(AGAIN);
    expect({ code: nothing.code, asked: site.asked() }).toEqual({ code: 0, asked: [] });
  });
});

/** The exit code and signal of each shard, the last ones of the log. */
function exitsOf(): Map<number, string> {
  const rows = readFileSync(folder.at("jobs.log"), "utf8").trimEnd().split("\n").slice(1);
  const exits = rows
    .map((row) => row.split("\t"))
    .map((cells) => [Number(cells[0]), `${cells[6]} ${cells[7]}`] as const);
  return new Map(exits.sort(([a], [b]) => a - b));
}
