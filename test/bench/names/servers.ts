// Child process of the benchmark of names: a DNS server with a delay, and a web server with a small file for every name.
//   node servers.js <delay in ms>
// The prefix of a name selects its fate: h (good), absent, silent, servfail, refused.

import { createSocket } from "node:dgram";
import { createServer } from "node:http";

const DELAY_MS = Number(process.argv[2]);
const A = 1;
const RCODES: Readonly<Record<string, number>> = { absent: 3, servfail: 2, refused: 5 };

const dns = createSocket({ type: "udp4", recvBufferSize: 4_194_304 });
dns.on("message", (query, from) => {
  const first = query.toString("latin1", 13, 13 + (query[12] ?? 0)).toLowerCase();
  const kind = first.replace(/\d+$/, "");
  if (kind === "silent") return;
  let end = 12;
  while ((query[end] ?? 0) > 0) end += 1 + (query[end] ?? 0);
  const type = query.readUInt16BE(end + 1);
  const number = Number(/\d+$/.exec(first)?.[0] ?? 0);
  const records =
    kind === "h" && type === A
      ? [Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 1, number >> 8, number & 255])]
      : [];
  const reply = Buffer.concat([query.subarray(0, end + 5), ...records]);
  for (const [i, value] of [0x8180 + (RCODES[kind] ?? 0), 1, records.length, 0, 0].entries())
    reply.writeUInt16BE(value, 2 + 2 * i);
  setTimeout(() => dns.send(reply, from.port, from.address), DELAY_MS);
});
dns.bind(53, "127.0.0.1", () => {
  const web = createServer((request, response) => response.end(`${request.headers.host}${request.url}\n`.padEnd(100)));
  web.listen(80, "0.0.0.0", 4096, () => process.send?.("ready"));
});
process.once("disconnect", () => process.exit());
