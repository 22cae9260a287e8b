// Servers that are odd, and whose files browsers and curl get all the same: the whole run, with the built command.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { recordsOf } from "../support/command.ts";
import { linesOf, own, ownFolder } from "../support/own.ts";
import { rawServer } from "../support/raw-server.ts";

const folder = ownFolder();
const saved = (n: number) => readFileSync(folder.at("downloads", String(n).padStart(6, "0")), "latin1");
const records = () => [...recordsOf(folder.at("downloads")).values()];

it.each(["99999999999999999999", "31536000000", "Fri, 31 Dec 9999 23:59:59 GMT"])(
  "a Retry-After beyond sense on one line fails no other line of its host: %s",
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

it("-u sends an ETag without quotes back as it came", async () => {
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
