// Every kind of server misbehaviour, through the built command, has its outcome from the closed list of failures.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { bulkgetCommand, filesOf, type Ran, recordsOf, temporaryFolder } from "../../support/command.ts";
import { body, type RudeServer, rudeServer } from "../../support/rude.ts";

const MIB = 1_048_576;

/** The expected outcome of a path: the saved bytes, or the failure. */
type Expected =
  | { readonly saved: Buffer; readonly unverified?: true }
  | { readonly error: string; readonly status?: number };

const saved = (bytes: Buffer): Expected => ({ saved: bytes });
const unverified = (bytes: Buffer): Expected => ({ saved: bytes, unverified: true });
const error = (kind: string, status?: number): Expected =>
  status === undefined ? { error: kind } : { error: kind, status };
const content = body(100);

const CATALOGUE: Readonly<Record<string, Expected>> = {
  "/ok": saved(content),
  "/ok?bytes=70000&chunked=1": saved(body(70_000)),
  "/ok?bytes=0": saved(Buffer.alloc(0)),
  "/empty": saved(Buffer.alloc(0)),
  "/close": saved(content),
  "/nolength": unverified(content),
  "/http10": unverified(content),
  "/big?mib=3": saved(body(3 * MIB)),
  "/big-chunked?mib=3": saved(body(3 * MIB)),
  "/big-nolength?mib=3": unverified(body(3 * MIB)),
  "/close-big?mib=3": saved(body(3 * MIB)),
  "/keepalive-600": saved(content),
  "/close-unsaid": saved(content),
  "/same-lengths": saved(content),

  "/status/204": saved(Buffer.alloc(0)),
  "/status/201": saved(body(20)),
  "/status/304": error("http_status", 304),
  "/status/404": error("http_status", 404),
  "/status/403": error("http_status", 403),
  "/status/500": error("http_status", 500),
  "/status/503": error("http_status", 503),
  "/status/300": error("http_status", 300),
  "/status-stall/404": error("http_status", 404),
  "/status-endless/404": error("http_status", 404),
  "/206": error("bad_range", 206),

  "/reset-before": error("connection_lost"),
  "/close-before": error("connection_lost"),
  "/stall-before": error("headers_timeout"),
  "/reset-in-headers": error("connection_lost"),
  "/close-in-headers": error("connection_lost"),
  "/stall-in-headers": error("headers_timeout"),
  "/drip-headers?ms=20": error("headers_timeout"),
  "/reset-before-body": error("truncated", 200),
  "/close-before-body": error("truncated", 200),
  "/stall-before-body": error("body_timeout", 200),
  "/reset-in-body": error("truncated", 200),
  "/close-in-body": error("truncated", 200),
  "/stall-in-body": error("body_timeout", 200),
  "/reset-in-body?bytes=600000": error("truncated", 200),
  "/close-in-body?bytes=600000": error("truncated", 200),
  "/stall-in-body?bytes=600000": error("body_timeout", 200),
  "/reset-in-chunked": error("truncated", 200),
  "/close-in-chunked": error("truncated", 200),
  "/stall-in-chunked": error("body_timeout", 200),
  "/close-before-last-chunk": error("truncated", 200),
  "/reset-before-last-chunk": error("truncated", 200),
  "/close-in-last-chunk": error("truncated", 200),
  "/nolength-reset": error("truncated", 200),
  "/nolength-reset?bytes=600000": error("truncated", 200),
  "/nolength-stall": error("body_timeout", 200),
  "/drip-body?ms=100&bytes=5000": error("deadline"),
  "/endless-body?a": error("too_large", 200),
  "/endless-chunked?a": error("too_large", 200),

  "/short-length": saved(content),
  "/short-length?extra=5000": saved(content),
  "/long-length": error("truncated", 200),
  "/two-lengths": error("protocol_error"),
  "/bad-length": error("protocol_error"),
  "/bad-length?value=1x": error("protocol_error"),
  "/bad-length?value=99999999999999999999": error("protocol_error"),
  "/length-and-chunked": saved(content),
  "/bad-chunk-size": error("protocol_error", 200),
  "/chunk-too-long": error("protocol_error", 200),
  "/endless-chunk-extension": error("protocol_error", 200),
  "/endless-trailers": error("headers_too_large", 200),
  "/te-gzip": error("protocol_error", 200),
  "/te-gzip-close": error("protocol_error", 200),
  "/te-identity": unverified(content),
  "/te-xchunked": error("protocol_error"),

  "/ssh-banner": error("protocol_error"),
  "/binary": error("protocol_error"),
  "/http09": error("protocol_error"),
  "/bad-status-line": error("protocol_error"),
  "/bad-status-line?line=HTTP/9.9%20200": error("protocol_error"),
  "/bad-header": saved(content),
  "/nul-header": error("protocol_error"),
  "/huge-headers?kib=1024": error("headers_too_large"),
  "/huge-headers?kib=30": saved(content),
  "/endless-headers": error("headers_too_large"),

  "/redirect/301?to=/ok": saved(content),
  "/redirect/302?to=/ok": saved(content),
  "/redirect/303?to=/ok": saved(content),
  "/redirect/307?to=/ok": saved(content),
  "/redirect/308?to=/ok": saved(content),
  "/redirect-relative": saved(content),
  "/redirect-chain/10": saved(content),
  "/redirect-chain/11": error("redirect_limit", 302),
  "/redirect-loop/a": error("redirect_limit", 302),
  "/redirect-endless": error("redirect_limit", 302),
  "/redirect-file": error("redirect_refused", 302),
  "/redirect-none": error("redirect_refused", 302),
  "/redirect-two": error("redirect_refused", 302),
  "/redirect-bad": error("redirect_refused", 302),
  "/redirect-body-endless": saved(content),
  "/redirect-body-stall": saved(content),

  "/100-then-200": saved(content),
  "/103-then-200?times=5": saved(content),
  "/endless-103?ms=20": error("headers_timeout"),
  "/101": error("protocol_error"),

  "/gzip": saved(gzipSync(content)),
  "/gzip-truncated": saved(gzipSync(content).subarray(0, Math.floor(gzipSync(content).length / 2))),
  "/unknown-encoding": saved(content),
  "/control-headers": saved(content),
  "/high-headers": saved(content),
  "/control-reason/404": error("http_status", 404),
  "/long-type": saved(content),
  "/odd-etag": saved(content),
};

describe("against a misbehaving server, the command", () => {
  const folder = temporaryFolder();
  const paths = Object.keys(CATALOGUE);
  let server: RudeServer;
  let ran: Ran;
  let records: Map<number, Outcome>;

  beforeAll(async () => {
    server = await rudeServer();
    writeFileSync(join(folder.path, "urls.txt"), paths.map((path) => `${server.url(path)}\n`).join(""));
    const limits = ["--connect-timeout", "5s", "--timeout", "4s", "--max-time", "10s", "--max-filesize", "10M"];
    ran = await bulkgetCommand(["urls.txt", "-c", "200", "--retries", "1", ...limits], { cwd: folder.path });
    records = recordsOf(join(folder.path, "downloads"));
  }, 120_000);
  afterAll(async () => {
    await server.close();
    folder.remove();
  });

  it.each(paths)("has the documented outcome for %s", (path) => {
    const expected = CATALOGUE[path];
    const record = records.get(paths.indexOf(path) + 1);
    if (expected === undefined || record === undefined) throw new Error("no record");
    if ("saved" in expected) {
      expect(record).toMatchObject({ outcome: "saved", bytes: expected.saved.length });
      expect(record.outcome === "saved" && record.length).toBe(expected.unverified ? "unverified" : undefined);
      const file = record.outcome === "saved" ? (record.file ?? "") : "";
      expect(readFileSync(join(folder.path, "downloads", file)).equals(expected.saved)).toBe(true);
    } else {
      expect(record).toMatchObject({ outcome: "failed", ...expected });
    }
  });

  it("writes one record per line and files for saved lines only, and exits with code 1", () => {
    expect(ran.code).toBe(1);
    expect([...records.keys()].sort((a, b) => a - b)).toEqual(paths.map((_, i) => i + 1));
    const files = [...records.values()].flatMap((record) => (record.outcome === "saved" ? [record.file] : []));
    expect(filesOf(join(folder.path, "downloads"))).toEqual(files.sort());
  });

  it("keeps its time limits for every line", () => {
    // --max-time is 10 s; the limit allows twice as much again for the coarse timer and a busy machine.
    const slowest = Math.max(...[...records.values()].map((record) => record.total_ms));
    expect(slowest).toBeLessThan(30_000);
  });

  it("closes every connection", async () => {
    await expect.poll(() => server.stats.openConnections).toBe(0);
  });

  it("saves an encoded body as sent, and records its encoding", () => {
    const record = records.get(paths.indexOf("/gzip") + 1);
    const file = record?.outcome === "saved" ? (record.file ?? "") : "";
    expect(record).toMatchObject({ encoding: "gzip" });
    expect(gunzipSync(readFileSync(join(folder.path, "downloads", file))).equals(content)).toBe(true);
  });
});
