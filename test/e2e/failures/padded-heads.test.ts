// Memory stays bounded with header blocks of 60 KB: V8 slices of few bytes do not keep whole blocks alive.

import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { ROOT, recordsOf, shell } from "../../support/command.ts";
import { own, ownFolder } from "../../support/own.ts";
import { flood } from "../../support/servers/flood.ts";
import { inLittleMemory } from "../../support/servers/hostile.ts";

const PADDING = "x".repeat(60_000);
const EMPTY = "Content-Length: 0\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\n";

/** Less than the 90 MB of all header blocks of a test: V8 ends a run that keeps them. */
const OLD_SPACE_MIB = 64;

const folder = ownFolder();

async function serving(head: (nth: number) => string) {
  const server = own(await flood((_, nth) => [head(nth)]));
  return { ...server, named: (i: number) => `http://h${i}.localhost:${server.port}/${i}` };
}

describe("with header blocks of 60 KB, memory stays below 250 MiB", { timeout: 120_000 }, () => {
  it("for the cookies of 1,500 hosts", async () => {
    const server = await serving(
      (nth) => `${OK}X-Padding: ${PADDING}\r\nSet-Cookie: name-of-${nth}=a-value-for-${nth}\r\n${EMPTY}`,
    );
    folder.list(Array.from({ length: 1500 }, (_, i) => server.named(i)));
    const { env, peakMib } = inLittleMemory(folder.path, OLD_SPACE_MIB);
    const ran = await folder.run(["urls.txt", "-q", "-b", ""], { env });
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(peakMib()).toBeLessThan(250);
  });

  it.each([
    ["an unknown transfer coding", `${OK}Transfer-Encoding: ${PADDING}\r\n\r\n`, "protocol_error", []],
    ["an unknown content encoding", `${OK}Content-Encoding: ${PADDING}\r\n${EMPTY}`, "bad_encoding", ["--compressed"]],
    [
      "12,000 content encodings",
      `${OK}Content-Encoding: ${"gzip,".repeat(12_000)}\r\n${EMPTY}`,
      "bad_encoding",
      ["--compressed"],
    ],
  ])("for 1,500 URLs that wait for a retry after %s", async (_, head, error, args) => {
    const server = await serving(() => head);
    folder.list(Array.from({ length: 1500 }, (_, i) => `${server.origin}/${i}`));
    const { env, peakMib } = inLittleMemory(folder.path, OLD_SPACE_MIB);
    const ran = await folder.run(["urls.txt", "-q", "--retries", "1", "--fail-on", "never", ...args], { env });
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    const record = recordsOf(folder.at("downloads")).get(1500);
    expect(record).toMatchObject({ outcome: "failed", error, attempts: 2 });
    expect(JSON.stringify(record).length).toBeLessThan(1000);
    expect(peakMib()).toBeLessThan(250);
  });

  it.each([
    ["have URLs of 60 KB", (nth: number) => `Location: /${nth}/${PADDING}\r\n`],
    [
      "set 15 cookies of 4 KB each",
      (nth: number) => {
        const cookies = Array.from(
          { length: 15 },
          (_, i) => `Set-Cookie: c${nth}-${i}=${PADDING.slice(0, 4000)}; Path=/\r\n`,
        );
        return `Location: /${nth}\r\n${cookies.join("")}`;
      },
    ],
  ])("for twenty URLs whose 100 redirects %s", async (_, lines) => {
    const server = await serving((nth) => `HTTP/1.1 302 Found\r\n${lines(nth)}${EMPTY}`);
    folder.list(Array.from({ length: 20 }, (_, i) => `${server.origin}/${i}`));
    const { env, peakMib } = inLittleMemory(folder.path, OLD_SPACE_MIB);
    const args = ["urls.txt", "-q", "-c", "20", "--max-redirs", "100", "--fail-on", "never"];
    const ran = await folder.run(args, { env });
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(recordsOf(folder.at("downloads")).get(20)).toMatchObject({ outcome: "failed", error: "redirect_limit" });
    expect(peakMib()).toBeLessThan(250);
  });

  it.each([
    ["never end", () => [`${OK}X: ${PADDING}`, ...Array<string>(3).fill(PADDING)]],
    ["end with a body", () => [`${OK}Location: ${PADDING}`, ...Array<string>(3).fill(PADDING), "\r\n\r\nbody"]],
  ])("for a thousand parallel header blocks of 240 KB that %s", async (_, pieces) => {
    const server = own(await flood(pieces));
    folder.list(Array.from({ length: 1000 }, (_, i) => `http://h${i % 100}.localhost:${server.port}/${i}`));
    const { env, peakMib } = inLittleMemory(folder.path, OLD_SPACE_MIB);
    const args = ["urls.txt", "-q", "-c", "1000", "--timeout", "5s", "--retries", "0", "--fail-on", "never"];
    const ran = await folder.run(args, { env });
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    const errors = [...recordsOf(folder.at("downloads")).values()].map((one) => "error" in one && one.error);
    expect(errors).toHaveLength(1000);
    // Header blocks beyond the common memory limit fail at once.
    for (const one of errors) expect(["headers_timeout", "body_timeout", "headers_too_large"]).toContain(one);
    expect(peakMib()).toBeLessThan(250);
  });

  it("for a library program that keeps 1,500 outcomes", async () => {
    const kept = 'Content-Type: text/x-something-rare\r\nETag: "a-tag-of-some-length"\r\n';
    const server = await serving(() => `${OK}X-Padding: ${PADDING}\r\n${kept}${EMPTY}`);
    const library = pathToFileURL(`${ROOT}/dist/lib/index.mjs`).href;
    writeFileSync(
      folder.at("program.mjs"),
      `import { bulkget } from ${JSON.stringify(library)};
       const urls = Array.from({ length: 1500 }, (_, i) => ${JSON.stringify(server.origin)} + "/" + i);
       const all = [];
       for await (const outcome of bulkget(urls, { output: "memory" })) all.push(outcome);
       console.log(all.length, all[1499].etag);`,
    );
    const { env, peakMib } = inLittleMemory(folder.path, OLD_SPACE_MIB);
    const ran = await shell(`"${process.execPath}" program.mjs`, { cwd: folder.path, env });
    expect([ran.code, ran.stderr, ran.stdout]).toEqual([0, "", '1500 "a-tag-of-some-length"\n']);
    expect(peakMib()).toBeLessThan(250);
  });
});
