// The completion scripts in real shells: TAB completes flags, choices, file names and subcommands.

import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { splitFlags } from "../../../src/options/flags.ts";
import type { Row } from "../../../src/options/row.ts";
import { TABLE } from "../../../src/options/table.ts";
import { BIN, shell } from "../../support/command.ts";
import { installed } from "../../support/network/servers.ts";
import { ownFolder } from "../../support/own.ts";
import { hasShell, type InteractiveShell, typed } from "../../support/process/interactive.ts";

const folder = ownFolder();

function fill(): void {
  writeFileSync(folder.at("photos.txt"), "");
  writeFileSync(folder.at("two words.pem"), "");
  mkdirSync(folder.at("albums"));
  writeFileSync(folder.at("albums.txt"), "");
}

/** Typed keys, and the arguments that result. A flag and its value are two arguments, or one with `=`. */
const CASES: readonly (readonly [keys: string, got: RegExp])[] = [
  ["bulkget --concur\t7", /^\[--concurrency(=|\]\[)7\]$/],
  ["bulkget -q --retry-f\t", /^\[-q\]\[--retry-failed\]$/],
  ["bulkget --order lon\t", /^\[--order\]\[longest\]$/],
  ["bulkget --order=lon\t", /^\[--order=longest\]$/],
  ["bulkget -c au\t", /^\[-c\]\[auto\]$/],
  ["bulkget pho\t", /^\[photos.txt\]$/],
  ["bulkget -q pho\t", /^\[-q\]\[photos.txt\]$/],
  ["bulkget -o alb\t", /^\[-o\]\[albums\/?\]$/],
  ["bulkget --cacert two\t", /^\[--cacert\]\[two words.pem\]$/],
  ["bulkget tun\t", /^\[tune\]$/],
  ["bulkget tune --step\t5", /^\[tune\]\[--step-time(=|\]\[)5\]$/],
  ["bulkget tune pho\t", /^\[tune\]\[photos.txt\]$/],
  ["bulkget completion fi\t", /^\[completion\]\[fish\]$/],
  ["bulkget help al\t", /^\[help\]\[all\]$/],
  ["bulkget --rate pho\t", /^\[--rate\]\[pho\]$/],
  ["bulkget -- pho\t", /^\[--\]\[photos.txt\]$/],
];

const SETUP: Readonly<Record<InteractiveShell, string>> = {
  bash: "",
  zsh: "autoload -U compinit; compinit -D -u; ",
};

describe.each(["bash", "zsh"] as const)("TAB in %s", (name) => {
  it.skipIf(!hasShell(name))("completes flags, choices, file names and subcommands", async () => {
    fill();
    const setup = `${SETUP[name]}source <("${process.execPath}" "${BIN}" completion ${name})`;
    const got = await typed(name, { cwd: folder.path, setup, keys: CASES.map(([keys]) => keys) });
    for (const [i, [keys, arguments_]] of CASES.entries()) expect(got[i], JSON.stringify(keys)).toMatch(arguments_);
  });
});

describe("TAB in fish", () => {
  const isThere = installed("fish") !== undefined;
  if (!isThere) console.warn("SKIPPED: no completion was tried in fish, which is not installed");

  /** The candidates of a line, without their descriptions. */
  async function candidates(line: string): Promise<string[]> {
    const load = `"${process.execPath}" "${BIN}" completion fish | source`;
    const ran = await shell(`fish --no-config -c '${load}; complete -C "${line}"'`, {
      cwd: folder.path,
      env: { HOME: folder.path },
    });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    return ran.stdout.split("\n").flatMap((row) => row.split("\t")[0] || []);
  }

  it.skipIf(!isThere).each([
    ["bulkget --concur", ["--concurrency"]],
    ["bulkget -q --retry-f", ["--retry-failed"]],
    ["bulkget --order ", ["fair", "list", "longest"]],
    ["bulkget --order=lon", ["--order=longest"]],
    ["bulkget -c au", ["auto"]],
    ["bulkget -q pho", ["photos.txt"]],
    ["bulkget -o alb", ["albums/"]],
    ["bulkget --cacert two", ["two words.pem"]],
    ["bulkget tun", ["tune"]],
    ["bulkget tune --step", ["--step-time"]],
    ["bulkget tune pho", ["photos.txt"]],
    ["bulkget completion ", ["bash", "fish", "zsh"]],
    ["bulkget help al", ["all"]],
    ["bulkget --rate pho", []],
  ])("%s is completed to %j", async (line, wanted) => {
    fill();
    expect((await candidates(line)).sort()).toEqual(wanted);
  });
});

describe("a completion script", () => {
  it.each(["bash", "zsh", "fish"])("for %s has every flag of the command", async (name) => {
    const { code, stdout, stderr } = await folder.run(["completion", name]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const { flags } of Object.values<Row>(TABLE)) {
      if (flags === undefined) continue;
      const { name: long } = splitFlags(flags);
      expect(stdout).toMatch(new RegExp(name === "fish" ? ` -l ${long.slice(2)} ` : `${long}\\b`));
    }
  });

  it("for an unknown shell is refused, with the known shells", async () => {
    for (const args of [["completion", "tcsh"], ["completion"], ["completion", "bash", "zsh"]])
      expect(await folder.run(args)).toMatchObject({ code: 2, stdout: "" });
    const { stderr } = await folder.run(["completion", "tcsh"]);
    expect(stderr).toBe("bulkget: shell: 'tcsh' is not one of bash, zsh, fish (bulkget completion --help)\n");
  });
});
