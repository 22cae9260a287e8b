// Runs inside a network namespace: starts DNS, servers and the command, and writes down what happened.

import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { bulkgetCommand, recordsOf, shell } from "../command.ts";
import { silentAt } from "../servers/silent.ts";
import { dnsServer } from "./dns.ts";
import type { Happened, Plan } from "./network.ts";

const PORT = 80;

const plan = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Plan;
const requests: string[] = [];
const connected: string[] = [];

const { dnsAt = "127.0.0.1" } = plan;
const dns = dnsAt === null ? undefined : await dnsServer(plan.names, dnsAt);
const silent = await Promise.all((plan.silent ?? []).map((address) => silentAt(address, PORT)));
const servers = await Promise.all(
  ["127.0.0.1", "::1", ...plan.addresses, ...(plan.elsewhere ?? [])]
    .filter((address) => plan.silent?.includes(address) !== true && plan.refusing?.includes(address) !== true)
    .map(serve),
);
const cwd = process.cwd();
const ran = await bulkgetCommand(["urls.txt", "-o", "out", ...plan.args], { cwd, env: plan.env ?? {} });
const lookups = { ...dns?.lookups };
const system: Record<string, readonly string[]> = {};
for (const name of plan.compare ?? []) {
  const { stdout } = await shell(`getent ahosts "${name}" | sed -n 's/ *STREAM.*//p'`, { cwd });
  system[name] = stdout.split("\n").filter(Boolean);
}
const records = existsSync(join(cwd, "out/results.jsonl")) ? recordsOf(join(cwd, "out")) : new Map();
const outcomes = plan.list.map((_, i) => records.get(i + 1));
const happened: Happened = {
  ran,
  outcomes: outcomes.map((one) => (one?.outcome === "failed" ? one.error : String(one?.outcome))),
  records: outcomes,
  details: outcomes.map((one) => one?.detail),
  requests,
  connected,
  lookups,
  peakLookups: dns?.peak() ?? 0,
  system,
};
writeFileSync("happened", JSON.stringify(happened));
dns?.close();
for (const one of silent) await one.close();
for (const server of servers) {
  server.closeAllConnections();
  server.close();
}

/** Answers with a few bytes; `/to?URL` redirects, `/close` closes the connection. */
async function serve(address: string) {
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? "", "http://localhost");
    if (plan.thenResolv !== undefined) writeFileSync("resolv.conf", plan.thenResolv);
    requests.push(`${address} ${request.headers.host} ${request.url}`);
    if (pathname === "/to") response.writeHead(302, { location: decodeURIComponent(search.slice(1)) });
    else if (pathname === "/close") response.setHeader("connection", "close");
    response.end("body");
  });
  server.on("connection", (socket: Socket) => void connected.push((socket.address() as AddressInfo).address));
  server.listen(PORT, address);
  await once(server, "listening");
  return server;
}
