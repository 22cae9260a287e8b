// `npm run demo`: downloads a small site on this machine with the built command, and checks every file byte by byte.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { demoSite, type Exhibit, exhibits, fails } from "./site.ts";

const FOLDER = "demo-downloads";
const LIST = "demo-urls.txt";
const ARGS = [LIST, "-c", "50", "-o", FOLDER];
const COMMAND = fileURLToPath(new URL("../../bin/bulkget.cjs", import.meta.url));
const FIRST_LINE = "# The demo's list; `npm run demo` writes it anew.";

interface Line {
  readonly text: string;
  /** The exhibit of its URL; undefined for comments and blank lines. */
  readonly exhibit?: Exhibit;
}

process.exitCode = await demo();

/** Returns the exit code: 0 if all files and failures are as expected. */
async function demo(): Promise<number> {
  const obstacle = inTheWay();
  if (obstacle !== undefined) {
    console.error(`demo: ${obstacle}`);
    return 1;
  }
  rmSync(FOLDER, { recursive: true, force: true });
  const site = await demoSite();
  try {
    const lines = listLines(site.origin);
    writeFileSync(LIST, `${lines.map((line) => line.text).join("\n")}\n`);
    console.log(`A site of ${exhibits().length} URLs is up on ${site.origin}; ${LIST} lists them. Now this command:\n`);
    console.log(`  $ npx bulkget ${ARGS.join(" ")}\n`);
    const ended = await runCommand();
    if (typeof ended === "string") {
      console.error(`demo: stopped by ${ended}`);
      return 1;
    }
    console.log(whatToLookAt());
    const wrong = [...(ended === 1 ? [] : [`bulkget exited with ${ended}, not with 1`]), ...check(lines, site.origin)];
    for (const sentence of wrong.slice(0, 10)) console.error(`wrong: ${sentence}`);
    if (wrong.length > 10) console.error(`wrong: and ${wrong.length - 10} more`);
    if (wrong.length > 0) return 1;
    const failures = exhibits().filter(fails).length;
    const files = exhibits().length - failures;
    console.log(`checked: ${files} files right to the byte, ${failures} failures as planned`);
    return 0;
  } finally {
    await site.close();
  }
}

/** Returns the reason why the demo cannot start. Removes only what an earlier demo wrote. */
function inTheWay(): string | undefined {
  if (!existsSync(COMMAND)) return "dist/bin/bulkget.cjs is not there; run `npm run build` first";
  const found = lstatSync(FOLDER, { throwIfNoEntry: false });
  if (found !== undefined && !found.isDirectory()) return `${FOLDER} is not a folder; move it away`;
  if (found !== undefined && readdirSync(FOLDER).length > 0 && !existsSync(`${FOLDER}/results.jsonl`)) {
    return `${FOLDER} has no results.jsonl, so it may not be an earlier demo's; move it away`;
  }
  if (existsSync(LIST) && !readFileSync(LIST, "utf8").startsWith(FIRST_LINE)) {
    return `${LIST} is not an earlier demo's; move it away`;
  }
  return undefined;
}

/** A list with comments and blank lines, which count as lines. */
function listLines(origin: string): Line[] {
  const lines: Line[] = [{ text: FIRST_LINE }];
  let group = "";
  for (const exhibit of exhibits()) {
    const folder = exhibit.path.slice(1, exhibit.path.lastIndexOf("/")).split("/")[0] ?? "";
    if (folder !== group) lines.push({ text: "" }, { text: `# ${folder}` });
    group = folder;
    lines.push({ text: origin + exhibit.path, exhibit });
  }
  return lines;
}

/** Runs the built command; returns its exit code, or the name of the signal that ended it. */
async function runCommand(): Promise<number | NodeJS.Signals> {
  const child = spawn(process.execPath, [COMMAND, ...ARGS], { stdio: "inherit", env: environment() });
  // A terminal sends ^C to both processes: the command ends as it decides, and the site stays up until then.
  const wait = (): void => {};
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on("SIGINT", wait).on("SIGTERM", pass).on("SIGHUP", pass);
  try {
    const [code, signal]: (number | NodeJS.Signals | null)[] = await once(child, "exit");
    return code ?? signal ?? 1;
  } finally {
    process.off("SIGINT", wait).off("SIGTERM", pass).off("SIGHUP", pass);
  }
}

/** The environment without proxies and BULKGET_ variables. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("BULKGET_"));
  return { ...Object.fromEntries(kept), NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };
}

function whatToLookAt(): string {
  return `
Look at
  ${FOLDER}/               one file for each URL, numbered by its line in ${LIST}
  ${FOLDER}/results.jsonl  one record for each URL
  ${FOLDER}/failed.txt     the URLs that failed; itself a list, to be fed back

Try
  ls ${FOLDER} | head
  cat ${FOLDER}/failed.txt
  head -3 ${FOLDER}/results.jsonl
`;
}

/** Compares the folder with the site; returns one sentence per difference. */
function check(lines: readonly Line[], origin: string): string[] {
  const wrong: string[] = [];
  const surplus = new Set(existsSync(FOLDER) ? readdirSync(FOLDER) : []);
  const failed: string[] = [];
  for (const [index, { text, exhibit }] of lines.entries()) {
    if (exhibit === undefined) continue;
    if (fails(exhibit)) {
      failed.push(text);
      continue;
    }
    const name = `${String(index + 1).padStart(6, "0")}${exhibit.ext}`;
    const file = surplus.delete(name) ? readFileSync(`${FOLDER}/${name}`) : undefined;
    if (file === undefined) wrong.push(`${name} is missing (${exhibit.path})`);
    else if (!file.equals(exhibit.body())) wrong.push(`${name} has other bytes than ${exhibit.path}`);
  }
  for (const name of ["results.jsonl", "failed.txt", "runs.jsonl"]) {
    if (!surplus.delete(name)) wrong.push(`${name} is missing`);
  }
  for (const name of surplus) wrong.push(`${name} should not be there`);

  const listed = failedUrls();
  if (listed.length !== failed.length) wrong.push(`failed.txt has ${listed.length} URLs, not ${failed.length}`);
  for (const url of failed.filter((planned) => !listed.includes(planned))) {
    wrong.push(`failed.txt lacks ${url.slice(origin.length)}`);
  }
  return wrong;
}

/** The first column of failed.txt, without comments and blank lines. */
function failedUrls(): string[] {
  const path = `${FOLDER}/failed.txt`;
  if (!existsSync(path)) return [];
  const urls = readFileSync(path, "utf8")
    .split("\n")
    .map((line) => (line.split("\t")[0] ?? "").trim());
  return urls.filter((url) => url !== "" && !url.startsWith("#"));
}
