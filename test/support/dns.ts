// A DNS server for tests (RFC 1035): every name has its answers, look-up after look-up, or none in the way it says.

import { createSocket } from "node:dgram";
import { once } from "node:events";

/** The addresses of each look-up in turn, the last of them for all that follow; or what goes wrong. */
export type Answers = readonly (readonly string[])[] | "silent" | "servfail";

export interface DnsServer {
  /** How often each name was looked up, as far as the IPv4 addresses go. */
  readonly lookups: Readonly<Record<string, number>>;
  close(): void;
}

const A = 1;
const AAAA = 28;

/** Answers on UDP. Names that are not in `zone` do not exist. */
export async function dnsServer(
  zone: Readonly<Record<string, Answers>>,
  address = "127.0.0.1",
  port = 53,
): Promise<DnsServer> {
  const lookups: Record<string, number> = {};
  const counts = new Map<string, number>();
  const socket = createSocket("udp4");

  socket.on("message", (query, from) => {
    const { name, type, end } = question(query);
    const key = `${type} ${name}`;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    if (type === A) lookups[name] = count + 1;
    const answers = zone[name];
    if (answers === "silent") return;
    const flags = answers === undefined ? 0x8183 : answers === "servfail" ? 0x8182 : 0x8180;
    const now = typeof answers === "object" ? (answers[Math.min(count, answers.length - 1)] ?? []) : [];
    const records = now.filter((one) => one.includes(":") === (type === AAAA)).map((one) => record(type, one));
    const head = Buffer.from(query.subarray(0, 12));
    for (const [i, value] of [flags, 1, records.length, 0, 0].entries()) head.writeUInt16BE(value, 2 + 2 * i);
    socket.send(Buffer.concat([head, query.subarray(12, end), ...records]), from.port, from.address);
  });
  socket.bind(port, address);
  await once(socket, "listening");
  return { lookups, close: () => socket.close() };
}

function question(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** A record of the name that was asked for (a pointer to it), to be forgotten at once. */
function record(type: number, address: string): Buffer {
  const bytes = type === A ? Buffer.from(address.split(".").map(Number)) : sixteen(address);
  const head = Buffer.alloc(12);
  for (const [i, value] of [0xc00c, type, 1, 0, 0, bytes.length].entries()) head.writeUInt16BE(value, 2 * i);
  return Buffer.concat([head, bytes]);
}

function sixteen(address: string): Buffer {
  const [left = "", right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const [before, after] = [groups(left), groups(right ?? "")];
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => "0"), ...after];
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}
