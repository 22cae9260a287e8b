// A scripted DNS server (RFC 1035) on UDP and TCP: per name, answers for each look-up in turn, errors, delays or silence.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/** The addresses of each look-up in turn, the last of them repeated; or an error; or details. */
export type Answers = readonly (readonly string[])[] | Wrong | Detailed;

/** No response; RCODE 2 or 5 (RFC 1035); garbage; a response with another id, or about another name. */
export type Wrong = "silent" | "servfail" | "refused" | "garbage" | "other-id" | "other-name";

export interface Detailed {
  readonly addresses: readonly string[];
  readonly delayMs?: number;
  /** Number of CNAMEs that lead to the name (RFC 1034 section 3.6.2). */
  readonly aliases?: number;
  /** Queries for this record type are never answered. */
  readonly silentFor?: "A" | "AAAA";
}

export interface DnsServer {
  /** Number of A queries per name; a query that is sent again, with the same ID, counts once. */
  readonly lookups: Readonly<Record<string, number>>;
  /** Maximum number of names that waited for a delayed response at a time. */
  readonly peak: () => number;
  close(): void;
}

const A = 1;
const CNAME = 5;
const AAAA = 28;
/** Longer responses over UDP are truncated, with the bit TC set (RFC 1035 section 4.2.1). */
const MAX_UDP_BYTES = 512;

const RCODES = { servfail: 2, refused: 5 } as const;

/** Answers queries about the names in `zone`; other names do not exist. */
export async function dnsServer(
  zone: Readonly<Record<string, Answers>>,
  address = "127.0.0.1",
  port = 53,
): Promise<DnsServer> {
  const lookups: Record<string, number> = {};
  /** The IDs of the queries per type and name, in order. */
  const ids = new Map<string, Set<number>>();
  const waiting = new Map<string, number>();
  let peak = 0;
  const sockets = new Set<Socket>();
  const udp = createSocket("udp4");
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    // On loopback, a query arrives in one piece.
    socket.on("data", (framed) => {
      answer(framed.subarray(2), (reply) => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        socket.write(Buffer.concat([length, reply]));
      });
    });
  });

  udp.on("message", (query, from) => {
    answer(query, (reply, cut) => udp.send(reply.length > MAX_UDP_BYTES ? cut : reply, from.port, from.address));
  });
  await Promise.all([
    once(udp.bind(port, address), "listening"),
    once(tcp.listen(port, address), "listening"), //
  ]);
  return {
    lookups,
    peak: () => peak,
    close() {
      udp.close();
      tcp.close();
      for (const socket of sockets) socket.destroy();
    },
  };

  function answer(query: Buffer, send: (reply: Buffer, cut: Buffer) => void): void {
    const { name, type, end } = question(query);
    const key = `${type} ${name}`;
    const sent = [...(ids.get(key) ?? new Set<number>()).add(query.readUInt16BE(0))];
    ids.set(key, new Set(sent));
    // A query that is sent again gets the same answer.
    const count = sent.indexOf(query.readUInt16BE(0));
    if (type === A) lookups[name] = sent.length;
    const answers = zone[name];
    if (answers === "silent") return;
    if (answers === "garbage") return send(Buffer.concat([query.subarray(0, 2), Buffer.alloc(30, 0xff)]), query);
    const { addresses, delayMs, aliases = 0, silentFor } = detailed(answers, count);
    if (silentFor === (type === A ? "A" : "AAAA")) return;
    const rcode =
      answers === undefined ? 3 : typeof answers === "string" && answers in RCODES ? RCODES[answers as "servfail"] : 0;
    const asked = addresses.filter((one) => one.includes(":") === (type === AAAA));
    const chain = chainOf(aliases, 12);
    const records = [...chain.records, ...asked.map((one) => record(type, bytesOf(one), chain.owner))];
    const reply = (cut: boolean) => {
      const head = Buffer.from(query.subarray(0, 12));
      if (answers === "other-id") head[0] = (head[0] ?? 0) ^ 0xff;
      for (const [i, value] of [(cut ? 0x8380 : 0x8180) + rcode, 1, cut ? 0 : records.length, 0, 0].entries())
        head.writeUInt16BE(value, 2 + 2 * i);
      const asking = Buffer.from(query.subarray(12, end));
      if (answers === "other-name") asking[1] = (asking[1] ?? 0) ^ 1;
      return Buffer.concat(cut ? [head, asking] : [head, asking, ...records]);
    };
    if (delayMs === undefined) send(reply(false), reply(true));
    else {
      waiting.set(name, (waiting.get(name) ?? 0) + 1);
      peak = Math.max(peak, waiting.size);
      setTimeout(() => {
        const left = (waiting.get(name) ?? 0) - 1;
        if (left > 0) waiting.set(name, left);
        else waiting.delete(name);
        send(reply(false), reply(true));
      }, delayMs);
    }
  }
}

/** The addresses of a name at its nth look-up. A false response has an address as well. */
function detailed(answers: Answers | undefined, count: number): Detailed {
  if (answers === undefined) return { addresses: [] };
  if (typeof answers === "string") return { addresses: answers.startsWith("other") ? ["127.0.0.1"] : [] };
  if ("addresses" in answers) return answers;
  return { addresses: answers[Math.min(count, answers.length - 1)] ?? [] };
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

/** A chain of CNAMEs from the queried name to `alias1.test`, `alias2.test` …; and the last name, which has the addresses. */
function chainOf(aliases: number, asked: number): { readonly records: readonly Buffer[]; readonly owner: Buffer } {
  let owner = pointer(asked);
  const records: Buffer[] = [];
  for (let i = 1; i <= aliases; i++) {
    const next = nameOf([`alias${i}`, "test"]);
    records.push(record(CNAME, next, owner));
    owner = next;
  }
  return { records, owner };
}

function nameOf(labels: readonly string[]): Buffer {
  return Buffer.concat([
    ...labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.alloc(1),
  ]);
}

function pointer(at: number): Buffer {
  return Buffer.from([0xc0, at]);
}

/** A resource record with a TTL of 0. */
function record(type: number, data: Buffer, owner: Buffer): Buffer {
  const head = Buffer.alloc(10);
  for (const [i, value] of [type, 1, 0, 0, data.length].entries()) head.writeUInt16BE(value, 2 * i);
  return Buffer.concat([owner, head, data]);
}

function bytesOf(address: string): Buffer {
  return address.includes(":") ? sixteen(address) : Buffer.from(address.split(".").map(Number));
}

function sixteen(address: string): Buffer {
  const [left = "", right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const [before, after] = [groups(left), groups(right ?? "")];
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => "0"), ...after];
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}
