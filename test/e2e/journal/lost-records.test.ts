// Files whose records were lost are recognised by their content; foreign files with a line's name stay unchanged.

import { createHash } from "node:crypto";
import {
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { runsAgain, TEN } from "../../support/folders/again.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { body, journalOf, leftIn, pageOf } from "../../support/site.ts";

const { server, at, saved, list, run, fresh } = runsAgain();

/** Removes records from the journal. */
function forget(isLost: (n: number) => boolean): void {
  const lines = readFileSync(saved("results.jsonl"), "utf8").split(/(?<=\n)/);
  writeFileSync(
    saved("results.jsonl"),
    lines.filter((line) => !isLost((JSON.parse(line) as { n: number }).n)).join(""),
  );
}

/** The identity of all files: name, inode and modification time. */
const identitiesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => lstatSync(`${folder}/${name}`).isFile() && !/^(results|runs)\.jsonl/.test(name))
    .map((name) => {
      const { ino, mtimeNs } = lstatSync(`${folder}/${name}`, { bigint: true });
      return [name, ino, mtimeNs];
    });

describe("a file whose record was lost", () => {
  const long = createHash("sha256").update("long").digest().toString("hex").repeat(50_000);
  const lines = [
    "/plain",
    "/page.html",
    "/named\tsub/one.txt",
    "/long.bin",
    "/chunked.bin",
    "/packed.txt",
    "/empty",
    "/other\t000042",
    "/last",
  ];

  it.each([
    [[]],
    [["--hash", "sha256"]],
    [["--name", "{basename}.{n}"]],
    [["--name", "{basename}"]],
    [["--per-dir", "3"]],
    [["--durability", "file"]],
    [["--compressed"]],
    [["--workers", "2"]],
    [["--dedupe"]],
  ])("is recognised after one request, and not rewritten, with arguments %j", async (args) => {
    list([...lines, ...(args.includes("--dedupe") ? ["/plain", "/page.html"] : [])]);
    server.answers.set("/long.bin", (_, response) => response.setHeader("etag", '"a"').end(long));
    server.answers.set("/chunked.bin", (_, response) => {
      response.write(long.slice(0, 100_000));
      response.end(long.slice(100_000));
    });
    server.answers.set("/packed.txt", ({ headers }, response) => {
      if (headers["accept-encoding"]?.includes("gzip") === true)
        response.setHeader("content-encoding", "gzip").end(gzipSync("packed"));
      else response.end("packed");
    });
    server.answers.set("/empty", body(""));
    expect((await run(...args)).code).toBe(0);
    const [left, identities] = [leftIn(saved()), identitiesOf(saved())];
    server.asked();
    for (const isLost of [(n: number) => n === 4, (n: number) => n !== 2, (n: number) => n > 5]) {
      forget(isLost);
      const { code, stderr } = await run(...args);
      expect(code, stderr).toBe(0);
      const asked = left.records.filter(({ n = 0, ...record }) => isLost(n) && !("duplicate_of" in record));
      expect(server.asked()).toHaveLength(asked.length);
      expect(leftIn(saved())).toEqual(left);
      expect(identitiesOf(saved())).toEqual(identities);
    }
  });

  it("is recognised where the whole journal was removed or emptied", async () => {
    list(TEN);
    await run();
    const [left, identities] = [leftIn(saved()), identitiesOf(saved())];
    for (const how of [() => rmSync(saved("results.jsonl")), () => writeFileSync(saved("results.jsonl"), "")]) {
      how();
      const { code, stderr } = await run();
      expect(code, stderr).toBe(0);
      expect([leftIn(saved()), identitiesOf(saved())]).toEqual([left, identities]);
    }
  });

  it.each([
    [".bulkget/ was removed", () => rmSync(saved(".bulkget"), { recursive: true })],
    [
      "all but its hidden files were moved to a new folder",
      () => {
        renameSync(saved(), at("old"));
        mkdirSync(saved());
        for (const name of readdirSync(at("old"))) {
          if (!name.startsWith(".")) renameSync(at("old", name), saved(name));
        }
      },
    ],
    [
      "the folder was copied",
      () => {
        cpSync(saved(), at("copy"), { recursive: true });
        rmSync(saved(), { recursive: true });
        renameSync(at("copy"), saved());
      },
    ],
    [
      "the folder was renamed there and back",
      () => {
        renameSync(saved(), at("moved"));
        renameSync(at("moved"), saved());
      },
    ],
  ])("by a kill is recognised although %s", async (_, act) => {
    list(TEN);
    let killed: (() => void) | undefined;
    // So close to the start that hardly any record has reached the journal.
    server.answers.set("/page-10", (_request, response) => {
      if (killed === undefined) return void response.end(pageOf("/page-10"));
      killed();
    });
    const first = commandUnderWay(["urls.txt", "-q", "-c", "1"], at());
    killed = () => first.kill("SIGKILL");
    await first.ended;
    killed = undefined;
    server.answers.clear();
    act();
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(leftIn(saved())).toEqual(await fresh());
  });
});

describe("a foreign file with the name of a line,", () => {
  const NEXT = ": move it away and retry what failed for good, or use another folder";

  it.each([
    ["of another length", "mine"],
    ["of the same length", "x".repeat(pageOf("/page-3").length)],
    ["with one more byte", `${pageOf("/page-3").toString()}.`],
  ])("%s, stays, is reported once with advice, and the line is not requested again", async (_, content) => {
    list([...TEN.slice(0, 2), "/page-3\tmine.txt", ...TEN.slice(3)]);
    for (const earlier of [false, true]) {
      if (earlier) {
        list(TEN.slice(0, 2), "two.txt");
        rmSync(saved(), { recursive: true });
        list(TEN.slice(0, 2));
        await run();
        list([...TEN.slice(0, 2), "/page-3\tmine.txt", ...TEN.slice(3)]);
      }
      mkdirSync(saved(), { recursive: true });
      writeFileSync(saved("mine.txt"), content);
      const before = lstatSync(saved("mine.txt"), { bigint: true });
      const { code, stderr } = await run();
      expect(code, stderr).toBe(1);
      expect(stderr).toContain(`mine.txt is there already, with other content (${content.length} bytes)${NEXT}`);
      server.asked();
      expect((await run()).code).toBe(1);
      expect(server.asked()).toEqual([]);
      expect(lstatSync(saved("mine.txt"), { bigint: true })).toMatchObject({
        ino: before.ino,
        ctimeNs: before.ctimeNs,
      });
      renameSync(saved("mine.txt"), at("moved away"));
      expect((await run("--retry-failed")).code).toBe(0);
    }
  });

  it("if it is another line's file, a folder or a link, fails the line without a request", async () => {
    list(["/one\tone.txt", "/two.html", "/three"]);
    await run();
    mkdirSync(saved("four.txt"));
    symlinkSync("one.txt", saved("five.txt"));
    mkdirSync(saved("000008.html"));
    mkdirSync(saved("000009"));
    const more = [
      "/four\tfour.txt",
      "/five\tfive.txt",
      "/six\tone.txt",
      "/seven\tone.txt/below",
      "/eight.html",
      "/nine",
    ];
    list(["/one\tone.txt", "/two.html", "/three", ...more]);
    server.asked();
    const { code, stderr } = await run();
    expect(code, stderr).toBe(1);
    expect(stderr.match(/: the file name is taken .*/g)).toHaveLength(5);
    expect(stderr).toContain(`four.txt is there already, and no file${NEXT}`);
    // The name of line 9 depends on its Content-Type.
    expect(server.asked()).toEqual(["/nine"]);
    const listed = readFileSync(saved("failed.txt"), "utf8").trimEnd().split("\n").sort();
    expect(listed.map((line) => line.replace(server.origin, ""))).toEqual([
      "# one.txt is the name of line 1 as well: /six",
      "/eight.html\t000008",
      "/five\tfive.txt\tn=5",
      "/four\tfour.txt\tn=4",
      "/seven\tone.txt/below\tn=7",
    ]);
    for (const { outcome, attempts, n } of journalOf(saved()).filter((one) => one.n > 3))
      expect([n, outcome, attempts]).toEqual(n === 9 ? [9, "saved", 1] : [n, "failed", 0]);
  });
});
