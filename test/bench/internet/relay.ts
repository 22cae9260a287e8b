// Child process of the internet benchmark: relays connections with the latency of each name.
//   node relay.js <settings file>

import { once } from "node:events";
import { createServer } from "node:net";
import { carryLate } from "../../support/servers/slow-tcp.ts";
import { makePlan } from "./plan.ts";
import { ORIGIN_PORTS, readSettings } from "./settings.ts";

const BACKLOG = 512;

const { distribution, seed } = readSettings();
for (const { address, fault, roundTripMs } of makePlan(distribution, seed).sites) {
  if (fault !== undefined && fault !== "have bad certificates") continue; // these addresses have no listener, or another one
  for (const [port, target] of [
    [80, ORIGIN_PORTS.plain],
    [443, ORIGIN_PORTS.secure],
  ] as const) {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      carryLate(client, target, roundTripMs / 2),
    );
    server.listen({ port, host: address, backlog: BACKLOG });
    await once(server, "listening");
  }
}
process.send?.("ready");
process.once("disconnect", () => process.exit());
