// Passwords, tokens and cookies reach their servers, and never appear in messages, records, files or the terminal.

import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Ran, recordsOf } from "../../support/command.ts";
import { ownFolder } from "../../support/own.ts";
import { inTerminal, TMUX } from "../../support/process/terminal.ts";

const MIB = 1_048_576;
const BIG = Buffer.alloc(4 * MIB, "big");
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
const ME = basic("me:s3cret");

/** The secret in plain text, percent-encoding, or Base64 at any offset. */
const SECRET = /s3cret|%733cret|czNjcmV0|M2NyZX|zY3JldA/;

interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly range: string | undefined;
}

let asked: Asked[] = [];
let isMended = false;
let server: Server;
let host = "";

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { authorization, cookie, range } = request.headers;
  const path = request.url ?? "";
  asked.push({ path, authorization, cookie, range });
  if (path.startsWith("/open")) return void response.end(`open ${cookie ?? ""}`);
  if (path.startsWith("/set")) return void response.setHeader("set-cookie", "sid=s3cret; Path=/").end("set");
  if (authorization !== ME && authorization !== basic("you:s3cret")) return void response.writeHead(401).end();
  if (path === "/hang") return;
  if (path === "/loop") return void response.writeHead(302, { location: "/loop" }).end();
  if (path === "/away") return void response.writeHead(302, { location: `http://me:s3cret@${host}/private` }).end();
  if (path === "/later" && !isMended) return void response.writeHead(500).end();
  if (path !== "/big") return void response.end(`${path} for ${authorization === ME ? "me" : "you"}`);
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  const part = from > 0 ? { "content-range": `bytes ${from}-${BIG.length - 1}/${BIG.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { ...part, etag: '"v1"', "content-length": BIG.length - from });
  if (isMended) return void response.end(BIG.subarray(from));
  response.write(BIG.subarray(from, from + 3 * MIB), () => response.destroy());
}

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const folder = ownFolder();
beforeEach(() => {
  asked = [];
  isMended = false;
});

const downloads = () => folder.at("downloads");
const write = (name: string, lines: readonly string[], mode = 0o600) => {
  const path = folder.at(name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  chmodSync(path, mode);
  return path;
};
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  folder.run(["--retries", "0", ...args], { env });

/** All output of a run: stdout, stderr, and every file of its folder with its name. */
function everything({ stdout, stderr }: Pick<Ran, "stdout" | "stderr">): string {
  const names = existsSync(downloads()) ? readdirSync(downloads(), { recursive: true, encoding: "utf8" }) : [];
  const texts = names.map((name) => {
    const path = join(downloads(), name);
    return statSync(path).isFile() ? `${name}\n${readFileSync(path, "latin1")}` : name;
  });
  return [stdout, stderr, ...texts].join("\n");
}

describe("a password in the list", () => {
  const list = () => [
    `http://me:s3cret@${host}/private`,
    `http://me:%733cret@${host}/away`,
    `http://me:s3cret@${host}/loop`,
    `http://me:s3cret@${host}/later`,
    `http://me:s3cret@${host}/big`,
    `http://me:s3cret@${host.replace(/:.*/, ":99999")}/port`,
    `http://me:s3cret/x@${host}/slash`,
    `http://me:s3cret@127.0.0.1:1/refused`,
    `ftp://me:s3cret@${host}/scheme`,
    `htp://me:s3cret@${host}/scheme`,
    `me:s3cret@${host}/front`,
    `http://me:s3cret@${host}/\u0001control`,
    `http://s3cret@${host}/token`,
    `http://${host}/private`,
  ];

  it.each([["plain"], ["bar"], ["none"]])(
    "appears in no message, record or file with --progress %s",
    async (progress) => {
      write("urls.txt", list());
      const ran = await run(["urls.txt", "-v", "--report", "-", "--progress", progress, "-c", "4"]);
      expect(ran.code).toBe(1);
      expect(asked.filter(({ authorization }) => authorization === ME)).toHaveLength(16); // eleven for /loop
      expect(everything(ran)).not.toMatch(SECRET);
      const records = recordsOf(downloads());
      expect([...records.values()].map(({ outcome }) => outcome).sort()).toEqual([
        ...Array.from({ length: 12 }, () => "failed"),
        "saved",
        "saved",
      ]);
      expect(records.get(1)).toMatchObject({ url: `http://me:***@${host}/private`, outcome: "saved" });
      expect(records.get(2)).toMatchObject({ url: `http://me:***@${host}/away`, final_url: `http://${host}/private` });
      expect(records.get(3)).toMatchObject({
        error: "redirect_limit",
        detail: expect.stringMatching(/^more than 10 redirects/),
      });
      expect(records.get(7)?.url).toBe(`http://me:***@${host}/slash`);
      expect(records.get(13)?.url).toBe(`http://***@${host}/token`);
      expect(readdirSync(join(downloads(), ".bulkget"))).toContain("5.note");
    },
  );

  it.skipIf(TMUX === undefined)("does not appear in the terminal, during or after its request", async () => {
    write("urls.txt", list());
    const { bytes } = await inTerminal(["urls.txt", "-v", "--retries", "0"], {
      cwd: folder.path,
      columns: 160,
      rows: 40,
    });
    expect(bytes).toContain("me:***@");
    expect(bytes).not.toMatch(SECRET);
  });

  it.skipIf(TMUX === undefined)("does not appear in the terminal's list of slow URLs", async () => {
    write("urls.txt", [`http://me:s3cret@${host}/hang`]);
    const how = ["urls.txt", "--retries", "0", "--timeout", "1s"];
    const { bytes } = await inTerminal(how, { cwd: folder.path, columns: 160, rows: 40 });
    expect(bytes).toMatch(/#1 in flight for .*http:\/\/me:\*\*\*@/);
    expect(bytes).not.toMatch(SECRET);
  });

  it("appears in no message, record or file for lines that are no URLs", async () => {
    const around = [
      "",
      "- ",
      "GET ",
      "* ",
      '"',
      "<",
      "(",
      "url=",
      "1,",
      "see http://h/ or ",
      "\\",
      "id\t",
      "id\tname\t",
      "a:b ",
      "x\ty=",
      "1. ",
    ];
    const fronts = ["http://", "https://", "//", "ftp://", "http:", "http:/", "\\\\", "HTTP://", ""];
    const passwords = [
      "s3cret",
      "%733cret",
      "s3cret%40x",
      "x@s3cret",
      "s3cret/x",
      "x/s3cret",
      "x?s3cret",
      "s3cret#",
      "a:s3cret",
      "s3cret=",
      "x s3cret",
    ];
    const line = fc
      .tuple(
        fc.constantFrom(...around),
        fc.constantFrom(...fronts),
        fc.constantFrom(...passwords),
        fc.constantFrom("host/", "host.example", "[::1]:80/x", "host:x/", "h/@me"),
      )
      .filter(([, front, password]) => front !== "" || !password.includes(" ")) // "me:x s3cret@host" is two words
      .map(([before, front, password, after]) => `${before}${front}me:${password}@${after}`);
    const good = Array.from({ length: 20 }, (_, i) => `http://${host}/open${i}`);
    for (const seed of [1, 2, 3]) {
      write("urls.txt", [
        ...good,
        ...fc.sample(line, { seed, numRuns: 500 }),
        `http://${host}/open?u=http://me:s3cret@home/`,
      ]);
      const args = [
        "urls.txt",
        "-v",
        "--report",
        "-",
        "--force",
        "--fail-on",
        "never",
        "-x",
        "",
        "--connect-timeout",
        "1s",
      ];
      const ran = await run([...args, "--public-only"]);
      expect(ran.code, ran.stderr.slice(-500)).toBe(0);
      const found = everything(ran)
        .split("\n")
        .find((text) => SECRET.test(text));
      expect(found).toBeUndefined();
    }
  });

  it("does not make a line fetched again when it has changed, or when the line has moved", async () => {
    write("urls.txt", [`http://me:s3cret@${host}/private`, `http://you:s3cret@${host}/private`]);
    expect((await run(["urls.txt", "-q"])).code).toBe(0);
    asked = [];
    write("urls.txt", ["# new", `http://me:other@${host}/private`, `http://you:other@${host}/private`]);
    const ran = await run(["urls.txt"]);
    expect([ran.code, asked]).toEqual([0, []]);
    expect(ran.stderr).toContain("2 moved within the list");
    expect(readFileSync(join(downloads(), "000002"), "utf8")).toBe("/private for me");
    expect(readFileSync(join(downloads(), "000003"), "utf8")).toBe("/private for you");
    write("urls.txt", ["# new", `http://you:s3cret@${host}/private`]);
    expect((await run(["urls.txt", "-q"])).code).toBe(0);
    expect(asked).toEqual([]);
    expect(recordsOf(downloads()).get(2)?.url).toBe(`http://you:***@${host}/private`);
  });

  it("is used to continue a partial body, whose note does not contain it", async () => {
    write("urls.txt", [`http://me:s3cret@${host}/big`]);
    const cut = await run(["urls.txt", "-q"]);
    expect(everything(cut)).not.toMatch(SECRET);
    expect(readFileSync(join(downloads(), ".bulkget/1.note"), "utf8")).toContain("me:***@");
    isMended = true;
    asked = [];
    expect((await run(["urls.txt", "-q"])).code).toBe(0);
    expect(asked).toEqual([
      { path: "/big", authorization: ME, cookie: undefined, range: expect.stringMatching(/^bytes=/) },
    ]);
    expect(readFileSync(join(downloads(), "000001")).equals(BIG)).toBe(true);
  });

  it("is missing in failed.txt, whose run reports that, while the list itself can be retried", async () => {
    write("urls.txt", [`http://me:s3cret@${host}/later`, `http://${host}/private`]);
    expect((await run(["urls.txt", "-q"])).code).toBe(1);
    const failed = readFileSync(join(downloads(), "failed.txt"), "utf8");
    expect(failed.split("\n").sort()).toEqual([
      "",
      `http://${host}/private\t000002`,
      `http://me:***@${host}/later\t000001`,
    ]);
    asked = [];
    isMended = true;
    const again = await run([join(downloads(), "failed.txt"), "-o", downloads()]);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/invalid|not a URL/);
    expect(again.stderr).toContain("run the list itself and retry what failed for good");
    expect(asked.map(({ path }) => path)).toEqual(["/private"]);
    expect((await run(["urls.txt", "-q", "--retry-failed", "-H", `Authorization: ${ME}`])).code).toBe(0);
    expect(existsSync(join(downloads(), "failed.txt"))).toBe(false);
  });
});

describe("a secret in arguments or the environment", () => {
  it.each<[string, readonly string[]]>([
    ["an unreachable proxy", ["urls.txt", "-x", "http://me:s3cret@127.0.0.1:1"]],
    ["an invalid proxy", ["urls.txt", "-x", "ftp://me:s3cret@127.0.0.1:1"]],
    ["an invalid proxy address", ["urls.txt", "-x", "http://me:s3/s3cret@127.0.0.1:x"]],
    ["a header without a colon", ["urls.txt", "-H", "Authorization Bearer s3cret"]],
    ["an invalid header", ["urls.txt", "-H", "Authorization: s3cret\u0001"]],
    ["an invalid cookie", ["urls.txt", "-b", "a=s3cret\u0001"]],
    ["a misspelt option", ["urls.txt", "--cokie=s3cret"]],
    ["a URL as the list", ["http://me:s3cret@host.example/"]],
    ["a URL with a path as the list", ["https://me:s3cret@host.example/urls.txt"]],
    ["half a URL as the list", ["//me:s3cret@host.example/urls.txt"]],
    ["a URL without a scheme as the list", ["me:s3cret@host.example/urls.txt"]],
    ["a list with a URL in its name", ["- http://me:s3cret@host.example/"]],
    ["a second list", ["urls.txt", "http:me:s3cret@host.example"]],
    ["an invalid --resolve", ["urls.txt", "--resolve", "http://me:s3cret@host:80:127.0.0.1"]],
    ["a number that is a URL", ["urls.txt", "-c", "http://me:s3cret@host/"]],
    ["a time that is a URL", ["urls.txt", "--timeout", "me:s3cret@host/"]],
    ["a choice that is a URL", ["urls.txt", "--order", "http://me:s3cret@host/"]],
    ["a template that is a URL", ["urls.txt", "--name", "http://me:s3cret@host/"]],
    ["certificates at a URL", ["urls.txt", "--cacert", "http://me:s3cret@host/"]],
    ["a netrc file at a URL", ["urls.txt", "--netrc-file", "http://me:s3cret@host/"]],
    ["a report at a URL", ["urls.txt", "--report", "http://me:s3cret@host/"]],
    ["an unknown option", ["urls.txt", "--http://me:s3cret@host/"]],
  ])("is not repeated in the error about %s", async (_, args) => {
    write("urls.txt", [`http://${host}/open`]);
    const ran = await run(args);
    expect(ran.code).toBeGreaterThan(0);
    expect(ran.code).toBeLessThan(70);
    expect(ran.stderr).toMatch(/^\S/);
    expect(everything(ran)).not.toMatch(SECRET);
  });

  it("is not repeated in errors about environment variables", async () => {
    write("urls.txt", [`http://${host}/open`]);
    const wrong: Readonly<Record<string, string>>[] = [
      { BULKGET_HEADER: "Bearer s3cret" },
      { http_proxy: "ftp://me:s3cret@h" },
      { http_proxy: "http://me:s3cret@h:x" },
      { all_proxy: "me:x/s3cret@h:x" },
      { BULKGET_PROXY: "me:s3cret@h:x" },
      { BULKGET_RESOLVE: "http://me:s3cret@h" },
      { BULKGET_TIMEOUT: "http://me:s3cret@h" },
      { BULKGET_FORCE: "http://me:s3cret@h" },
    ];
    for (const env of wrong) {
      const ran = await run(["urls.txt"], env);
      expect([ran.code, SECRET.test(everything(ran))]).toEqual([2, false]);
    }
  });

  it("appears in no output of a run that sends it", async () => {
    write("urls.txt", [`http://${host}/private`, `http://${host}/later`, `http://${host}/loop`]);
    const ran = await run(["urls.txt", "-v", "--report", "-", "-H", `Authorization: ${ME}`, "-b", "sid=s3cret"]);
    expect(asked.every(({ authorization, cookie }) => authorization === ME && cookie === "sid=s3cret")).toBe(true);
    expect(recordsOf(downloads()).get(1)).toMatchObject({ outcome: "saved" });
    expect(everything(ran)).not.toMatch(SECRET);
  });
});

describe("--netrc", () => {
  const netrc = ["machine 127.0.0.1 login me password s3cret"];
  const urls = () =>
    write("urls.txt", [`http://${host}/private`, `http://${host.replace("127.0.0.1", "localhost")}/private`]);

  it.each<[string, (path: string) => readonly string[], (path: string) => Readonly<Record<string, string>>]>([
    ["~/.netrc", () => ["--netrc"], () => ({})],
    ["$NETRC", () => ["-n"], (path) => ({ NETRC: path, HOME: "/" })],
    ["--netrc-file", (path) => ["--netrc-file", path], () => ({ HOME: "/" })],
    ["BULKGET_NETRC", () => [], () => ({ BULKGET_NETRC: "1" })],
  ])("by %s sends credentials only to the hosts in the file", async (_, args, env) => {
    urls();
    const path = write(".netrc", netrc);
    const ran = await run(["urls.txt", "-v", ...args(path)], { HOME: folder.path, ...env(path) });
    expect(recordsOf(downloads()).get(1)).toMatchObject({ outcome: "saved", url: `http://${host}/private` });
    expect(recordsOf(downloads()).get(2)).toMatchObject({ outcome: "failed", status: 401 });
    expect(asked.map(({ authorization }) => authorization).sort()).toEqual([ME, undefined]);
    expect(everything(ran)).not.toMatch(SECRET);
  });

  it("is off by default", async () => {
    urls();
    write(".netrc", netrc, 0o644);
    await run(["urls.txt", "-q"], { HOME: folder.path });
    expect(asked.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  });

  it("refuses a file that other users can read, before any request", async () => {
    urls();
    const path = write(".netrc", netrc, 0o644);
    const ran = await run(["urls.txt", "--netrc"], { HOME: folder.path });
    expect([ran.code, ran.stderr]).toEqual([2, `bulkget: netrc ${path}: others may read it: chmod 600 ${path}\n`]);
    expect([asked, existsSync(downloads())]).toEqual([[], false]);
  });
});

describe("-b", () => {
  const urls = () => write("urls.txt", [`http://${host}/set`, `http://${host}/open`]);
  const cookiesSent = () => asked.map(({ cookie }) => cookie);

  it("sends its cookies, and those that servers set", async () => {
    urls();
    const ran = await run(["urls.txt", "-c", "1", "-b", "a=1; b=2"]);
    expect([ran.code, cookiesSent()]).toEqual([0, ["a=1; b=2", "sid=s3cret; a=1; b=2"]]);
  });

  it("reads a cookie file, or starts empty", async () => {
    urls();
    write("cookies.txt", ["# Netscape HTTP Cookie File", "127.0.0.1\tFALSE\t/open\tFALSE\t0\tc\t3"]);
    await run(["urls.txt", "-c", "1", "-b", "cookies.txt"]);
    await run(["urls.txt", "-c", "1", "--cookie=", "-o", "more"]);
    expect(cookiesSent()).toEqual([undefined, "c=3; sid=s3cret", undefined, "sid=s3cret"]);
  });

  it("is required for cookies that servers set", async () => {
    urls();
    await run(["urls.txt", "-c", "1"]);
    expect(cookiesSent()).toEqual([undefined, undefined]);
  });
});
