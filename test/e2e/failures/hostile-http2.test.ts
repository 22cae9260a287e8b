// Servers that abuse HTTP/2: the command ends, in bounded memory, with all files of another, good host.

import { describe, expect, it } from "vitest";
import { FLAG, frame, TYPE } from "../../../src/http/h2/frames.ts";
import { filesOf, recordsOf } from "../../support/command.ts";
import { own, ownFolder } from "../../support/own.ts";
import { body } from "../../support/rude.ts";
import {
  block,
  type FrameServer,
  frameServer,
  type OnRequest,
  type Peer,
  SETTING,
  uint32,
} from "../../support/servers/frame-server.ts";
import { inLittleMemory } from "../../support/servers/hostile.ts";

const folder = ownFolder();
const GOOD = 100;
const content = body(2000);
const HEADERS = block(":status", "200");

/** Sends the bytes repeatedly, with backpressure, until the connection ends or `most` bytes are sent. */
function endlessly({ socket }: Peer, bytes: Buffer, most = Number.POSITIVE_INFINITY): void {
  const many = Buffer.concat(Array.from({ length: Math.ceil(65_536 / bytes.length) }, () => bytes));
  let sent = 0;
  const go = () => {
    while (!socket.destroyed && sent < most) {
      sent += many.length;
      if (!socket.write(many)) return void socket.once("drain", go);
    }
  };
  go();
}

/** Runs the command on `urls` URLs of a bad server and on a good host, and checks memory, exit code and the good files. */
async function besideGood(bad: FrameServer, urls: number, ...args: readonly string[]) {
  const good = own(await frameServer((peer, stream) => peer.answer(stream, content)));
  const bads = Array.from({ length: urls }, (_, i) => `${bad.origin}/${i}`);
  const goods = Array.from({ length: GOOD }, (_, i) => `${good.origin}/${i}`);
  folder.list([...bads, ...goods]);
  const { env, peakMib } = inLittleMemory(folder.path);
  const ran = await folder.run(
    [
      "urls.txt",
      "-c",
      "20",
      "-q",
      "-k",
      "--http2",
      "--retries",
      "1",
      "--connect-timeout",
      "2",
      "--timeout",
      "2",
      "--max-filesize",
      "4M",
      ...args,
    ],
    { env },
  );
  const records = recordsOf(folder.at("downloads"));
  expect([0, 1], ran.stderr).toContain(ran.code);
  expect(records.size).toBe(urls + GOOD);
  const outcomes = Array.from({ length: urls + GOOD }, (_, i) => records.get(i + 1));
  for (const one of outcomes.slice(urls)) expect(one).toMatchObject({ outcome: "saved", bytes: content.length });
  for (const one of outcomes) expect(one).not.toMatchObject({ error: "internal" });
  expect(peakMib()).toBeLessThan(250);
  return outcomes.slice(0, urls);
}

const LIMIT = { timeout: 120_000 };

describe("an HTTP/2 server that", () => {
  it("resets connections while more URLs wait than there are slots fails only its own URLs", LIMIT, async () => {
    let requests = 0;
    const bad = own(
      await frameServer(({ tcp }) => {
        if (++requests % 7 === 0) tcp.resetAndDestroy();
      }),
    );
    for (const one of await besideGood(bad, 30)) expect(one).toMatchObject({ outcome: "failed" });
  });

  it("resets streams by every code, before and within bodies, has no truncated file saved", LIMIT, async () => {
    const bad = own(
      await frameServer((peer, stream, path) => {
        const n = Number(path.slice(1));
        const code = n % 14;
        const kind = Math.floor(n / 14);
        if (kind > 0) {
          peer.headers(stream, [":status", "200", ...(kind % 2 === 1 ? ["content-length", "300000"] : [])]);
          peer.data(stream, Buffer.alloc(kind > 2 ? 300_000 : 100, "x"));
        }
        peer.reset(stream, code);
      }),
    );
    const outcomes = await besideGood(bad, 70);
    for (const one of outcomes) expect(one).toMatchObject({ outcome: "failed" });
    expect(filesOf(folder.at("downloads")).filter((file) => /^0*([1-9]|[1-6]\d|70)\b/.test(file))).toEqual([]);
  });

  it.each<[string, OnRequest]>([
    [
      "sends an invalid, missing or repeated :status",
      (peer, stream) =>
        peer.headers(
          stream,
          [[":status", "000"], [":status", "099"], [], [":status", "200", ":status", "200"]][((stream - 1) / 2) % 4] ??
            [],
        ),
    ],
    ["sends endless pings", (peer) => endlessly(peer, frame(TYPE.ping, 0, 0, Buffer.alloc(8)))],
    ["sends endless settings", (peer) => endlessly(peer, frame(TYPE.settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 50])))],
    ["sends endless resets", (peer, stream) => endlessly(peer, frame(TYPE.rstStream, 0, stream, uint32(8)))],
    [
      "sends endless empty bodies",
      (peer, stream) =>
        endlessly(
          peer,
          Buffer.concat([frame(TYPE.headers, FLAG.endHeaders, stream, HEADERS), frame(TYPE.data, 0, stream)]),
          1e8,
        ),
    ],
    ["sends endless frames of an unknown type", (peer) => endlessly(peer, frame(0xbb, 0, 0, Buffer.alloc(10_000)))],
    [
      "sends endless header blocks",
      (peer, stream) => {
        peer.send(TYPE.headers, 0, stream, HEADERS);
        endlessly(peer, frame(TYPE.continuation, 0, stream, Buffer.alloc(10)));
      },
    ],
    [
      "sends header blocks that HPACK expands enormously",
      (peer, stream) => {
        peer.send(
          TYPE.headers,
          0,
          stream,
          Buffer.concat([
            HEADERS,
            Buffer.from([0x40, 1, 0x61, 0x7f, 0xe1, 0x16]),
            Buffer.alloc(3000, "b"),
            Buffer.alloc(10_000, 0xbe),
          ]),
        );
        for (let i = 0; i < 15; i++)
          peer.send(TYPE.continuation, i === 14 ? FLAG.endHeaders : 0, stream, Buffer.alloc(16_000, 0xbe));
      },
    ],
    [
      "sends bodies one byte at a time between ignored frames",
      (peer, stream) => {
        peer.headers(stream, [":status", "200"]);
        const bytes = Buffer.concat([frame(TYPE.data, 0, stream, Buffer.of(1)), frame(0xbb, 0, 0, Buffer.alloc(4000))]);
        endlessly(peer, bytes, 500 * bytes.length);
      },
    ],
    [
      "exceeds the flow-control window of a body",
      (peer, stream) => {
        peer.headers(stream, [":status", "200"]);
        endlessly(peer, frame(TYPE.data, 0, stream, Buffer.alloc(16_384)));
      },
    ],
    [
      "sends a body on a closed stream",
      (peer, stream) => {
        peer.answer(stream, "x");
        endlessly(peer, frame(TYPE.data, 0, stream, Buffer.alloc(16_384)));
      },
    ],
    ["sends garbage", ({ socket }) => void socket.write(Buffer.alloc(1000, "x"))],
    ["never answers", () => {}],
    [
      "sends GOAWAY at any moment",
      (peer, stream) => {
        const kind = ((stream - 1) / 2) % 4;
        if (kind === 0) peer.answer(stream, content);
        if (kind === 1) peer.goaway(stream);
        if (kind === 2) peer.goaway(Math.max(0, stream - 4), 2);
        if (kind === 3) peer.socket.end();
      },
    ],
    [
      "raises and lowers its limits",
      (peer, stream) => {
        peer.settings([SETTING.maxStreams, stream % 3]);
        peer.settings([SETTING.initialWindow, 0], [SETTING.headerTableSize, stream % 5]);
        if (stream % 4 === 1) peer.reset(stream, 7);
      },
    ],
  ])("%s fails only its own URLs, in bounded memory", LIMIT, async (_, onRequest) => {
    await besideGood(own(await frameServer(onRequest)), 20);
  });
});
