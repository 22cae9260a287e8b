// Several addresses of one name: a dead one costs a quarter of a second, a refusing one nothing, and the first to connect wins.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { happyEyeballs } from "../../../src/http/connect/happy-eyeballs.ts";
import { own } from "../../support/own.ts";
import { silentAt } from "../../support/silent.ts";

async function listening(host: string, port = 0): Promise<{ port: number; server: Server; accepted: Socket[] }> {
  const accepted: Socket[] = [];
  const server = createServer((socket) => void accepted.push(socket)).listen(port, host);
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of accepted) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server, accepted };
}

const LIMIT_MS = 10_000;

/** Races, and gives what came of it: with the addresses that were tried, in their order. */
async function raced(addresses: readonly string[], port: number) {
  const tried: string[] = [];
  const made: Socket[] = [];
  const [error, socket, address] = await new Promise<[Error | null, Socket | null, string]>((resolve) => {
    happyEyeballs(
      addresses,
      LIMIT_MS,
      (host) => {
        tried.push(host);
        const one = connect({ host, port });
        made.push(one);
        return one;
      },
      (...result) => resolve(result),
    );
  });
  onTestFinished(() => void socket?.destroy());
  return { error, socket, address, tried, made };
}

it("one address is one connection", async () => {
  const { port } = await listening("127.0.0.3");
  const { socket, tried, address } = await raced(["127.0.0.3"], port);
  expect([socket?.remoteAddress, address, tried]).toEqual(["127.0.0.3", "127.0.0.3", ["127.0.0.3"]]);
});

it("one that refuses is passed over at once", async () => {
  const { port } = await listening("127.0.0.4");
  const { socket, tried } = await raced(["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"], port);
  expect([socket?.remoteAddress, tried]).toEqual(["127.0.0.4", ["127.0.0.2", "127.0.0.3", "127.0.0.4"]]);
});

it("one that is dead is passed over soon, and let go when another has answered", async () => {
  const { port } = await listening("127.0.0.4");
  own(await silentAt("127.0.0.2", port));
  const { socket, made } = await raced(["127.0.0.2", "127.0.0.4"], port);
  expect(socket?.remoteAddress).toBe("127.0.0.4");
  expect(made.map((one) => one.destroyed)).toEqual([true, false]);
});

it("one that is slow goes on while others are tried, and wins where they fail", async () => {
  const { port } = await listening("127.0.0.4");
  const slow = new Socket();
  const [error, socket] = await new Promise<[Error | null, Socket | null]>((resolve) => {
    happyEyeballs(
      ["127.0.0.4", "127.0.0.2"],
      LIMIT_MS,
      (host) => {
        if (host === "127.0.0.4") return slow;
        // Only when the other one has failed does the first get through.
        return connect({ host, port }).on("error", () => slow.connect(port, "127.0.0.4"));
      },
      (...result) => resolve([result[0], result[1]]),
    );
  });
  onTestFinished(() => void slow.destroy());
  expect([error, socket]).toEqual([null, slow]);
});

it("families take turns, that of the first address first", async () => {
  const { port, server } = await listening("127.0.0.1");
  server.close();
  const { tried, error } = await raced(["127.0.0.2", "127.0.0.3", "127.0.0.4", "::1"], port);
  expect(tried).toEqual(["127.0.0.2", "::1", "127.0.0.3", "127.0.0.4"]);
  expect(error).toBeInstanceOf(AggregateError);
  expect((error as AggregateError).errors).toHaveLength(4);
});

it("the only address's error is the error itself", async () => {
  const { port, server } = await listening("127.0.0.2");
  server.close();
  expect((await raced(["127.0.0.2"], port)).error).toMatchObject({ code: "ECONNREFUSED", address: "127.0.0.2" });
});

it("all of hundreds of addresses are tried", async () => {
  const { port, server } = await listening("127.0.0.1");
  server.close();
  const { tried } = await raced(
    Array.from({ length: 300 }, (_, i) => `127.0.1.${i % 255}`),
    port,
  );
  expect(tried).toHaveLength(300);
});

it("what is given up tries no more and tells nobody", async () => {
  const { port } = await listening("127.0.0.4");
  own(await silentAt("127.0.0.2", port));
  const made: Socket[] = [];
  const stop = happyEyeballs(
    ["127.0.0.2", "127.0.0.4"],
    LIMIT_MS,
    (host) => {
      const one = connect({ host, port });
      made.push(one);
      return one;
    },
    () => expect.unreachable("it was given up"),
  );
  stop();
  await once(made[0] ?? expect.unreachable(), "close");
  // Another race that needs its head start out is longer than that of the first would have been.
  await raced(["127.0.0.2", "127.0.0.4"], port);
  expect(made).toHaveLength(1);
});
