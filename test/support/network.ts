// A network of its own for a run of the command: any address, its own DNS, and nothing of it leaves the machine (Linux).

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Outcome } from "../../src/core/job.ts";
import { type Ran, ROOT, shell, temporaryFolder } from "./command.ts";
import type { Answers } from "./dns.ts";

export interface Plan {
  /** Addresses that this machine has there, beside loopback: a server answers on port 80 of each. */
  readonly addresses: readonly string[];
  /** Others that servers answer on: no interface has them, as if they were somewhere else. */
  readonly elsewhere?: readonly string[];
  /** Arguments of `ip route add`, such as `prohibit 192.0.2.1`. */
  readonly routes?: readonly string[];
  /** Of these, those that take no connection. */
  readonly silent?: readonly string[];
  /** Of these, those that refuse one: nobody listens. */
  readonly refusing?: readonly string[];
  readonly names: Readonly<Record<string, Answers>>;
  /** Where that DNS server is; default 127.0.0.1. None where `null`. */
  readonly dnsAt?: string | null;
  /** Texts in the place of the usual ones; an empty file where `null`. */
  readonly files?: { readonly resolv?: string | null; readonly hosts?: string; readonly nsswitch?: string | null };
  /** What resolv.conf has from the first request on. */
  readonly thenResolv?: string;
  /** Names of which getent(1) is to say what the C library has for them. */
  readonly compare?: readonly string[];
  /** What the run has in its environment besides. */
  readonly env?: Readonly<Record<string, string>>;
  readonly list: readonly string[];
  readonly args: readonly string[];
}

export interface Happened {
  readonly ran: Ran;
  /** `outcome` or `error` of every line, in their order. */
  readonly outcomes: readonly string[];
  readonly details: readonly (string | undefined)[];
  readonly records: readonly (Outcome | undefined)[];
  /** What servers were asked for: the address they were reached at, the Host, and the path. */
  readonly requests: readonly string[];
  /** The addresses that were connected to. */
  readonly connected: readonly string[];
  /** How often each name was looked up. */
  readonly lookups: Readonly<Record<string, number>>;
  /** The most names that were looked up at a time, of those with a delay. */
  readonly peakLookups: number;
  /** The C library's addresses of each name of `compare`, in its order. */
  readonly system: Readonly<Record<string, readonly string[]>>;
}

const RESOLV = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";
const HOSTS = "127.0.0.1 localhost\n::1 localhost\n127.0.0.1 in-hosts.test\n";

const UNSHARE = process.getuid?.() === 0 ? "unshare -nm" : "unshare -rnm";

/** For IPv6 addresses that no interface has; IPv4 does without. */
const BIND_ANY = "echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind";

/** Whether such networks can be made here. */
export function canMakeNetworks(): boolean {
  try {
    execFileSync(
      "sh",
      ["-c", `${UNSHARE} sh -c 'ip link set lo up && ${BIND_ANY} && mount --bind /etc/hosts /etc/resolv.conf'`],
      {
        stdio: "ignore",
      },
    );
    return true;
  } catch {
    return false;
  }
}

/** Runs the built command there, with this list and these options. Redirects are made by `/to?URL`. */
export async function inNetwork(plan: Plan): Promise<Happened> {
  const folder = temporaryFolder();
  try {
    const file = (name: string, text: string) => {
      writeFileSync(join(folder.path, name), text);
      return join(folder.path, name);
    };
    const { resolv = RESOLV, hosts = HOSTS, nsswitch = "hosts: files dns\n" } = plan.files ?? {};
    const { elsewhere = [] } = plan;
    const over = (text: string | null, path: string) =>
      text === null ? `mount --bind /dev/null ${path}` : `mount --bind ${file(basename(path), text)} ${path}`;
    const setUp = [
      "ip link set lo up",
      ...plan.addresses.map((address) => `ip addr add ${address}/${address.includes(":") ? "128 nodad" : 32} dev lo`),
      ...elsewhere.map((address) => `ip ${address.includes(":") ? "-6 " : ""}route add local ${address} dev lo`),
      ...(plan.routes ?? []).map((route) => `ip ${route.includes(":") ? "-6 " : ""}route add ${route}`),
      ...(elsewhere.length === 0 ? [] : [BIND_ANY]),
      over(resolv, "/etc/resolv.conf"),
      over(hosts, "/etc/hosts"),
      over(nsswitch, "/etc/nsswitch.conf"),
      `exec "${process.execPath}" "${join(ROOT, "dist/test/support/network-inside.js")}" "${file("plan", JSON.stringify(plan))}"`,
    ];
    file("urls.txt", plan.list.map((url) => `${url}\n`).join(""));
    const ran = await shell(`${UNSHARE} sh -e "${file("set-up", `${setUp.join("\n")}\n`)}"`, { cwd: folder.path });
    if (ran.code !== 0) throw new Error(ran.stderr);
    return JSON.parse(readFileSync(join(folder.path, "happened"), "utf8")) as Happened;
  } finally {
    folder.remove();
  }
}
