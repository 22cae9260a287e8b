// A child of the bench: makes the way to every name as long as the plan has it, by carrying every piece late.
//   node relay.js <settings file>

import { once } from "node:events";
import { createServer } from "node:net";
import { carryLate } from "../../support/slow-tcp.ts";
import { makePlan } from "./plan.ts";
import { ORIGIN_PORTS, readSettings } from "./settings.ts";

const BACKLOG = 512;

const { distribution, seed } = readSettings();
for (const { address, fault, roundTripMs } of makePlan(distribution, seed).sites) {
  if (fault !== undefined && fault !== "have bad certificates") continue; // nobody listens there, or somebody else
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
