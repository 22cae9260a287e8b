// 1,000 files of mixed content from nginx and Apache, with and without TLS and squid, arrive byte for byte.

import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Folder, filesOf, ROOT, recordsOf, temporaryFolder } from "../../support/command.ts";
import { bulkgetInProcess } from "../../support/in-process.ts";
import { squid } from "../../support/network/proxies.ts";
import { apache, during, installed, nginx, type RunningServer } from "../../support/network/servers.ts";

const FILES = 1_000;
const TLS_FOLDER = join(ROOT, "fixtures/tls");
const TLS = { key: join(TLS_FOLDER, "good-key.pem"), cert: join(TLS_FOLDER, "good-cert.pem") };
const CACERT = ["--cacert", join(TLS_FOLDER, "ca-cert.pem")];
const PNG = readFileSync(join(ROOT, "fixtures/site/gradient.png"));
const LIMIT_MS = 120_000;

const PEERS = [
  { name: "nginx", program: "nginx", package: "nginx-light", start: nginx },
  { name: "Apache", program: "apache2", package: "apache2", start: apache },
];
const HAS_SQUID = installed("squid") !== undefined;
for (const { name, program, package: from } of [...PEERS, { name: "squid", program: "squid", package: "squid" }]) {
  if (installed(program) === undefined) {
    console.warn(`SKIPPED: tests against ${name}: it is not installed (apt-get install ${from})`);
  }
}

describe("1,000 files", () => {
  let site: Folder;
  /** The files, in the order of the list: file n is on line n. */
  const paths: string[] = [];

  beforeAll(() => {
    site = temporaryFolder();
    chmodSync(site.path, 0o755); // Apache drops root
    for (let i = 0; i < FILES; i++) {
      const path = pathOf(i);
      mkdirSync(join(site.path, dirname(path)), { recursive: true });
      writeFileSync(join(site.path, path), contentOf(i));
      paths.push(path);
    }
  }, LIMIT_MS);
  afterAll(() => site.remove());

  /** Downloads all files with the built command, and compares every byte and their number. */
  async function downloadAll(server: RunningServer, args: readonly string[]): Promise<void> {
    const folder = temporaryFolder();
    try {
      const stdin = paths.map((path, i) => `${server.origin}/${urlPath(path, i)}\n`).join("");
      const ran = await bulkgetInProcess(["-", "-c", "50", "--progress", "plain", ...args], {
        cwd: folder.path,
        stdin,
      });
      expect(ran.code, ran.stderr).toBe(0);
      const saved = join(folder.path, "downloads");
      const records = recordsOf(saved);
      expect(records.size).toBe(FILES);
      expect(filesOf(saved)).toHaveLength(FILES);
      const wrong = paths.filter((path, i) => {
        const record = records.get(i + 1);
        if (record?.outcome !== "saved" || record.file?.startsWith(`${i + 1}`.padStart(6, "0")) !== true) return true;
        const wanted = readFileSync(join(site.path, path));
        const whole = record.bytes === wanted.length && record.length === undefined && record.encoding === undefined;
        return !whole || !readFileSync(join(saved, record.file)).equals(wanted);
      });
      expect(wrong).toEqual([]);
      expect(existsSync(join(saved, "failed.txt"))).toBe(false);
    } finally {
      folder.remove();
    }
  }

  /** Downloads all files through squid, whose log must then contain `line` at least `lines` times. */
  function downloadAllThroughSquid(server: RunningServer, args: readonly string[], line: string, lines: number) {
    return during(squid(), async (proxy) => {
      await downloadAll(server, ["-x", proxy.origin, ...args]);
      await expect.poll(() => proxy.log().split(line).length - 1, { timeout: 10_000 }).toBeGreaterThanOrEqual(lines);
      return proxy.log();
    });
  }

  it("have the intended mix of sizes", () => {
    const sizes = paths.map((path) => statSync(join(site.path, path)).size);
    expect(new Set(paths).size).toBe(FILES);
    expect(sizes.filter((size) => size === 0).length).toBeGreaterThan(10);
    expect(Math.max(...sizes)).toBe(5 * 1024 * 1024);
    expect(sizes.filter((size) => size < 20_000).length).toBeGreaterThan(FILES / 2);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThan(20_000_000);
    expect(total).toBeLessThan(60_000_000);
  });

  describe.each(PEERS.map((peer) => [peer.name, peer] as const))("from %s", (_, { program, start }) => {
    const here = installed(program) !== undefined;
    const plainly = <T>(work: (server: RunningServer) => Promise<T>) => during(start({ root: site.path }), work);
    const securely = <T>(work: (server: RunningServer) => Promise<T>) =>
      during(start({ root: site.path, tls: TLS }), work);

    it.skipIf(!here)("arrive byte for byte", () => plainly((server) => downloadAll(server, [])), LIMIT_MS);

    it.skipIf(!here)(
      "arrive byte for byte over TLS",
      () => securely((server) => downloadAll(server, CACERT)),
      LIMIT_MS,
    );

    it.skipIf(!here)(
      "arrive byte for byte with --compressed",
      async () => {
        await plainly(async (server) => {
          const text = paths.findIndex((path, i) => path.endsWith(".html") && sizeOf(i) > 1_000);
          expect(await encodingOf(`${server.origin}/${urlPath(paths[text] ?? "", 1)}`)).toBe("gzip");
          await downloadAll(server, ["--compressed"]);
        });
        await securely((server) => downloadAll(server, ["--compressed", ...CACERT]));
      },
      LIMIT_MS,
    );

    it.skipIf(!here || !HAS_SQUID)(
      "arrive byte for byte through squid, by absolute-form requests",
      () => plainly((server) => downloadAllThroughSquid(server, [], ` GET ${server.origin}/`, FILES)),
      LIMIT_MS,
    );

    it.skipIf(!here || !HAS_SQUID)(
      "arrive byte for byte over TLS through squid's tunnels",
      () =>
        securely(async (server) => {
          const log = await downloadAllThroughSquid(server, CACERT, ` CONNECT 127.0.0.1:${server.port} `, 50);
          expect(log).not.toContain(" GET ");
        }),
      LIMIT_MS,
    );
  });
});

const MI = 1024 * 1024;
/** Typical buffer sizes, and one less and more. */
const EDGES = [1, 4_095, 4_096, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 131_072];

/** The size of file i in bytes: a few large, some medium, most small, every 40th empty. */
function sizeOf(i: number): number {
  if (i % 500 === 7) return 5 * MI;
  if (i % 100 === 33) return MI + i;
  if (i % 40 === 0) return 0;
  if (i % 20 === 5) return EDGES[((i - 5) / 20) % EDGES.length] ?? 0;
  if (i % 10 === 1) return 100_000 + 137 * i;
  return (i * 7_919) % 20_000;
}

const EXTENSIONS = ["html", "json", "csv", "txt", "png", "bin", "", "dat"];

/** The path of file i under the root, often with characters that a URL must escape. */
function pathOf(i: number): string {
  const extension = EXTENSIONS[i % EXTENSIONS.length] ?? "";
  const odd = ["page", "two words", "100% 50%25", "größe-日本語-🗼", "a+b&c=d;e", "q?x=1#y", "~(it's)!*@$,[1]"];
  const folder = i % 3 === 0 ? "" : i % 3 === 1 ? `folder ${i % 10}/` : `ünter/${i % 7}%/`;
  return `${folder}${odd[i % odd.length]}-${i}${extension === "" ? "" : `.${extension}`}`;
}

/** The path as a list has it: percent-encoded, or in every fourth line only as far as necessary. */
function urlPath(path: string, i: number): string {
  return i % 4 === 0 ? path.replace(/[%?#]/g, encodeURIComponent) : path.split("/").map(encodeURIComponent).join("/");
}

/** The content of file i, equal in every run. */
function contentOf(i: number): Buffer {
  const bytes = sizeOf(i);
  switch (EXTENSIONS[i % EXTENSIONS.length]) {
    case "html":
      return filled(
        bytes,
        `<!doctype html>\n<title>${i}</title>\n`,
        (n) => `<p class="c${n % 9}">Absatz ${n} &amp; größer</p>\n`,
      );
    case "json":
      return filled(bytes, "[\n", (n) => `  {"n": ${n}, "name": "日本語 ${n * i}", "ratio": ${n / 7}},\n`);
    case "csv":
      return filled(bytes, "n,name,value\r\n", (n) => `${n},"Zeile ""${n}""",${(n * 31 + i) % 1_000}\r\n`);
    case "txt":
      return filled(bytes, "\ufeff", (n) => `${n}: žluťoučký kůň 🐎 пил воду ${n ^ i}\n`);
    case "png":
      return bytes === 0 ? Buffer.alloc(0) : PNG;
    default:
      return createHash("shake256", { outputLength: Math.max(bytes, 1) })
        .update(`${i}`)
        .digest()
        .subarray(0, bytes);
  }
}

/** Text of exactly `bytes` bytes, which may end within a character. */
function filled(bytes: number, head: string, line: (n: number) => string): Buffer {
  const parts = [Buffer.from(head)];
  for (let n = 0, length = parts[0]?.length ?? 0; length < bytes; n++) {
    const next = Buffer.from(line(n));
    parts.push(next);
    length += next.length;
  }
  return Buffer.concat(parts).subarray(0, bytes);
}

/** The Content-Encoding of the response to a client that accepts gzip. */
function encodingOf(url: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { "accept-encoding": "gzip" } }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.headers["content-encoding"]));
    }).on("error", reject);
  });
}
