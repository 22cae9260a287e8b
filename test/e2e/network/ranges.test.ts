// An interrupted large body is continued with a range request, within a run and across runs, and never mixes two versions.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import { BIN, cleanEnv, filesOf, type Ran, recordsOf } from "../../support/command.ts";
import { own, ownFolder } from "../../support/own.ts";
import { body, random } from "../../support/rude/content.ts";
import { type Act, type Asked, type Host, host } from "../../support/rude/host.ts";

const MIB = 1_048_576;
const BYTES = 24 * MIB;

let first: Buffer;
let second: Buffer;
beforeAll(() => {
  first = body(BYTES, 1);
  second = body(BYTES + 12_345, 2);
});

const folder = ownFolder();

const serve = async (act: Act) => own(await host(act));

const at = (...more: string[]) => folder.at("downloads", ...more);

function run(server: Host, ...args: string[]): Promise<Ran> {
  return folder.run(["-", ...args], { stdin: `${server.origin}/large\n` });
}

interface Version {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** The first requested byte; 0 without a range, or where If-Range has another ETag. */
function fromOf({ headers }: Asked, etag: string): number {
  const from = /^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1];
  return from === undefined || headers["if-range"] !== etag ? 0 : Number(from);
}

/** Sends the requested part as RFC 9110 section 14 requires; with `cutAt`, only up to there, and closes. */
function send(response: ServerResponse, asked: Asked, { bytes, etag }: Version, cutAt = bytes.length): void {
  const from = fromOf(asked, etag);
  const whole = bytes.length;
  const range = from > 0 ? { "content-range": `bytes ${from}-${whole - 1}/${whole}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { ...range, etag, "content-length": whole - from });
  const part = bytes.subarray(from, Math.max(from, cutAt));
  if (cutAt >= whole) response.end(part);
  else response.write(part, () => response.socket?.end());
}

/** Number of bytes that were sent twice, because a range began before the cut of the response before it. */
function twice(server: Host, cuts: readonly number[], etag: string): number {
  return cuts.reduce((sum, cut, i) => {
    const next = server.asked[i + 1];
    return sum + (next === undefined ? 0 : Math.max(0, cut - fromOf(next, etag)));
  }, 0);
}

function expectWhole(version: Version): void {
  expect(filesOf(at()).filter((name) => name !== ".bulkget/since")).toEqual(["000001"]);
  expect(readFileSync(at("000001")).equals(version.bytes)).toBe(true);
  expect(recordsOf(at()).get(1)).toMatchObject({ outcome: "saved", bytes: version.bytes.length });
}

/** Random cuts of the body, one per section of equal length. */
function randomCuts(count: number, seed: number): number[] {
  const next = random(seed);
  const step = Math.floor((BYTES - 2 * MIB) / count);
  return Array.from({ length: count }, (_, i) => 2 * MIB + i * step + (next() % step));
}

describe("a large body that is interrupted at random points", () => {
  it("is whole after ten interruptions over eleven runs, and no part is fetched twice", async () => {
    const version = { bytes: first, etag: '"one"' };
    const cuts = randomCuts(10, 7);
    const server = await serve((response, asked) => send(response, asked, version, cuts[asked.nth]));
    for (const _ of cuts) {
      expect((await run(server, "--retries", "0")).code).toBe(1);
      expect(filesOf(at()).filter((file) => !file.startsWith(".bulkget"))).toEqual([]);
    }
    const { code, stderr } = await run(server, "--retries", "0");
    expect(code, stderr).toBe(0);
    expectWhole(version);
    expect(server.asked).toHaveLength(11);
    expect(twice(server, cuts, version.etag)).toBeLessThanOrEqual(BYTES / 100);
  });

  it("is whole after three interruptions within one run, with the right digest", async () => {
    const version = { bytes: first, etag: '"one"' };
    const cuts = randomCuts(3, 8);
    const server = await serve((response, asked) => send(response, asked, version, cuts[asked.nth]));
    const { code, stderr } = await run(server, "--hash", "sha256");
    expect(code, stderr).toBe(0);
    expectWhole(version);
    expect(recordsOf(at()).get(1)).toMatchObject({ attempts: 4, retried_after: Array(3).fill(expect.any(String)) });
    expect(twice(server, cuts, version.etag)).toBeLessThanOrEqual(BYTES / 100);
    const { createHash } = await import("node:crypto");
    expect(recordsOf(at()).get(1)).toHaveProperty("sha256", createHash("sha256").update(first).digest("hex"));
  });

  it("is whole after five SIGKILLs, and no part on the disk is fetched again", async () => {
    const version = { bytes: first, etag: '"one"' };
    const cuts = randomCuts(5, 9);
    const server = await serve((response, asked) => {
      const cut = cuts[asked.nth];
      if (cut === undefined) return send(response, asked, version);
      const from = fromOf(asked, version.etag);
      const whole = version.bytes.length;
      const range = from > 0 ? { "content-range": `bytes ${from}-${whole - 1}/${whole}` } : {};
      response.writeHead(from > 0 ? 206 : 200, { ...range, etag: version.etag, "content-length": whole - from });
      response.write(version.bytes.subarray(from, cut)); // then stalls until the command is killed
    });
    for (const cut of cuts) {
      const args = [BIN, "-", "-q"];
      const child = spawn(process.execPath, args, {
        cwd: folder.path,
        env: cleanEnv(),
        stdio: ["pipe", "ignore", "ignore"],
      });
      child.stdin?.end(`${server.origin}/large\n`);
      await expect.poll(() => sizeOf(at(".bulkget", "1.part")), { timeout: 10_000 }).toBe(cut);
      child.kill("SIGKILL");
      await ended(child);
    }
    const { code, stderr } = await run(server);
    expect(code, stderr).toBe(0);
    expectWhole(version);
    expect(twice(server, cuts, version.etag)).toBeLessThanOrEqual(BYTES / 100);
  });

  it("is fetched from its start without a strong validator", async () => {
    const weak = [{}, { etag: 'W/"weak"' }, { "last-modified": new Date().toUTCString() }];
    for (const [i, headers] of weak.entries()) {
      const server = await serve((response, { nth }) => {
        response.writeHead(200, { ...headers, "content-length": BYTES });
        if (nth > 0) response.end(first);
        else response.write(first.subarray(0, 5 * MIB), () => response.socket?.end());
      });
      const { code, stderr } = await run(server, "-o", `downloads-${i + 1}`);
      expect(code, stderr).toBe(0);
      expect(server.asked.map((asked) => asked.headers.range)).toEqual([undefined, undefined]);
      expect(readFileSync(folder.at(`downloads-${i + 1}`, "000001")).equals(first)).toBe(true);
    }
  });
});

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
}

describe("a large body that changed after an interruption", () => {
  it.each([
    ["within a run", ["--retries", "3"]],
    ["between two runs", ["--retries", "0"]],
  ])("is saved whole in its new version, %s", async (_, args) => {
    const server = await serve((response, asked) => {
      if (asked.nth === 0) send(response, asked, { bytes: first, etag: '"one"' }, 9 * MIB);
      else send(response, asked, { bytes: second, etag: '"two"' });
    });
    const ran = await run(server, ...args);
    if (args[1] === "0") {
      expect(ran.code).toBe(1);
      expect((await run(server)).code).toBe(0);
    } else expect(ran.code, ran.stderr).toBe(0);
    expectWhole({ bytes: second, etag: '"two"' });
    expect(server.asked[1]?.headers).toMatchObject({ range: `bytes=${9 * MIB}-`, "if-range": '"one"' });
  });

  it("is saved whole in its new version where the validator was Last-Modified", async () => {
    const dates = ["Mon, 02 Mar 2020 10:00:00 GMT", "Tue, 03 Mar 2020 10:00:00 GMT"] as const;
    const server = await serve((response, { headers, nth }) => {
      const bytes = nth === 0 ? first : second;
      expect(nth === 0 || headers["if-range"] === dates[0]).toBe(true);
      response.writeHead(200, { "last-modified": dates[nth === 0 ? 0 : 1], "content-length": bytes.length });
      if (nth === 0) response.write(bytes.subarray(0, 9 * MIB), () => response.socket?.end());
      else response.end(bytes);
    });
    const { code, stderr } = await run(server);
    expect(code, stderr).toBe(0);
    expectWhole({ bytes: second, etag: "" });
  });

  it("and changed again is saved whole in its last version", async () => {
    const third = { bytes: body(20 * MIB, 3), etag: '"three"' };
    const server = await serve((response, asked) => {
      if (asked.nth === 0) send(response, asked, { bytes: first, etag: '"one"' }, 9 * MIB);
      else if (asked.nth === 1) send(response, asked, { bytes: second, etag: '"two"' }, 4 * MIB);
      else send(response, asked, third);
    });
    const { code, stderr } = await run(server);
    expect(code, stderr).toBe(0);
    expectWhole(third);
    expect(server.asked[2]?.headers).toMatchObject({ range: `bytes=${4 * MIB}-`, "if-range": '"two"' });
  });
});

describe("a false response to a range request", () => {
  const CUT = 9 * MIB;
  const etag = '"one"';
  const end = `${BYTES - 1}/${BYTES}`;
  const lie = (status: number, headers: Readonly<Record<string, string>>, from: number, to = BYTES) => {
    return (response: ServerResponse): void => {
      const part = first.subarray(from, to);
      response.writeHead(status, { etag, "content-length": part.length, ...headers }).end(part);
    };
  };
  /** False responses to the request for the rest of the body. */
  const LIES: Readonly<Record<string, (response: ServerResponse) => void>> = {
    "206 from a later byte": lie(206, { "content-range": `bytes ${CUT + 1000}-${end}` }, CUT + 1000),
    "206 from an earlier byte": lie(206, { "content-range": `bytes ${CUT - 1000}-${end}` }, CUT - 1000),
    "206 with the whole body": lie(206, { "content-range": `bytes 0-${end}` }, 0),
    "206 without a range": lie(206, {}, CUT),
    "206 with another total length": lie(206, { "content-range": `bytes ${CUT}-${BYTES}/${BYTES + 1}` }, CUT - 1),
    "206 whose Content-Length differs from its range": lie(206, { "content-range": `bytes ${CUT}-${end}` }, CUT + 5),
    "206 that ends early": lie(206, { "content-range": `bytes ${CUT}-${CUT + MIB - 1}/${BYTES}` }, CUT, CUT + MIB),
    "206 in several parts": lie(206, { "content-type": "multipart/byteranges; boundary=x" }, CUT),
    "206 of another version": lie(206, { etag: '"two"', "content-range": `bytes ${CUT}-${end}` }, CUT),
    "206 that is encoded": lie(206, { "content-encoding": "gzip", "content-range": `bytes ${CUT}-${end}` }, CUT),
    "200 with the whole body": lie(200, {}, 0),
    "416": lie(416, { "content-range": `bytes */${BYTES}` }, 0, 0),
    "416 of another length": lie(416, { "content-range": "bytes */1000" }, 0, 10),
  };

  it.each(Object.keys(LIES))("makes the body fetched whole: %s", async (name) => {
    const server = await serve((response, asked) => {
      if (asked.headers.range !== undefined) LIES[name]?.(response);
      else send(response, asked, { bytes: first, etag }, asked.nth === 0 ? CUT : BYTES);
    });
    expect((await run(server, "--retries", "0")).code).toBe(1);
    const { code, stderr } = await run(server);
    expect(code, stderr).toBe(0);
    expectWhole({ bytes: first, etag });
    expect(server.asked[1]?.headers).toMatchObject({ range: `bytes=${CUT}-`, "if-range": etag });
    expect(server.asked.slice(2).map(({ headers }) => headers.range)).toEqual(
      name.startsWith("200") ? [] : [undefined],
    );
  });

  it("to every request fails the line, and leaves no file", async () => {
    const server = await serve((response, asked) => {
      if (asked.nth === 0) send(response, asked, { bytes: first, etag }, CUT);
      else lie(206, { "content-range": `bytes 0-${end}` }, 0)(response);
    });
    expect((await run(server)).code).toBe(1);
    expect(recordsOf(at()).get(1)).toMatchObject({ outcome: "failed", error: "bad_range" });
    expect(existsSync(at("000001"))).toBe(false);
  });
});
