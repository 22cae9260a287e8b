// --save-headers against nginx and Apache: the heads that curl -D shows, over HTTP/1.1, TLS and HTTP/2.

import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Folder, ROOT, temporaryFolder } from "../../support/command.ts";
import { apache, during, installed, nginx, type SiteOptions } from "../../support/network/servers.ts";
import { ownFolder } from "../../support/own.ts";

const TLS = { key: join(ROOT, "fixtures/tls/good-key.pem"), cert: join(ROOT, "fixtures/tls/good-cert.pem") };
const PEERS = [
  { name: "nginx", program: "nginx", start: nginx },
  { name: "Apache", program: "apache2", start: apache },
];
const WAYS: readonly { way: string; options: Omit<SiteOptions, "root">; args: readonly string[] }[] = [
  { way: "HTTP/1.1", options: {}, args: [] },
  { way: "TLS", options: { tls: TLS }, args: ["-k"] },
  { way: "HTTP/2", options: { tls: TLS, more: { http2: true } }, args: ["-k", "--http2"] },
];
const FILES = ["a.txt", "page.html", "large.png", "data"];
const HAS_CURL = installed("curl") !== undefined;
for (const program of ["nginx", "apache2", "curl"]) {
  if (installed(program) === undefined) console.warn(`SKIPPED: ${program} is not installed`);
}

const folder = ownFolder();
let site: Folder;
beforeAll(() => {
  site = temporaryFolder();
  chmodSync(site.path, 0o755); // Apache drops root
  for (const [i, file] of FILES.entries()) {
    const path = join(site.path, file);
    writeFileSync(path, Buffer.alloc(i === 2 ? 900_000 : 100, file));
    utimesSync(path, 1e9, 1e9); // Apache gives a file that was written within a second a weak ETag
  }
});
afterAll(() => site.remove());

/** Without what differs between two requests: the time, and the name of HTTP/2, which curl shows. */
const comparable = (head: string) => head.replace(/^date: .*\r\n/im, "").replace(/^HTTP\/2 /, "HTTP/1.1 ");

describe.each(PEERS)("a head of $name", ({ program, start }) => {
  it.skipIf(!HAS_CURL || installed(program) === undefined).each(WAYS)(
    "over $way is what curl shows",
    { timeout: 60_000 },
    async ({ options, args }) => {
      await during(start({ root: site.path, ...options }), async ({ origin }) => {
        folder.list(FILES.map((file) => `${origin}/${file}`));
        const { code, stderr } = await folder.run(["urls.txt", "-q", "--save-headers", ...args]);
        expect([code, stderr]).toEqual([0, ""]);
        const how = args.includes("--http2") ? "--http2" : "--http1.1";
        for (const [i, file] of FILES.entries()) {
          const sent = ["-sk", how, "-H", "Accept-Encoding: identity", "-o", folder.at("body"), "-D", "-"];
          const shown = execFileSync("curl", [...sent, `${origin}/${file}`], { encoding: "latin1" });
          const saved = readFileSync(folder.at("downloads", `00000${i + 1}.headers`), "latin1");
          expect(comparable(saved)).toBe(comparable(shown));
          expect(saved).toMatch(/^date: /im);
        }
      });
    },
  );
});
