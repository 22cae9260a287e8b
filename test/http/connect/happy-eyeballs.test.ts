// Happy eyeballs: a dead address costs 250 ms, a refusing one no time, and the first to connect wins.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { happyEyeballs } from "../../../src/http/connect/happy-eyeballs.ts";
import { own } from "../../support/own.ts";
import { silentAt } from "../../support/servers/silent.ts";

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

const TIME_LIMIT_MS = 10_000;

/** Connects, and returns the result with the addresses that were tried, in order. */
async function connected(addresses: readonly string[], port: number) {
  const tried: string[] = [];
  const made: Socket[] = [];
  const [error, socket, address] = await new Promise<[Error | null, Socket | null, string]>((resolve) => {
    happyEyeballs(
      addresses,
      TIME_LIMIT_MS,
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

it("a single address needs one attempt", async () => {
  const { port } = await listening("127.0.0.3");
  const { socket, tried, address } = await connected(["127.0.0.3"], port);
  expect([socket?.remoteAddress, address, tried]).toEqual(["127.0.0.3", "127.0.0.3", ["127.0.0.3"]]);
});

it("an address that refuses the connection is followed by the next one at once", async () => {
  const { port } = await listening("127.0.0.4");
  const { socket, tried } = await connected(["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"], port);
  expect([socket?.remoteAddress, tried]).toEqual(["127.0.0.4", ["127.0.0.2", "127.0.0.3", "127.0.0.4"]]);
});

it("an address that does not answer is followed by the next one, and its attempt ends when another connects", async () => {
  const { port } = await listening("127.0.0.4");
  own(await silentAt("127.0.0.2", port));
  const { socket, made } = await connected(["127.0.0.2", "127.0.0.4"], port);
  expect(socket?.remoteAddress).toBe("127.0.0.4");
  expect(made.map((one) => one.destroyed)).toEqual([true, false]);
});

it("an attempt at a slow address continues during the others, and wins if they fail", async () => {
  const { port } = await listening("127.0.0.4");
  const slow = new Socket();
  const [error, socket] = await new Promise<[Error | null, Socket | null]>((resolve) => {
    happyEyeballs(
      ["127.0.0.4", "127.0.0.2"],
      TIME_LIMIT_MS,
      (host) => {
        if (host === "127.0.0.4") return slow;
        // The first address connects only after the second has failed.
        return connect({ host, port }).on("error", () => slow.connect(port, "127.0.0.4"));
      },
      (...result) => resolve([result[0], result[1]]),
    );
  });
  onTestFinished(() => void slow.destroy());
  expect([error, socket]).toEqual([null, slow]);
});

it("address families alternate, beginning with that of the first address", async () => {
  const { port, server } = await listening("127.0.0.1");
  server.close();
  const { tried, error } = await connected(["127.0.0.2", "127.0.0.3", "127.0.0.4", "::1"], port);
  expect(tried).toEqual(["127.0.0.2", "::1", "127.0.0.3", "127.0.0.4"]);
  expect(error).toBeInstanceOf(AggregateError);
  expect((error as AggregateError).errors).toHaveLength(4);
});

it("the error of a single address is returned as it is", async () => {
  const { port, server } = await listening("127.0.0.2");
  server.close();
  expect((await connected(["127.0.0.2"], port)).error).toMatchObject({ code: "ECONNREFUSED", address: "127.0.0.2" });
});

it("all of hundreds of addresses are tried", async () => {
  const { port, server } = await listening("127.0.0.1");
  server.close();
  const { tried } = await connected(
    Array.from({ length: 300 }, (_, i) => `127.0.1.${i % 255}`),
    port,
  );
  expect(tried).toHaveLength(300);
});

it("cancelled attempts try no further address and call nothing back", async () => {
  const { port } = await listening("127.0.0.4");
  own(await silentAt("127.0.0.2", port));
  const made: Socket[] = [];
  const stop = happyEyeballs(
    ["127.0.0.2", "127.0.0.4"],
    TIME_LIMIT_MS,
    (host) => {
      const one = connect({ host, port });
      made.push(one);
      return one;
    },
    () => expect.unreachable("the attempts were cancelled"),
  );
  stop();
  await once(made[0] ?? expect.unreachable(), "close");
  // A second race that needs its attempt delay takes longer than the rest of the first would have.
  await connected(["127.0.0.2", "127.0.0.4"], port);
  expect(made).toHaveLength(1);
});
