// Odd responses that browsers and curl accept are saved by the built command.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { recordsOf } from "../../support/command.ts";
import { linesOf, own, ownFolder } from "../../support/own.ts";
import { rawServer } from "../../support/servers/raw-server.ts";

const folder = ownFolder();
const saved = (n: number) => readFileSync(folder.at("downloads", String(n).padStart(6, "0")), "latin1");
const records = () => [...recordsOf(folder.at("downloads")).values()];

it.each(["99999999999999999999", "31536000000", "Fri, 31 Dec 9999 23:59:59 GMT"])(
  "an absurd Retry-After of one URL fails no other URL of its host: %s",
  async (value) => {
    const server = own(
      await rawServer(
        (path) =>
          path === "/busy"
            ? `HTTP/1.1 503 Busy\r\nRetry-After: ${value}\r\nContent-Length: 0\r\n\r\n`
            : "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine",
        true,
      ),
    );
    const lines = ["/busy", ...Array.from({ length: 10 }, (_, i) => `/${i}`)].map((path) => server.url(path));
    const { code } = await folder.run(["-", "-c", "1", "--retries", "0"], { stdin: linesOf(lines) });
    expect(code).toBe(1);
    expect(records().filter(({ outcome }) => outcome === "saved")).toHaveLength(10);
    expect(server.requests).toHaveLength(11);
  },
);

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKS = "Transfer-Encoding: chunked\r\n\r\n0000000000002\r\nfi\r\n02\r\nne\r\n0\r\n\r\n";
const ODD: Readonly<Record<string, string>> = {
  "/php": `${OK}PHP Warning:  x in y.php on line 3\r\nContent-Length: 4\r\n\r\nfine`,
  "/blanks": `${OK}X Frame Options: DENY\r\nServer : x\r\nContent-Length: 4\r\n\r\nfine`,
  "/nameless": `${OK}: v\r\nContent-Length: 4\r\n\r\nfine`,
  "/no-colon": `${OK}what is this\r\nContent-Length: 4\r\n\r\nfine`,
  "/controls": `${OK}X\x01: \x1b[31m\r\nContent-Length: 4\r\n\r\nfine`,
  "/folded": `${OK} first: line\r\nContent-Length: 4\r\n\r\nfine`,
  "/status": "HTTP/1.1 200OK\r\nContent-Length: 0004\r\n\r\nfine",
  "/tab": "HTTP/1.1 200\tOK\r\nContent-Length: 4\r\n\r\nfine",
  "/long": `${OK}X: ${"y".repeat(250_000)}\r\nContent-Length: 4\r\n\r\nfine`,
  "/chunks-and-length": `${OK}Content-Length: 4\r\n${CHUNKS}`,
  "/chunked-twice": `${OK}Transfer-Encoding: , identity\r\nTransfer-Encoding: chunked\r\n${CHUNKS}`,
  "/no-coding": `${OK}Content-Encoding: none\r\nContent-Length: 4\r\n\r\nfine`,
  "/to-latin1": "HTTP/1.1 302 Found\r\nLocation: /caf\xe9\r\nContent-Length: 0\r\n\r\n",
  "/caf%E9": `${OK}Content-Length: 4\r\n\r\nfine`,
  "/to-utf8": "HTTP/1.1 302 Found\r\nLocation: /voil\xc3\xa0\r\nContent-Length: 0\r\n\r\n",
  "/voil%C3%A0": `${OK}Content-Length: 4\r\n\r\nfine`,
};

it.each([[["--compressed"]], [["--workers", "2"]]])(
  "odd responses are saved byte for byte over reused connections with arguments %j",
  async (args) => {
    const server = own(
      await rawServer((path) => ODD[path] ?? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", true),
    );
    const lines = Object.keys(ODD).map((path) => server.url(path));
    const { code, stderr } = await folder.run(["-", "-c", "2", ...args], { stdin: linesOf(lines) });
    expect([code, records().filter(({ outcome }) => outcome !== "saved")], stderr).toEqual([0, []]);
    for (const n of lines.keys()) expect(saved(n + 1)).toBe("fine");
  },
);

it("-u returns an ETag without quotes unchanged", async () => {
  const server = own(await rawServer(() => "HTTP/1.1 200 OK\r\nETag: 5f3a-12\r\nContent-Length: 4\r\n\r\nfine", true));
  const stdin = linesOf([server.url("/x")]);
  expect((await folder.run(["-"], { stdin })).code).toBe(0);
  expect((await folder.run(["-", "-u"], { stdin })).code).toBe(0);
  expect(server.requests.map(({ text }) => /^if-none-match: (.*)\r$/im.exec(text)?.[1])).toEqual([
    undefined,
    "5f3a-12",
  ]);
  expect(saved(1)).toBe("fine");
});
