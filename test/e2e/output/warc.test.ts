// --format warc: each kind of answer looked at as a record, by a reader of our own and by other programs.
import { execFile, execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import type { Outcome, ShardPlace } from "../../../src/core/job.ts";
import { bulkget } from "../../../src/index.ts";
import { type Ran, ROOT, recordsOf } from "../../support/command.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { pageOf, status } from "../../support/site.ts";
import { expectSound, type WarcRecord } from "../../support/warc.ts";

const server = ownSite();
const folder = ownFolder();

const out = (file = "") => folder.at("out", file);

function run(lines: readonly string[], ...args: string[]): Promise<Ran> {
  folder.list(lines.map((line) => (line.startsWith("/") ? server.url(line) : line)));
  return folder.run(["urls.txt", "-o", "out", "--format", "warc", "--retries", "0", ...args]);
}

const record = (n: number) => recordsOf(out()).get(n) as Outcome & Partial<ShardPlace>;

/** The record that line `n` names, after a check of everything in the folder. */
function archived(n: number): WarcRecord {
  const { shard, offset } = record(n);
  const found = expectSound(out()).find((one) => one.file === shard && one.offset === offset);
  if (found === undefined) throw new Error(`line ${n} has no record`);
  return found;
}

const ofType = (type: string) => expectSound(out()).filter((one) => one.type === type);

describe("--format warc archives", () => {
  it("a request and its response as they were sent and received, behind a description of the file", async () => {
    server.answers.set("/a", (_, response) => {
      response.writeHead(
        200,
        "Fine By Me",
        [
          ["X-Two", "b"],
          ["x-two", "a"],
          ["Content-Length", "4"],
        ].flat(),
      );
      response.end("body");
    });
    expect(await run(["/a"], "-A", "me/1")).toMatchObject({ code: 0 });
    const response = archived(1);
    expect(response.head).toMatch(/^HTTP\/1\.1 200 Fine By Me\r\nX-Two: b\r\nx-two: a\r\nContent-Length: 4\r\n/);
    expect(response.body.toString()).toBe("body");
    expect(response.fields.get("WARC-IP-Address")).toBe("127.0.0.1");
    expect(response.fields.get("WARC-Payload-Digest")).toMatch(/^sha1:[A-Z2-7]{32}$/);
    const [request] = ofType("request");
    expect(request?.head).toMatch(/^GET \/a HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\nUser-Agent: me\/1\r\n.*\r\n\r\n$/s);
    expect(request?.fields.get("WARC-Concurrent-To")).toBe(response.fields.get("WARC-Record-ID"));
    expect(request?.fields.get("WARC-Date")).toBe(response.fields.get("WARC-Date"));
    const [info] = ofType("warcinfo");
    expect(info?.block.toString()).toMatch(
      /^software: bulkget\/\d.*\r\nformat: WARC File Format 1\.1\r\nconformsTo: http/,
    );
    expect(info?.block.toString()).toContain(
      "\r\narguments: bulkget urls.txt -o out --format warc --retries 0 -A me/1\r\n",
    );
    expect(readdirSync(out())).toEqual(
      ["00000.cdxj", "00000.warc.gz", "failed.txt", "results.jsonl", "runs.jsonl"].filter((name) =>
        existsSync(out(name)),
      ),
    );
  });

  it("no secret, in whatever form it is given", async () => {
    server.answers.set("/r", status(302, { location: "/a" }));
    const args = ["-HAuthorization: Bearer geheim1", "--header=X-Key: geheim2", "--header", "X-Key2: geheim3"];
    const more = ["-qH", "X-Key3: geheim4", "-b", "session=geheim5", "--cookie=a=geheim6"];
    await run([server.url("/r").replace("//", "//me:geheim7@")], ...args, ...more);
    const text = expectSound(out())
      .map(({ fields, block }) => [...fields.values(), block.toString("latin1")].join("\n"))
      .join("\n");
    expect(text).not.toContain("geheim");
    expect(text).toContain("Authorization: ***");
    expect(text).toContain("-q -H *** -b *** --cookie=***".slice(-22));
    expect(ofType("request").map(({ head }) => head.split(" ")[1])).toEqual(["/r", "/a"]);
  });

  it("a chunked body without its coding, which the head keeps under another name", async () => {
    server.answers.set("/c", (_, response) => {
      response.write("one ");
      response.end("two");
    });
    await run(["/c"]);
    expect(archived(1).head).toContain("\r\nX-Orig-Transfer-Encoding: chunked\r\n");
    expect(archived(1).head).not.toMatch(/^Transfer-Encoding/im);
    expect(archived(1).body.toString()).toBe("one two");
  });

  it("a compressed body as it was sent, also with --compressed, which asks for it", async () => {
    let asked: string | undefined;
    const packed = gzipSync("text ".repeat(1000));
    server.answers.set("/gz", (request, response) => {
      asked = request.headers["accept-encoding"];
      response.writeHead(200, { "content-encoding": "gzip", "content-type": "text/html" }).end(packed);
    });
    await run(["/gz"], "--compressed");
    expect(asked).toContain("gzip");
    expect(archived(1).body.equals(packed)).toBe(true);
    expect(record(1)).toMatchObject({ encoding: "gzip", bytes: packed.length });
  });

  it("each redirect with its body, and the final answer under its own URL", async () => {
    server.answers.set("/1", (_, response) => void response.writeHead(301, { location: "/2" }).end("first"));
    server.answers.set("/2", status(302, { location: "/3" }));
    await run(["/1"]);
    const responses = ofType("response");
    expect(responses.map(({ fields }) => new URL(fields.get("WARC-Target-URI") ?? "").pathname)).toEqual([
      "/1",
      "/2",
      "/3",
    ]);
    expect(responses.map(({ body }) => body.toString())).toEqual(["first", "302\n", String(pageOf("/3"))]);
    expect(ofType("request")).toHaveLength(3);
    expect(archived(1)).toMatchObject({ body: pageOf("/3") });
  });

  it.each([["1"], ["2"]])(
    "final answers that are no 2xx, cut where they are long, but no 429 and none that is retried, with --workers %s",
    async (workers) => {
      let tries = 0;
      server.answers.set(
        "/503",
        (_, response) => void response.writeHead(++tries === 1 ? 503 : 200).end(`try ${tries}`),
      );
      server.answers.set("/404", status(404));
      server.answers.set("/410", (_, response) => void response.writeHead(410).end("x".repeat(100_000)));
      server.answers.set("/429", status(429));
      server.answers.set("/loop", status(302, { location: "/loop" }));
      const ran = await run(
        ["/404", "/410", "/429", "/503", "/loop"],
        "--retries",
        "1",
        "--max-redirs",
        "2",
        "--workers",
        workers,
      );
      expect(ran).toMatchObject({ code: 1 });
      const [gone, cut, loop] = [archived(1), archived(2), archived(5)];
      expect([gone.body.toString(), gone.fields.get("WARC-Truncated")]).toEqual(["404\n", undefined]);
      expect([cut.body.length, cut.fields.get("WARC-Truncated")]).toEqual([16_384, "length"]);
      expect(loop.head).toMatch(/^HTTP\/1\.1 302 /);
      expect(record(3)).not.toHaveProperty("shard");
      expect(archived(4).body.toString()).toBe("try 2");
      expect(ofType("response")).toHaveLength(2 + 1 + 3);
    },
  );

  it("an answer over HTTP/2 as text of HTTP/1.1, and says so", async () => {
    const pem = (name: string) => readFileSync(join(ROOT, "fixtures/tls", name));
    const secure = createSecureServer({ key: pem("good-key.pem"), cert: pem("good-cert.pem") });
    secure.on("stream", (stream) => {
      stream.respond({ ":status": 200, "x-a": "b" });
      stream.end("two");
    });
    await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
    own({ close: () => void secure.close() });
    const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/x`;
    const ran = await run([url], "--http2", "--cacert", join(ROOT, "fixtures/tls/ca-cert.pem"));
    expect(ran.code, ran.stderr).toBe(0);
    expect(archived(1).head).toMatch(/^HTTP\/1\.1 200 \r\nx-a: b\r\n/);
    expect(archived(1).fields.get("WARC-Protocol")).toBe("h2");
  });

  it("a large body, deflated or stored, and one that is larger than a file may be", async () => {
    const bodies = new Map([
      ["/text", Buffer.alloc(3_000_000, "some text ")],
      ["/random", Buffer.concat(Array.from({ length: 50_000 }, (_, i) => createHash("sha1").update(`${i}`).digest()))],
      ["/picture", Buffer.alloc(400_000, "picture")],
      ["/page", Buffer.alloc(400_000, "some text ")],
      ["/archive", randomBytes(2_500_000)],
    ]);
    for (const [path, body] of bodies) {
      const type = path === "/picture" ? "image/jpeg" : "text/plain";
      server.answers.set(path, (_, response) => void response.writeHead(200, { "content-type": type }).end(body));
    }
    expect(await run([...bodies.keys(), "/small"], "--shard-size", "500K", "--hash", "sha256")).toMatchObject({
      code: 0,
    });
    for (const [i, [, body]] of [...bodies].entries()) {
      expect(archived(i + 1).body.equals(body)).toBe(true);
      expect(archived(i + 1).fields.get("WARC-Payload-Digest")).toMatch(/^sha256:/);
    }
    expect(archived(1).length).toBeLessThan(50_000);
    expect(archived(3).length).toBeGreaterThan(400_000);
    expect(archived(4).length).toBeLessThan(10_000);
    expect(archived(5).length).toBeGreaterThan(2_500_000);
    expect(new Set([1, 2, 3].map((n) => record(n).shard)).size).toBeGreaterThan(1);
  });

  it("a body that was resumed as a whole one, and says in which part it came last", async () => {
    const body = Buffer.alloc(5_000_000, "0123456789");
    server.answers.set("/part", ({ headers }, response) => {
      const from = Number(/^bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0);
      response.setHeader("etag", '"v"').setHeader("content-type", "text/plain");
      if (from > 0) {
        const range = `bytes ${from}-4999999/5000000`;
        response
          .writeHead(206, { "content-range": range, "content-length": 5_000_000 - from })
          .end(body.subarray(from));
      } else {
        response.writeHead(200, { "content-length": 5_000_000 });
        response.write(body.subarray(0, 3_000_000), () => response.destroy());
      }
    });
    const ran = await run(["/part"], "--retries", "1");
    expect(ran.code, ran.stderr).toBe(0);
    const { head, body: whole } = archived(1);
    expect(whole.equals(body)).toBe(true);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 5000000\r\nX-Orig-Status: 206 Partial Content\r\n/);
    expect(head).toContain("X-Orig-content-range: bytes ");
  });

  it("a failed --update with its response, and a 304 after it as a revisit of what was saved", async () => {
    let code = 200;
    server.answers.set("/a", ({ headers }, response) => {
      const isSame = code === 200 && headers["if-none-match"] === '"v"';
      response.writeHead(isSame ? 304 : code, code === 200 ? { etag: '"v"' } : {}).end(isSame ? "" : `${code}`);
    });
    await run(["/a"]);
    const first = archived(1);
    code = 404;
    await run(["/a"], "-u");
    expect(record(1)).toMatchObject({ outcome: "failed", status: 404, refers_to: { offset: first.offset } });
    expect(archived(1).body.toString()).toBe("404");
    code = 200;
    await run(["/a"], "-u", "--workers", "2");
    expect(record(1)).toMatchObject({ outcome: "unchanged", bytes: 3 });
    expect(archived(1).fields.get("WARC-Refers-To")).toBe(first.fields.get("WARC-Record-ID"));
    expect((await folder.run(["extract", "out", "1"])).stdout).toBe("200");
  });

  it("lines of any name: there are no names that could be taken or too long", async () => {
    const lines = ["/1\tsame", "/2\tsame", `/3\t${"long".repeat(100)}`];
    expect(await run(lines, "--name", "{host}{ext}")).toMatchObject({ code: 0 });
    const lengths = ofType("response").map(({ body }) => body.length);
    expect(lengths.toSorted()).toEqual(["/1", "/2", "/3"].map((path) => pageOf(path).length).toSorted());
  });

  it("a 304 of --update as a revisit of the first record, and what has changed beside what it was", async () => {
    let version = 1;
    server.answers.set("/same", ({ headers }, response) => {
      if (headers["if-none-match"] === '"s"') response.writeHead(304, { etag: '"s"' }).end();
      else response.writeHead(200, { etag: '"s"' }).end("same");
    });
    server.answers.set(
      "/new",
      (_, response) => void response.writeHead(200, { etag: `"${version}"` }).end(`v${version}`),
    );
    await run(["/same", "/new"]);
    const first = archived(1);
    version = 2;
    for (const _ of [1, 2]) {
      const ran = await run(["/same", "/new"], "-u");
      expect(ran.code, ran.stderr).toBe(0);
      const revisit = archived(1);
      expect(record(1)).toMatchObject({ outcome: "unchanged", status: 304, bytes: 4 });
      expect(revisit.fields.get("WARC-Profile")).toBe("http://netpreserve.org/warc/1.1/revisit/server-not-modified");
      expect(revisit.fields.get("WARC-Refers-To")).toBe(first.fields.get("WARC-Record-ID"));
      expect(revisit.fields.get("WARC-Refers-To-Date")).toBe(first.fields.get("WARC-Date"));
      expect(revisit.head).toMatch(/^HTTP\/1\.1 304 /);
    }
    expect(archived(2).body.toString()).toBe("v2");
    expect((await folder.run(["extract", "out", "1", "2"])).stdout).toBe("samev2");
    expect(readdirSync(out()).filter((name) => name.endsWith(".warc.gz"))).toHaveLength(3);
  });

  it("with --dedupe the same payload of this run once, from 1 KiB on, and with --warc-metadata what is known of each", async () => {
    const body = "a payload ".repeat(200);
    server.answers.set("/a", (_, response) => void response.end(body));
    server.answers.set("/b", (_, response) => {
      // Bodies that arrive at the same time are stored each.
      const isStored = () => expect(recordsOf(out()).size).toBe(1);
      void vi.waitFor(isStored, { timeout: 30_000 }).then(() => response.end(body));
    });
    for (const path of ["/c", "/d"]) server.answers.set(path, (_, response) => void response.end("short"));
    await run(["/a", "/b", "/c", "/d", "/a"], "--dedupe", "--warc-metadata", "-c", "1");
    const [first, again] = [archived(1), archived(2)];
    expect(again.fields.get("WARC-Profile")).toBe("http://netpreserve.org/warc/1.1/revisit/identical-payload-digest");
    expect(again.fields.get("WARC-Payload-Digest")).toBe(first.fields.get("WARC-Payload-Digest"));
    expect(again.fields.get("WARC-Refers-To-Target-URI")).toBe(server.url("/a"));
    expect(again.head).toMatch(/^HTTP\/1\.1 200 /);
    expect(record(2)).toMatchObject({ outcome: "saved", bytes: 2000, refers_to: { shard: "00000.warc.gz" } });
    expect([archived(3).type, archived(4).type]).toEqual(["response", "response"]);
    expect((await folder.run(["extract", "out", "2", "5", "3"])).stdout).toBe(`${body}${body}short`);
    expect(record(5)).toMatchObject({ duplicate_of: 1, shard: "00000.warc.gz", offset: record(1).offset });
    const metadata = ofType("metadata");
    expect(metadata.map(({ block }) => /line: (\d)/.exec(block.toString())?.[1])).toEqual(["1", "2", "3", "4"]);
    expect(metadata[0]?.block.toString()).toMatch(/^fetchTimeMs: \d+\r\n/);
  });
});

describe("a folder of WARC files", () => {
  it("is written by a program as well, without a command line", async () => {
    const urls = ["/1", "/2"].map(server.url);
    const outcomes: Outcome[] = [];
    for await (const outcome of bulkget(urls, { outputDir: out(), format: "warc" })) outcomes.push(outcome);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["saved", "saved"]);
    expect(archived(1).body.length).toBe(pageOf(new URL(outcomes.find(({ n }) => n === 1)?.url ?? "").pathname).length);
    expect(ofType("warcinfo")[0]?.block.toString()).not.toContain("arguments");
  });

  it("is resumed: fetches new lines into a new file, and failed ones again with --retry-failed", async () => {
    server.answers.set("/2", status(404));
    await run(["/1", "/2"]);
    server.answers.delete("/2");
    server.asked();
    await run(["/1", "/2", "/3"]);
    expect(server.asked()).toEqual(["/3"]);
    await run(["/1", "/2", "/3"], "--retry-failed");
    expect(server.asked()).toEqual(["/2"]);
    expect(archived(2).body.equals(pageOf("/2"))).toBe(true);
    expect(ofType("response").map(({ head }) => head.slice(9, 12))).toEqual(["200", "404", "200", "200"]);
  });

  it("is left alone by runs in another format and by --prune, and removed by --force with its indexes", async () => {
    await run(["/1", "/2"], "--shard-count", "1");
    for (const args of [
      ["--format", "tar"],
      ["--format", "files"],
      ["--format", "warc", "--prune"],
    ]) {
      const ran = await folder.run(["urls.txt", "-o", "out", ...args]);
      expect(ran.code, args.join(" ")).toBe(2);
      expect(ran.stderr).toContain("warc");
    }
    expectSound(out());
    await run(["/3"], "--force");
    expect(readdirSync(out()).filter((name) => /cdxj|warc/.test(name))).toEqual(["00000.cdxj", "00000.warc.gz"]);
    expect(archived(1).body.equals(pageOf("/3"))).toBe(true);
  });

  it("is removed by --force where only a revisit record names it", async () => {
    server.answers.set("/same", ({ headers }, response) => {
      if (headers["if-none-match"] === '"s"') response.writeHead(304, { etag: '"s"' }).end();
      else response.writeHead(200, { etag: '"s"' }).end("same");
    });
    await run(["/same"]);
    await run(["/same"], "-u");
    expect(readdirSync(out()).filter((name) => name.endsWith(".gz"))).toEqual(["00000.warc.gz", "00001.warc.gz"]);
    await run(["/3"], "--force");
    expect(readdirSync(out()).filter((name) => /cdxj|warc/.test(name))).toEqual(["00000.cdxj", "00000.warc.gz"]);
  });

  it("needs no names: lines whose names are alike or too long are archived each", async () => {
    expect(await run(["/1/a.txt", "/2/a.txt", `/3\t${"n".repeat(300)}`], "--name", "{basename}")).toMatchObject({
      code: 0,
    });
    expect(ofType("response").length).toBe(3);
  });

  it("is needed by --warc-metadata", async () => {
    folder.list([server.url("/1")]);
    const ran = await folder.run(["urls.txt", "-o", "out", "--warc-metadata"]);
    expect(ran).toMatchObject({ code: 2 });
    expect(ran.stderr).toContain("--warc-metadata: needs --format warc");
    expect(existsSync(out())).toBe(false);
  });

  it("keeps an index that is not its own: the number is left out", async () => {
    mkdirSync(out());
    folder.list(["mine"], "out/00000.cdxj");
    expect(await run(["/1"])).toMatchObject({ code: 0 });
    expect(readFileSync(out("00000.cdxj"), "utf8")).toBe("mine\n");
    expect(record(1).shard).toBe("00001.warc.gz");
  });
});

function version(program: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: "pipe" });
  } catch {
    return undefined;
  }
}

/** The path of warcio's cli.js: the package is none of ours, since it brings 33 others for this one test. */
const WARCIO = process.env["WARCIO"];
if (WARCIO === undefined) console.warn("SKIPPED: WARC files read by warcio: WARCIO does not name its dist/cli.js");

const noWget = version("wget", "--version")?.includes("+ssl") !== true ? "there is none" : undefined;
if (noWget !== undefined) console.warn(`SKIPPED: WARC files of wget: ${noWget}`);

describe("other programs agree:", () => {
  it("gzip finds each file whole", async () => {
    await run(["/1", "/2"]);
    execFileSync("gzip", ["-t", out("00000.warc.gz")]);
    expect(
      gunzipSync(readFileSync(out("00000.warc.gz")))
        .toString("latin1")
        .match(/^WARC\/1\.1\r$/gm),
    ).toHaveLength(5);
  });

  it.skipIf(WARCIO === undefined)("warcio parses each record, and makes the same index", async () => {
    const { port } = new URL(server.origin);
    const text = "some text ".repeat(500);
    server.answers.set("/r", status(301, { location: "/a?b=2&a=1" }));
    server.answers.set("/404", status(404));
    for (const path of ["/one", "/two"]) server.answers.set(path, (_, response) => void response.end(text));
    server.answers.set("/large", (_, response) => void response.end(Buffer.alloc(2_000_000, "text")));
    const hosts = ["example.org", "www.example.org", "www2.a.example.org"];
    const paths = ["/a?b=2&a=1", "/U/Pper%C3%BC?Q=Z", "/r", "/404", "/one", "/two", "/large"];
    const urls = hosts.flatMap((host) => paths.map((path) => `http://${host}:${port}${path}`));
    const resolve = hosts.flatMap((host) => ["--resolve", `${host}:${port}:127.0.0.1`]);
    await run(urls, "--dedupe", "--warc-metadata", "--shard-count", "8", ...resolve);
    const files = readdirSync(out()).filter((name) => name.endsWith(".warc.gz"));
    expect(files.length).toBeGreaterThan(2);
    for (const name of files) {
      const args = [WARCIO ?? "", "cdx-index", "--format", "cdxj", out(name)];
      const theirs = execFileSync(process.execPath, args, { encoding: "utf8" }).trimEnd().split("\n");
      const ours = readFileSync(out(name.replace(".warc.gz", ".cdxj")), "utf8")
        .trimEnd()
        .split("\n");
      // warcio leaves out milliseconds, and the type of a response without one.
      const shown = ours.map((line) => line.replace(/^(\S+ \d{14})\d{3}/, "$1").replace('"mime":"unk",', ""));
      expect(shown.toSorted()).toEqual(theirs.toSorted());
    }
  });

  it.skipIf(noWget !== undefined)("wget has the same payload digests", async () => {
    const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
    await run(paths);
    const args = ["--quiet", "--warc-file=wget", "--no-warc-keep-log", "-O", "wget.out", "-i", "urls.txt"];
    // Not `execFileSync`: the server is in this process.
    await promisify(execFile)("wget", args, { cwd: folder.path });
    const text = gunzipSync(readFileSync(folder.at("wget.warc.gz"))).toString("latin1");
    const digests = [...text.matchAll(/^WARC-Payload-Digest: (sha1:\w+)\r$/gm)].map(([, digest]) => digest);
    const ours = ofType("response").map(({ fields }) => fields.get("WARC-Payload-Digest"));
    expect(ours.toSorted()).toEqual([...new Set(digests)].toSorted());
  });
});
