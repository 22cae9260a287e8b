// --http2 against Apache and nginx: plain, with two processes, compressed, with robots.txt, and again with -u.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Folder, ROOT, recordsOf, temporaryFolder } from "../../support/command.ts";
import { apache, during, installed, nginx } from "../../support/network/servers.ts";
import { ownFolder } from "../../support/own.ts";

const TLS = { key: join(ROOT, "fixtures/tls/good-key.pem"), cert: join(ROOT, "fixtures/tls/good-cert.pem") };
const FILES = 150;
const PEERS = [
  { name: "nginx", program: "nginx", start: nginx },
  { name: "Apache", program: "apache2", start: apache },
];
for (const { name, program } of PEERS) {
  if (installed(program) === undefined)
    console.warn(`SKIPPED: ${name} is not installed, and these tests show nothing about it`);
}

const folder = ownFolder();
let site: Folder;
const contentOf = (i: number) => Buffer.alloc(i === 7 ? 3_000_000 : i * 97, `${i} `);

beforeAll(() => {
  site = temporaryFolder();
  chmodSync(site.path, 0o755); // Apache drops root
  mkdirSync(join(site.path, "f"));
  for (let i = 1; i <= FILES; i++) writeFileSync(join(site.path, `f/${i}.txt`), contentOf(i));
});
afterAll(() => site.remove());

describe.each(PEERS)("from $name over HTTP/2", ({ program, start }) => {
  it.skipIf(installed(program) === undefined).each([[[]], [["--workers", "2"]], [["--compressed"]], [["--robots"]]])(
    "all files arrive byte for byte with arguments %j, and again with -u",
    { timeout: 120_000 },
    async (args) => {
      await during(start({ root: site.path, tls: TLS, more: { http2: true } }), async (server) => {
        folder.list(Array.from({ length: FILES }, (_, i) => `${server.origin}/f/${i + 1}.txt`));
        const all = ["urls.txt", "-q", "-k", "--http2", "-c", "20", ...args];
        const ran = await folder.run(all);
        expect([ran.code, ran.stderr]).toEqual([0, ""]);
        const records = recordsOf(folder.at("downloads"));
        for (let i = 1; i <= FILES; i++) {
          const file = records.get(i)?.file ?? "";
          expect(readFileSync(folder.at("downloads", file)).equals(contentOf(i))).toBe(true);
        }
        await expect.poll(() => server.log()).toContain("HTTP/2.0");
        expect((await folder.run([...all, "-u"])).code).toBe(0);
        // Apache does not recognise the ETag that it sends with a compressed body.
        if (!args.includes("--compressed")) await expect.poll(() => server.log()).toContain(" 304 ");
      });
    },
  );
});
