// Bodies with the largest allowed memory need, on all connections at once, stay within a memory limit in all.

import { brotliCompressSync, constants } from "node:zlib";
import { describe, expect, it } from "vitest";
import { recordsOf } from "../../support/command.ts";
import { own, ownFolder } from "../../support/own.ts";
import { flood } from "../../support/servers/flood.ts";
import { inLittleMemory } from "../../support/servers/hostile.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const MIB = 1_048_576;

const folder = ownFolder();

describe("memory stays bounded for", { timeout: 120_000 }, () => {
  it("forty brotli bodies with the largest window", async () => {
    const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 4 };
    const sent = brotliCompressSync(Buffer.alloc(24 * MIB), { params });
    const head = `${OK}Content-Encoding: br\r\nContent-Length: ${sent.length}\r\n\r\n`;
    const server = own(await flood(() => [head, sent]));
    folder.list(Array.from({ length: 40 }, (_, i) => `${server.origin}/${i}`));
    const { env, peakMib } = inLittleMemory(folder.path);
    const args = ["urls.txt", "-c", "40", "-q", "--compressed", "--max-filesize", "15M", "--retries", "0"];
    const ran = await folder.run(args, { env });
    expect([ran.code, ran.stderr]).toEqual([1, ""]);
    const errors = [...recordsOf(folder.at("downloads")).values()].map((record) => "error" in record && record.error);
    expect(errors).toEqual(Array(40).fill("too_large"));
    expect(peakMib()).toBeLessThan(350);
  });

  it("a hundred robots.txt with 0.5 MiB of rules each", async () => {
    const rules = Array.from({ length: 44_000 }, (_, i) => `Allow:/${i}`).join("\n");
    const robots = `User-agent: *\n${rules}\n`;
    const server = own(
      await flood((path) => {
        const sent = path === "/robots.txt" ? robots : "x";
        return [`${OK}Content-Length: ${sent.length}\r\n\r\n${sent}`];
      }),
    );
    folder.list(Array.from({ length: 100 }, (_, i) => `http://h${i}.localhost:${server.port}/${i}`));
    const { env, peakMib } = inLittleMemory(folder.path);
    const ran = await folder.run(["urls.txt", "-q", "--robots"], { env });
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(peakMib()).toBeLessThan(300);
  });
});
