// The README tells the truth: its help block is --help, its list of errors is the code's, its examples run.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FACTS } from "../src/core/failure.ts";
import { BIN, cleanEnv, ROOT, shell } from "./support/command.ts";
import { ownFolder, ownRudeServer } from "./support/own.ts";

const README = readFileSync(join(ROOT, "README.md"), "utf8");

describe("README.md", () => {
  const server = ownRudeServer();
  const folder = ownFolder();
  const blocks = (language: string) =>
    [...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, text = ""]) => text);

  it("has the help as it is", () => {
    const help = execFileSync(process.execPath, [BIN, "--help"], { encoding: "utf8", env: cleanEnv() });
    expect(blocks("")).toContain(`${help.trimEnd()}\n`);
  });

  it("lists every error of the closed list, and no other", () => {
    const listed = [...README.matchAll(/^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|/gm)].flatMap(([, names = ""]) =>
      names.split(", ").map((name) => name.replaceAll("`", "")),
    );
    const kinds = Object.keys(FACTS).filter((kind) => kind !== "interrupted");
    expect(listed.sort()).toEqual(kinds.sort());
    expect(README).toContain("`interrupted`");
  });

  it("has four examples of the library that run", async () => {
    const examples = blocks("ts");
    expect(examples).toHaveLength(4);
    for (const [i, example] of examples.entries()) {
      const file = folder.at(`example${i}.mjs`);
      const library = example
        .replace('"bulkget"', JSON.stringify(join(ROOT, "dist/lib/index.mjs")))
        .replace('"undici"', JSON.stringify(join(ROOT, "node_modules/undici/index.js")));
      const isMocked = example.includes("MockAgent");
      const here = isMocked ? library : library.replaceAll("https://example.org/", server.url("/ok?for="));
      writeFileSync(file, here);
      const ran = await shell(`"${process.execPath}" "${file}"`, { cwd: folder.path });
      expect(ran).toMatchObject({ code: 0, stderr: "" });
      expect(ran.stdout).toContain(["000001 100", "page=3 100", "Map(2)", "2 hello\n"][i] ?? "never");
    }
  });

  it("has recipes for the shell that work", async () => {
    const [recipes = ""] = blocks("sh").filter((block) => block.includes("for try in"));
    const [retry = ""] = recipes.split("# what failed");
    const list = [server.url("/ok"), server.url("/flaky?every=3&id=recipe"), server.url("/status/404")];
    writeFileSync(folder.at("urls.txt"), list.join("\n"));
    await shell(retry, { cwd: folder.path });
    const failed = readFileSync(folder.at("downloads/failed.txt"), "utf8");
    expect(failed).toBe(`${server.url("/status/404")}\t000003\n`);
  });
});
