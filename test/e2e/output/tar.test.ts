// --format tar: shards that GNU tar reads, with the bytes that file mode saves; resumed, and by several processes.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ShardPlace } from "../../../src/core/job.ts";
import { type Ran, recordsOf } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { pageOf } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();

const out = (file = "") => folder.at("out", file);
const paths = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `/p${from + i}`);

function run(lines: readonly string[], ...args: string[]): Promise<Ran> {
  folder.list(lines.map(server.url));
  return folder.run(["urls.txt", "-o", "out", "--format", "tar", ...args]);
}

function shards(): string[] {
  return readdirSync(out()).filter((name) => name.endsWith(".tar"));
}

/** The content of all members of all shards, by their names. */
function members(): Map<string, string> {
  const found = new Map<string, string>();
  for (const shard of shards()) {
    const names = execFileSync("tar", ["-tf", out(shard)], { encoding: "utf8" })
      .split("\n")
      .slice(0, -1);
    for (const name of names) {
      expect(found.has(name), `${name} comes twice`).toBe(false);
      found.set(name, execFileSync("tar", ["-xOf", out(shard), name], { encoding: "utf8" }));
    }
  }
  return found;
}

/** Expects one body and one record for each of these lines, in sealed shards only, where the journal says. */
function holds(lines: readonly string[]): void {
  const found = members();
  const bodies = [...found.keys()].filter((name) => !name.endsWith(".json"));
  expect(bodies.toSorted()).toEqual(lines.map((_, i) => `${String(i + 1).padStart(6, "0")}.txt`));
  const records = recordsOf(out());
  for (const [i, path] of lines.entries()) {
    const {
      shard = "",
      offset = 0,
      bytes,
      member = "",
    } = records.get(i + 1) as unknown as ShardPlace & { bytes: number };
    expect(found.get(member)).toBe(String(pageOf(path)));
    const content = readFileSync(out(shard));
    expect(content.subarray(offset, offset + bytes).toString()).toBe(String(pageOf(path)));
    expect(JSON.parse(found.get(member.replace(".txt", ".json")) ?? "")).toMatchObject({
      n: i + 1,
      url: server.url(path),
      bytes,
    });
  }
  expect(existsSync(out(".bulkget"))).toBe(false);
}

describe("--format tar", () => {
  it("saves what file mode saves, in shards with so many lines", async () => {
    const lines = paths(1, 25);
    expect(await run(lines, "--shard-count", "10")).toMatchObject({ code: 0 });
    expect(shards()).toEqual(["00000.tar", "00001.tar", "00002.tar"]);
    holds(lines);
  });

  it("resumes: fetches new lines into a new shard, and those of a shard that is cut or gone again", async () => {
    await run(paths(1, 20), "--shard-count", "10");
    server.asked();
    const second = await run(paths(1, 23));
    expect(second.code, second.stderr).toBe(0);
    expect(server.asked().toSorted()).toEqual(["/p21", "/p22", "/p23"]);
    holds(paths(1, 23));
    rmSync(out("00001.tar"));
    const lost = [...recordsOf(out()).values()].filter((one) => (one as Partial<ShardPlace>).shard === "00001.tar");
    server.asked();
    await run(paths(1, 23));
    expect(server.asked()).toHaveLength(lost.length);
    expect(shards()).toEqual(["00000.tar", "00002.tar", "00003.tar"]);
    holds(paths(1, 23));
  });

  it("refuses a list in which a number has another URL, and touches nothing", async () => {
    await run(paths(1, 5));
    const before = readFileSync(out("00000.tar"));
    const ran = await run(["/other", ...paths(2, 5)]);
    expect(ran).toMatchObject({ code: 2 });
    expect(ran.stderr).toContain("line 1 of the list is not the URL");
    expect(readFileSync(out("00000.tar")).equals(before)).toBe(true);
    holds(paths(1, 5));
  });

  it.each([["--dedupe"], ["--dedupe --workers 2"]])(
    "records a duplicate URL with the place of the first body, with %s",
    async (flags) => {
      const args = flags.split(" ");
      const lines = ["/p1", "/p2", "/p1", "/p3", "/p1"];
      expect(await run(lines, ...args)).toMatchObject({ code: 0 });
      expect(server.asked().toSorted()).toEqual(["/p1", "/p2", "/p3"]);
      const records = recordsOf(out()) as unknown as Map<number, Partial<ShardPlace> & { duplicate_of?: number }>;
      const placeOf = (n: number) => [records.get(n)?.shard, records.get(n)?.offset, records.get(n)?.stored_bytes];
      const of = (n: number) => records.get(n)?.duplicate_of;
      const first = [1, 3, 5].find((n) => of(n) === undefined) ?? 0;
      for (const n of [1, 3, 5]) {
        expect(placeOf(n)).toEqual(placeOf(first));
        expect(of(n)).toBe(n === first ? undefined : first);
      }
      const bodies = [...members().keys()].filter((name) => !name.endsWith(".json"));
      expect(bodies).toHaveLength(3);
      server.asked();
      expect(await run([...lines, "/p2"], ...args)).toMatchObject({ code: 0 });
      expect(server.asked()).toEqual([]);
      expect(placeOf(2)).toEqual(
        [recordsOf(out()).get(6)]
          .map((one) => one as Partial<ShardPlace>)
          .flatMap((one) => [one.shard, one.offset, one.stored_bytes]),
      );
      rmSync(out("00000.tar"), { force: true });
      server.asked();
      expect(await run([...lines, "/p2"], ...args)).toMatchObject({ code: 0 });
      expect(server.asked().length).toBeGreaterThan(0);
      expect(recordsOf(out()).size).toBe(6);
    },
  );

  it.each([["--text Caption"], ["--text Caption --workers 2"]])(
    "holds the text of a table beside each body, with %s",
    async (flags) => {
      writeFileSync(
        folder.at("urls.csv"),
        `url,caption\n${server.url("/p1")},"a cat, black"\n${server.url("/p2")},\n${server.url("/p3")},Kätzchen\n`,
      );
      const args = ["urls.csv", "-o", "out", "--format", "tar", ...flags.split(" ")];
      expect(await folder.run(args)).toMatchObject({ code: 0 });
      const found = members();
      const texts = [1, 2, 3].map((n) => found.get(`00000${n}.txt`));
      expect(texts).toEqual(["a cat, black", "", "Kätzchen"]);
      expect([1, 2, 3].map((n) => found.get(`00000${n}.body.txt`))).toEqual(
        [1, 2, 3].map((n) => String(pageOf(`/p${n}`))),
      );
      const { member } = recordsOf(out()).get(3) as unknown as ShardPlace;
      expect(member).toBe("000003.body.txt");
      const order = shards().flatMap((shard) =>
        execFileSync("tar", ["-tf", out(shard)], { encoding: "utf8" }).split("\n"),
      );
      const keys = order.filter((name) => name !== "").map((name) => name.slice(0, name.indexOf(".")));
      expect(keys.filter((key, i) => key !== keys[i - 1])).toHaveLength(3); // the members of a sample are adjacent
    },
  );

  it.each([
    ["a list without columns", "urls.txt", "http://a/\n", "--text caption", "it has no columns, which --text needs"],
    ["a table without that column", "urls.csv", "url\nhttp://a/\n", "--text caption", 'no column "caption"'],
  ])("refuses the text of %s", async (_case, file, content, flags, message) => {
    writeFileSync(folder.at(file), content);
    const ran = await folder.run([file, "-o", "out", "--format", "tar", ...flags.split(" ")]);
    expect(ran).toMatchObject({ code: 2 });
    expect(ran.stderr).toContain(message);
  });

  it("is needed by --text", async () => {
    writeFileSync(folder.at("urls.csv"), "url,caption\nhttp://a/,b\n");
    const ran = await folder.run(["urls.csv", "-o", "out", "--text", "caption"]);
    expect(ran).toMatchObject({ code: 2 });
    expect(ran.stderr).toContain("--text <column>: needs --format tar");
    expect(existsSync(out())).toBe(false);
  });

  it.each([["tar"], ["tar --workers 2"], ["warc --workers 2"], ["warc --dedupe"]])(
    "has records in the order of the bodies in each archive, large ones among small ones, with --format %s",
    async (flags) => {
      const lines = paths(1, 400);
      const large = [300_000, 100_000, 1_100_000].map((bytes) => Buffer.alloc(bytes));
      for (const [i, path] of lines.entries())
        if (i % 4 === 0) server.answers.set(path, (_, response) => void response.end(large[(i / 4) % 3]));
      const ran = await run(lines, "-c", "20", "--format", ...flags.split(" "));
      expect(ran.code, ran.stderr).toBe(0);
      const ends = new Map<string, number>();
      for (const { shard = "", offset = 0 } of recordsOf(out()).values() as Iterable<Partial<ShardPlace>>) {
        expect(offset).toBeGreaterThan(ends.get(shard) ?? -1);
        ends.set(shard, offset);
      }
      expect([...ends.keys()]).not.toEqual([]);
    },
  );

  it("refuses a line whose body would be a member of the name of another line's", async () => {
    const named = (names: readonly string[]) => names.map((name, i) => `/p${i + 1}\t${name}`);
    const ran = await run(named(["a.json", "a.body.json", "b", "b.bin", "c.txt", "c.jpg"]));
    expect(ran.code, ran.stderr).toBe(1);
    expect([1, 2, 3, 4, 5, 6].map((n) => recordsOf(out()).get(n)?.outcome)).toEqual([
      "saved",
      "failed",
      "saved",
      "failed",
      "saved",
      "saved",
    ]);
    expect(ran.stderr).toContain("urls.txt:2: the file name is taken (a.body.json is the name of line 1 as well)");
    expect(ran.stderr).toContain("urls.txt:4: the file name is taken (b.bin is the name of line 3 as well)");
  });

  it("refuses a line whose name by its template is another line's, whatever the answers are", async () => {
    const ran = await run(["/1/p", "/2/p", "/2/q"], "--name", "{stem}{ext}");
    expect(ran.code, ran.stderr).toBe(1);
    expect(ran.stderr).toContain("urls.txt:2: the file name is taken (p is the name of line 1 as well)");
    expect([...members().keys()]).toEqual(["p.txt", "p.json", "q.txt", "q.json"]);
  });

  it.each([["-u"], ["--prune"]])("refuses %s, and a folder of files", async (flag) => {
    await run(paths(1, 2));
    expect(await run(paths(1, 2), flag)).toMatchObject({ code: 2 });
    const asFiles = await folder.run(["urls.txt", "-o", "out"]);
    expect(asFiles).toMatchObject({ code: 2 });
    expect(asFiles.stderr).toContain("--format tar");
    holds(paths(1, 2));
  });

  it("starts over with --force, and leaves other files alone", async () => {
    await run(paths(1, 5), "--shard-count", "2");
    const ran = await run(paths(7, 8), "--force");
    expect(ran.code, ran.stderr).toBe(0);
    expect(shards()).toEqual(["00000.tar"]);
    holds(paths(7, 8));
  });

  it("seals a shard while the run goes on", async () => {
    let release = () => {};
    server.answers.set("/p6", (_, response) => {
      release = () => response.end("late");
    });
    folder.list(paths(1, 6).map(server.url));
    const running = commandUnderWay(
      ["urls.txt", "-o", "out", "--format", "tar", "--shard-count", "2", "-q"],
      folder.path,
    );
    await expect
      .poll(() => (existsSync(out()) ? shards() : []), { timeout: 60_000 })
      .toEqual(["00000.tar", "00001.tar"]);
    release();
    expect((await running.ended).code).toBe(0);
    expect(shards()).toEqual(["00000.tar", "00001.tar", "00002.tar"]);
  });

  it("fetches exactly the lines again whose members a shard that was cut short has no longer", async () => {
    await run(paths(1, 4));
    const lengthBytes = Math.floor(statSync(out("00000.tar")).size / 2);
    truncateSync(out("00000.tar"), lengthBytes);
    const places = [...recordsOf(out()).entries()] as unknown as [number, ShardPlace][];
    const lost = places.filter(([, place]) => place.offset + place.stored_bytes > lengthBytes).map(([n]) => `/p${n}`);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThan(4);
    server.asked();
    const ran = await run(paths(1, 4));
    expect(ran.code, ran.stderr).toBe(0);
    expect(server.asked().toSorted()).toEqual(lost.toSorted());
  });
});
