// The command in a shell: standard streams, exit codes, refused arguments, environment variables.

import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { BIN, filesOf, recordsOf, shell } from "../../support/command.ts";
import { linesOf, ownFolder, ownRudeServer } from "../../support/own.ts";

const server = ownRudeServer();
const folder = ownFolder();
const downloads = (...more: string[]) => folder.at("downloads", ...more);
const run = (args: readonly string[], stdin: string, env: Record<string, string> = {}) =>
  folder.run(args, { stdin, env });
const urls = (...paths: string[]) => linesOf(paths.map(server.url));

describe("standard streams:", () => {
  it("--report - writes only records to stdout, and -q keeps stderr empty", async () => {
    const { code, stdout, stderr } = await run(["-", "-q", "--report", "-"], urls("/ok", "/status/404", "/empty"));
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Outcome);
    expect(records.map(({ n }) => n).sort()).toEqual([1, 2, 3]);
    expect(stdout.split("\n").sort()).toEqual(readFileSync(downloads("results.jsonl"), "utf8").split("\n").sort());
    expect(stderr).toBe("");
    expect(code).toBe(1);
  });

  it("stdout is empty without --report, and no control bytes are written to a pipe", async () => {
    const nasty = ["/control-reason/404", "/high-headers", "/long-type"];
    const { stdout, stderr } = await run(["-", "-v"], `${urls(...nasty)}\u001b[31mred\u009b2J\n`);
    expect(stdout).toBe("");
    expect(stderr).toContain("not a URL that can be fetched");
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it("a reader that closes the pipe of --report - does not stop the downloads", async () => {
    const list = Array.from({ length: 2000 }, (_, i) => server.url(`/ok?seed=${i}`)).join("\n");
    writeFileSync(folder.at("urls.txt"), list);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
    const line = 'bulkget urls.txt -q --report - | head -n 1 >first; exit "${PIPESTATUS[0]}"';
    expect(await shell(line, { cwd: folder.path })).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(folder.at("first"), "utf8").split("\n")).toHaveLength(2);
    expect(recordsOf(downloads()).size).toBe(2000);
  });

  it("--report is refused where it would overwrite the list or the folder's own files", async () => {
    writeFileSync(folder.at("urls.txt"), urls("/ok"));
    await run(["urls.txt"], "");
    for (const report of ["urls.txt", "./downloads/results.jsonl"]) {
      const before = readFileSync(folder.at(report));
      const { code, stderr } = await run(["urls.txt", "--report", report], "");
      expect(code, stderr).toBe(2);
      expect(stderr).toContain("would overwrite");
      expect(readFileSync(folder.at(report))).toEqual(before);
    }
  });

  it("--report writes the records of results.jsonl to a file", async () => {
    await run(["-", "--report", "mine.jsonl"], urls("/ok", "/status/500"));
    const own = readFileSync(folder.at("mine.jsonl"), "utf8");
    expect(own).toBe(readFileSync(downloads("results.jsonl"), "utf8"));
  });

  it("--report is accepted several times, with a format before the file", async () => {
    await run(["-", "--report", "a:1.jsonl", "--report=jsonl:two.jsonl"], urls("/ok", "/status/500"));
    const records = readFileSync(downloads("results.jsonl"), "utf8");
    for (const name of ["a:1.jsonl", "two.jsonl"]) expect(readFileSync(folder.at(name), "utf8")).toBe(records);
  });

  it("--report is refused for an unknown format, and for one file twice, before anything is written", async () => {
    for (const [reports, reason] of [
      [["html:x.html"], /'html:x\.html' is not the path of a file.*: jsonl/],
      [["x", "./x"], /--report \.\/x: is named twice/],
      [["-", "jsonl:-"], /--report -: is named twice/],
    ] as const) {
      const { code, stderr } = await run(["-", ...reports.flatMap((one) => ["--report", one])], urls("/ok"));
      expect(code, stderr).toBe(2);
      expect(stderr).toMatch(reason);
      expect(existsSync(folder.at("x"))).toBe(false);
    }
  });

  it("failed.txt is a list that keeps numbers and names, and exists only if a line failed", async () => {
    await run(["-"], `${urls("/ok")}${server.url("/status/404")}\n${server.url("/status/500")}\tmine.bin\n`);
    const failed = readFileSync(downloads("failed.txt"), "utf8").trimEnd().split("\n").sort();
    expect(failed).toEqual([`${server.url("/status/404")}\t000002`, `${server.url("/status/500")}\tmine.bin\tn=3`]);
    const again = await run(["downloads/failed.txt", "-o", "again"], "");
    const numbers = [...recordsOf(folder.at("again")).values()].map(({ n, name }) => [n, name]);
    expect(numbers.sort()).toEqual([
      [2, "000002"],
      [3, "mine.bin"],
    ]);
    expect(again.code).toBe(1);
    await run(["-", "-o", "fine"], urls("/ok"));
    expect(existsSync(folder.at("fine/failed.txt"))).toBe(false);
  });
});

describe("the exit code", () => {
  it.each([
    [["-"], ["/ok"], 0],
    [["-"], ["/ok", "/status/404"], 1],
    [["-", "--fail-on", "never"], ["/status/404"], 0],
    [["-", "--fail-on", "51%"], ["/ok", "/status/404"], 0],
    [["-", "--fail-on", "50%"], ["/ok", "/status/404"], 1],
    [["-", "--fail-on", "1"], ["/ok", "/status/404"], 1],
    [["-", "--fail-on", "2"], ["/ok", "/status/404"], 0],
    [["-"], [], 2],
    [["-", "--allow-empty"], [], 0],
  ])("of arguments %j on paths %j is %i", async (args, paths, code) => {
    expect((await run(args, urls(...paths))).code).toBe(code);
  });

  it.each([
    [["-q"], /missing required argument/],
    [["missing.txt"], /missing\.txt: the list cannot be read: there is no such file/],
    [["."], /it is a folder/],
    [["--list-url", "http://127.0.0.1/x", "urls.txt"], /--list-url is the list: give no other/],
    [["--list-kind", "s3", "-"], /--list-kind <kind>: needs --list-url/],
    [["-", "-c", "0"], /a whole number from 1 to 10000/],
    [["-", "--timeout", "soon"], /a duration such as 500ms/],
    [["-", "--nonsense"], /unknown option '--nonsense'/],
    [["-", "-o", ""], /-o, --output-dir <dir>: '' is not the path of a folder/],
    [["-", "--report", ""], /--report <file>: '' is not the path of a file/],
    [["-", "--name", "same"], /every file would have the same name/],
    [["-", "--name", "{what}"], /no field \{what\}/],
    [["-", "-H", "no colon"], /a header is 'Name: value'/],
    [
      ["-", "-H", "Transfer-Encoding: chunked"],
      /-H, --header <header>: the header Transfer-Encoding is bulkget's own to send/,
    ],
    [["-", "-H", "Range: bytes=0-99"], /-H, --header <header>: the header Range asks for a part.*leave it out/],
    [["-", "--no-cookies", "-b", "a=s"], /--no-cookies: does not go with -b/],
    [["-", "-x", "socks4://h:1"], /-x, --proxy <url>: not a proxy that can be used/],
    [["-", "-A", "a\tb\u0001"], /-A, --user-agent <name>: not a user agent that can be sent/],
    [["-", "--resolve", "h:1"], /--resolve <host:port:ip>: not an entry/],
    [["-", "--public-only", "--unix-socket", "/s"], /--unix-socket <path>: does not go with --public-only/],
    [["-", "--cert", "missing.pem"], /--cert missing\.pem: cannot be read/],
    [["-", "--key", process.execPath], /no private key in PEM form/],
    [["-", "--cacert", "missing.pem"], /--cacert missing\.pem: cannot be read/],
  ])("of arguments %j is 2, and no folder is created", async (args, message) => {
    const { code, stderr, stdout } = await run(args, "");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr.startsWith("bulkget: ")).toBe(true);
    expect(existsSync(downloads())).toBe(false);
  });

  it.each(["n", "none", "null", "undefined", "-1", " ", "2"])(
    "of BULKGET_FORCE=%j is 2, the message names the variable, and saved files stay",
    async (text) => {
      await run(["-"], urls("/ok"));
      const before = filesOf(downloads());
      const { code, stderr } = await run(["-"], urls("/ok"), { BULKGET_FORCE: text });
      expect(code, stderr).toBe(2);
      expect(stderr).toContain("BULKGET_FORCE");
      expect(filesOf(downloads())).toEqual(before);
    },
  );

  it("is 0 for a misspelt BULKGET_ variable, which is reported except with -q", async () => {
    const env = { BULKGET_CONCURENCY: "5" };
    const { code, stderr } = await run(["-"], urls("/ok"), env);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      "bulkget: BULKGET_CONCURENCY is no option's variable and is not read: was BULKGET_CONCURRENCY meant?\n",
    );
    expect(await run(["-", "-q"], urls("/ok"), env)).toMatchObject({ code: 0, stderr: "" });
  });

  it("is 3 where the folder cannot be created, and 2 where a file or broken link has its name", async () => {
    writeFileSync(folder.at("file"), "");
    symlinkSync("gone", folder.at("dangling"));
    expect(await run(["-", "-o", "file"], "")).toMatchObject({ code: 2 });
    for (const dir of ["dangling", "dangling/below"]) {
      const { code, stderr } = await run(["-", "-o", dir], "");
      expect(code, stderr).toBe(2);
      expect(stderr).toContain("dangling is a link to gone, which is no folder; use another folder (-o)");
    }
    expect(await run(["-", "-o", "/proc/nowhere"], "")).toMatchObject({ code: 3 });
  });

  it("is 1 where the report's disk is full, and the downloads finish", async () => {
    if (!existsSync("/dev/full")) return;
    const { code, stderr } = await run(["-", "--report", "/dev/full"], urls("/ok"));
    // A --report that cannot be written fails the run, but does not stop it.
    expect(code).toBe(1);
    expect(stderr).toMatch(/the report \/dev\/full cannot be written any more: ENOSPC/);
    expect(recordsOf(downloads()).size).toBe(1);
  });

  it("is 70, with a message that it is a bug, after an unexpected exception and for a run that can never end", async () => {
    const cases = [
      // The coarse timer of the first request, which throws once it is under way.
      [
        "setInterval = () => setImmediate(() => { throw new Error('unheard of'); })",
        /a bug: Error: unheard of\n\s+at /,
      ],
      ["Promise.prototype.finally = () => new Promise(() => {})", /a bug: Error: nothing is under way any more/],
    ] as const;
    for (const [i, [code, message]] of cases.entries()) {
      writeFileSync(folder.at("broken.mjs"), code);
      const { code: left, stderr } = await run(["-", "-o", `bug${i}`], urls("/ok"), {
        NODE_OPTIONS: `--import=${folder.at("broken.mjs")}`,
      });
      expect({ left, stderr }).toMatchObject({ left: 70, stderr: expect.stringMatching(message) });
    }
  });

  it("is 2 for a truncated gzip list, whose readable lines are fetched first", async () => {
    const list = readFileSync(join(import.meta.dirname, "../../../fixtures/urls/list.txt.gz"));
    writeFileSync(folder.at("cut.gz"), list.subarray(0, list.length - 12));
    const { code, stderr } = await run(["cut.gz"], "");
    expect(code).toBe(2);
    expect(stderr).toMatch(/cut\.gz: cannot be read on, after line \d+: its gzip data is truncated/);
  });
});

describe("the output folder", () => {
  it("of another list's run is refused with a message that names --force, which starts over", async () => {
    await run(["-"], urls("/ok?seed=1", "/ok?seed=2"));
    writeFileSync(downloads("mine.txt"), "keep");
    const refused = await run(["-"], urls("/ok?seed=3"));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/downloads: holds the run of another list .*--force/);
    expect(filesOf(downloads())).toEqual(["000001", "000002", "mine.txt"]);
    const forced = await run(["-", "--force"], urls("/ok?seed=3"));
    expect(forced.code).toBe(0);
    expect(filesOf(downloads())).toEqual(["000001", "mine.txt"]);
    expect(recordsOf(downloads()).size).toBe(1);
  });

  it("gets files with the mode that the umask allows, and no temporary file stays in it", async () => {
    await shell("umask 027; bulkget - -q", { cwd: folder.path, stdin: urls("/ok", "/ok?bytes=400000") });
    expect(filesOf(downloads())).toEqual(["000001", "000002"]);
    for (const file of filesOf(downloads())) expect(statSync(downloads(file)).mode & 0o777).toBe(0o640);
  });

  it("keeps a user's file that has the name of a line, and the line fails with file_exists", async () => {
    mkdirSync(downloads());
    writeFileSync(downloads("000001"), "mine");
    const { code } = await run(["-"], urls("/ok"));
    expect(code).toBe(1);
    expect(recordsOf(downloads()).get(1)).toMatchObject({ error: "file_exists" });
    expect(readFileSync(downloads("000001"), "utf8")).toBe("mine");
  });
});

describe("environment variables:", () => {
  it("BULKGET_* sets options, and the command line overrides it", async () => {
    const env = { BULKGET_OUTPUT_DIR: "elsewhere", BULKGET_NAME: "{host}/{n}{ext}", BULKGET_QUIET: "0" };
    const { stderr } = await run(["-", "--name", "{n:3}"], urls("/ok"), env);
    expect(filesOf(folder.at("elsewhere"))).toEqual(["001"]);
    expect(stderr).toContain("saved");
  });

  it("http_proxy selects a proxy, and no_proxy exempts hosts", async () => {
    const dead = { http_proxy: "http://127.0.0.1:9" };
    await run(["-", "-o", "a"], urls("/ok"), dead);
    expect(recordsOf(folder.at("a")).get(1)).toMatchObject({ error: "proxy_failed" });
    expect(await run(["-", "-o", "b"], urls("/ok"), { ...dead, no_proxy: "127.0.0.1" })).toMatchObject({ code: 0 });
  });
});

it("the command works from a deleted working directory if all its paths are absolute", async () => {
  const gone = folder.at("gone");
  mkdirSync(gone);
  const out = folder.at("far", "away");
  mkdirSync(folder.at("far"));
  writeFileSync(folder.at("list"), urls("/ok"));
  const line = `cd '${gone}' && rmdir '${gone}' && '${process.execPath}' '${BIN}' '${folder.at("list")}' -o '${out}'`;
  expect(await shell(line, { cwd: folder.path })).toMatchObject({ code: 0 });
  expect(filesOf(out)).toHaveLength(1);
});
