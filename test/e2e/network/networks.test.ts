// Real networks: squid, a SOCKS server, and nginx with TLS 1.2 and 1.3, HTTP/2, client certificates, IPv6 and a Unix socket.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Folder, filesOf, ROOT, recordsOf, temporaryFolder } from "../../support/command.ts";
import { bulkgetInProcess } from "../../support/in-process.ts";
import { microsocks, squid } from "../../support/network/proxies.ts";
import { during, installed, type NginxOptions, nginx, type RunningServer } from "../../support/network/servers.ts";

const TLS_FOLDER = join(ROOT, "fixtures/tls");
const pem = (name: string) => join(TLS_FOLDER, `${name}.pem`);
const CACERT = ["--cacert", pem("ca-cert")];
const TLS = { key: pem("good-key"), cert: pem("good-cert") };
const CLIENT = ["--cert", pem("client-cert"), "--key", pem("client-key")];
const FILES = 200;

const has = (program: string) => installed(program) !== undefined;
const IPV6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
const MISSING = [
  ...["nginx", "squid", "microsocks", "openssl"]
    .filter((program) => !has(program))
    .map((it) => `${it} is not installed`),
  ...(IPV6 ? [] : ["::1 is not available"]),
];
for (const what of MISSING) console.warn(`SKIPPED: tests of real networks: ${what}`);

let site: Folder;
let plain: RunningServer;
let secure: RunningServer;

const contentOf = (i: number) => Buffer.alloc(i === 7 ? 3_000_000 : i * 97, `${i} `);

beforeAll(async () => {
  site = temporaryFolder();
  mkdirSync(join(site.path, "f"));
  for (let i = 0; i < FILES; i++) writeFileSync(join(site.path, `f/${i}`), contentOf(i));
  if (!has("nginx")) return;
  plain = await nginx({ root: site.path });
  secure = await nginx({ root: site.path, tls: TLS });
});
afterAll(async () => {
  await plain?.stop();
  await secure?.stop();
  site.remove();
});

interface Got {
  readonly code: number | null;
  /** Number of files that are equal to the original byte for byte. */
  readonly right: number;
  readonly errors: readonly string[];
  readonly details: readonly string[];
  /** All messages and records. */
  readonly said: string;
}

/** Downloads the files from `origin` with the built command. */
async function download(
  origin: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  files = FILES,
): Promise<Got> {
  const folder = temporaryFolder();
  try {
    const stdin = Array.from({ length: files }, (_, i) => `${origin}/f/${i}\n`).join("");
    const all = ["-", "-c", "20", "--retries", "0", "-v", ...args];
    const { code, stderr } = await bulkgetInProcess(all, { cwd: folder.path, stdin, env });
    const saved = join(folder.path, "downloads");
    const records = [...recordsOf(saved).values()];
    const failed = records.flatMap((one) => (one.outcome === "failed" ? [one] : []));
    return {
      code,
      right: filesOf(saved).filter((file) => isRight(saved, file)).length,
      errors: [...new Set(failed.map(({ error }) => error))],
      details: [...new Set(failed.map(({ detail }) => detail))],
      said: stderr + JSON.stringify(records),
    };
  } finally {
    folder.remove();
  }
}

/** Whether a file is a numbered one with the content of its line. */
function isRight(folder: string, file: string): boolean {
  const [number] = /^\d{6}/.exec(file) ?? [];
  return number !== undefined && readFileSync(join(folder, file)).equals(contentOf(Number(number) - 1));
}

const ALL = { code: 0, right: FILES, errors: [] };
/** Waits until a server has logged this number of requests, which may be a little after their responses. */
const logged = (server: RunningServer, requests: number) =>
  expect.poll(() => linesOf(server).length, { timeout: 10_000 }).toBe(requests);
const linesOf = (server: RunningServer) => server.log().trimEnd().split("\n");

describe.skipIf(!has("nginx") || !has("squid"))("through squid,", () => {
  const withPassword = async (work: (proxy: RunningServer) => Promise<void>) => {
    const folder = temporaryFolder();
    try {
      const hash = execFileSync("openssl", ["passwd", "-apr1", "p@ss:word"], { encoding: "utf8" });
      const file = join(folder.path, "passwords");
      writeFileSync(file, `user:${hash}`);
      chmodSync(folder.path, 0o755); // squid drops root
      await during(squid(file), work);
    } finally {
      folder.remove();
    }
  };

  it.skipIf(!has("openssl"))("files arrive by GET and by CONNECT with a password, which is not shown", async () => {
    await withPassword(async ({ port }) => {
      const proxy = `http://user:p%40ss%3Aword@127.0.0.1:${port}`;
      for (const got of [
        await download(plain.origin, ["-x", proxy]),
        await download(secure.origin, ["-x", proxy, ...CACERT]),
        await download(secure.origin, CACERT, { https_proxy: proxy }),
      ]) {
        expect(got, got.said).toMatchObject(ALL);
        expect(got.said).not.toMatch(/p@ss|p%40ss/);
      }
    });
  });

  it.skipIf(!has("openssl"))("a wrong or missing password causes 407, and is not shown", async () => {
    await withPassword(async ({ port }) => {
      for (const login of ["", "user:wr0ng@"]) {
        const proxy = ["-x", `http://${login}127.0.0.1:${port}`];
        const [forwarded, tunnelled] = [
          await download(plain.origin, proxy, {}, 5),
          await download(secure.origin, [...proxy, ...CACERT], {}, 5),
        ];
        expect([forwarded, tunnelled]).toMatchObject([
          { code: 1, right: 0, errors: ["http_status"] },
          { code: 1, right: 0, errors: ["proxy_failed"], details: [expect.stringContaining("407")] },
        ]);
        expect(forwarded.said + tunnelled.said).not.toContain("wr0ng");
      }
    });
  });

  it("all requests go except those that no_proxy exempts by host, port or block", async () => {
    await during(squid(), async (proxy) => {
      const env = (no_proxy: string) => ({ http_proxy: proxy.origin, no_proxy });
      for (const no of ["127.0.0.1", "127.0.0.0/8", `127.0.0.1:${plain.port}`, "x.org, 127.0.0.1/32"])
        expect(await download(plain.origin, [], env(no), 3)).toMatchObject({ code: 0, right: 3 });
      expect(proxy.log()).not.toContain("GET");
      for (const no of ["127.0.0.2", "127.0.0.1:1", "10.0.0.0/8"])
        expect(await download(plain.origin, [], env(no), 3)).toMatchObject({ code: 0, right: 3 });
      await expect.poll(() => proxy.log().split(" GET ").length - 1, { timeout: 10_000 }).toBe(9);
    });
  });

  it("--public-only refuses private targets although squid itself has a private address", async () => {
    await during(squid(), async (proxy) => {
      for (const origin of [plain.origin, secure.origin, `http://localhost:${plain.port}`]) {
        const got = await download(origin, ["-x", proxy.origin, "--public-only", ...CACERT], {}, 3);
        expect(got).toMatchObject({ code: 1, right: 0, errors: ["blocked_address"] });
      }
    });
  });

  it("a stopped proxy causes proxy_failed", async () => {
    const proxy = await squid();
    await proxy.stop();
    const got = await download(secure.origin, ["-x", proxy.origin, ...CACERT], {}, 3);
    expect(got).toMatchObject({ code: 1, errors: ["proxy_failed"] });
    expect(got.details[0]).toContain(`proxy ${proxy.origin} cannot be reached: connect ECONNREFUSED`);
  });
});

describe.skipIf(!has("nginx") || !has("microsocks"))("through a SOCKS server,", () => {
  it.each(["socks5", "socks5h"])("files arrive by %s, with and without TLS", async (scheme) => {
    await during(microsocks(), async ({ port }) => {
      const proxy = `${scheme}://127.0.0.1:${port}`;
      expect(await download(plain.origin, ["-x", proxy])).toMatchObject(ALL);
      expect(await download(`http://localhost:${plain.port}`, ["-x", proxy])).toMatchObject(ALL);
      expect(await download(secure.origin, ["-x", proxy, ...CACERT])).toMatchObject(ALL);
      expect(await download(secure.origin, CACERT, { all_proxy: proxy })).toMatchObject(ALL);
    });
  });

  it("files arrive with the right user and password only", async () => {
    await during(microsocks({ user: "user", password: "s3cret" }), async ({ port }) => {
      const as = (login: string, files: number) =>
        download(secure.origin, ["-x", `socks5h://${login}127.0.0.1:${port}`, ...CACERT], {}, files);
      const [good, bad, none] = [await as("user:s3cret@", FILES), await as("user:wr0ng@", 3), await as("", 3)];
      expect(good).toMatchObject(ALL);
      expect([bad, none]).toMatchObject([
        { right: 0, errors: ["proxy_failed"] },
        { right: 0, errors: ["proxy_failed"] },
      ]);
      expect(good.said + bad.said).not.toMatch(/s3cret|wr0ng/);
    });
  });

  it("an unreachable target causes proxy_failed", async () => {
    await during(microsocks(), async ({ port }) => {
      const got = await download("http://127.0.0.2:9", ["-x", `socks5h://127.0.0.1:${port}`], {}, 3);
      expect(got).toMatchObject({ code: 1, errors: ["proxy_failed"] });
      expect(got.details[0]).toMatch(/was refused the connection/);
    });
  });
});

describe.skipIf(!has("nginx"))("from nginx,", () => {
  const serving = (more: NginxOptions, work: (server: RunningServer) => Promise<void>, tls = TLS) =>
    during(nginx({ root: site.path, tls, more }), work);

  it.each(["TLSv1.2", "TLSv1.3"])("files arrive over %s, and connections resume its TLS session", async (protocols) => {
    await serving({ protocols, oneEach: true }, async (server) => {
      expect(await download(server.origin, [...CACERT, "-c", "2"])).toMatchObject(ALL);
      await logged(server, FILES);
      const lines = linesOf(server);
      expect(lines.filter((line) => line.includes(` ${protocols} `))).toHaveLength(FILES);
      expect(lines.filter((line) => line.endsWith(" r")).length).toBeGreaterThan(FILES / 2);
    });
  });

  it.each(["TLSv1.2", "TLSv1.3"])("files arrive over HTTP/2 and %s", async (protocols) => {
    await serving({ protocols, http2: true }, async (server) => {
      expect(await download(server.origin, [...CACERT, "--http2"])).toMatchObject(ALL);
      await logged(server, FILES);
      expect(linesOf(server).filter((line) => line.includes(` HTTP/2.0" `))).toHaveLength(FILES);
    });
  });

  it("files arrive over HTTP/1.1 and HTTP/2 with the required client certificate, and none without", async () => {
    await serving({ http2: true, clientCa: pem("ca-cert") }, async (server) => {
      expect(await download(server.origin, [...CACERT, ...CLIENT])).toMatchObject(ALL);
      expect(await download(server.origin, [...CACERT, ...CLIENT, "--http2"])).toMatchObject(ALL);
      await logged(server, 2 * FILES);
      expect(linesOf(server).filter((line) => line.includes(" SUCCESS "))).toHaveLength(2 * FILES);
      expect(await download(server.origin, CACERT, {}, 3)).toMatchObject({
        code: 1,
        right: 0,
        errors: ["http_status"],
      });
    });
  });

  it.skipIf(!IPV6)("files arrive over IPv6, from an address and from a name with both families", async () => {
    await serving({ ipv6: true }, async (server) => {
      expect(await download(`https://[::1]:${server.port}`, CACERT)).toMatchObject(ALL);
      await logged(server, FILES);
      expect(linesOf(server).filter((line) => line.startsWith("::1 "))).toHaveLength(FILES);
      expect(await download(`https://localhost:${server.port}`, CACERT)).toMatchObject(ALL);
    });
  });

  it("--resolve sets the addresses of a name, whose certificate is still checked", async () => {
    const other = { key: pem("wrong-host-key"), cert: pem("wrong-host-cert") };
    await serving(
      { http2: true },
      async (server) => {
        const { port } = server;
        const at = (name: string) => ["--resolve", `${name}:${port}:127.0.0.2,127.0.0.1`];
        const origin = `https://example.org:${port}`;
        expect(await download(origin, [...CACERT, ...at("example.org")])).toMatchObject(ALL);
        expect(await download(origin, [...CACERT, ...at("*"), "--http2"])).toMatchObject(ALL);
        await logged(server, 2 * FILES);
        expect(linesOf(server).filter((line) => line.includes(" example.org "))).toHaveLength(2 * FILES);
        const wrong = await download(`https://example.net:${port}`, [...CACERT, ...at("example.net")], {}, 3);
        expect(wrong).toMatchObject({ code: 1, errors: ["tls_certificate"] });
        const barred = await download(origin, [...CACERT, ...at("example.org"), "--public-only"], {}, 3);
        expect(barred).toMatchObject({ code: 1, errors: ["blocked_address"] });
      },
      other,
    );
  });

  it("files arrive over a Unix socket with TLS, HTTP/2 and the host of the URL", async () => {
    const folder = temporaryFolder();
    try {
      const unixSocket = join(folder.path, "s");
      await serving({ http2: true, unixSocket }, async (server) => {
        const args = ["--unix-socket", unixSocket, ...CACERT];
        expect(await download("https://a.localhost", args)).toMatchObject(ALL);
        expect(await download("https://b.localhost:1", [...args, "--http2"], { https_proxy: "p:1" })).toMatchObject(
          ALL,
        );
        await logged(server, 2 * FILES);
        for (const host of ["a.localhost", "b.localhost"])
          expect(linesOf(server).filter((line) => line.includes(` ${host} `))).toHaveLength(FILES);
      });
    } finally {
      folder.remove();
    }
  });
});
