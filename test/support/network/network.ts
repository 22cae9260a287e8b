// Runs the command in a network namespace (Linux) with any addresses and its own DNS; nothing leaves the machine.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Outcome } from "../../../src/core/job.ts";
import { type Ran, ROOT, shell, temporaryFolder } from "../command.ts";
import type { Answers } from "./dns.ts";

export interface Plan {
  /** Addresses of this machine besides loopback, each with a server on port 80. */
  readonly addresses: readonly string[];
  /** Further addresses with servers, as if on other machines: no interface has them. */
  readonly elsewhere?: readonly string[];
  /** Arguments of `ip route add`, such as `prohibit 192.0.2.1`. */
  readonly routes?: readonly string[];
  /** Those of these addresses that drop connections. */
  readonly silent?: readonly string[];
  /** Those of these addresses that refuse connections. */
  readonly refusing?: readonly string[];
  readonly names: Readonly<Record<string, Answers>>;
  /** The address of the DNS server; default 127.0.0.1. `null` for no server. */
  readonly dnsAt?: string | null;
  /** Contents of configuration files; `null` for an empty file. */
  readonly files?: { readonly resolv?: string | null; readonly hosts?: string; readonly nsswitch?: string | null };
  /** The content of resolv.conf from the first request on. */
  readonly thenResolv?: string;
  /** Names that getent(1) resolves with the C library for comparison. */
  readonly compare?: readonly string[];
  /** Further environment variables of the run. */
  readonly env?: Readonly<Record<string, string>>;
  readonly list: readonly string[];
  readonly args: readonly string[];
}

export interface Happened {
  readonly ran: Ran;
  /** `outcome` or `error` of every line, in the order of the list. */
  readonly outcomes: readonly string[];
  readonly details: readonly (string | undefined)[];
  readonly records: readonly (Outcome | undefined)[];
  /** The requests: server address, Host and path. */
  readonly requests: readonly string[];
  /** The addresses of connections. */
  readonly connected: readonly string[];
  /** Number of look-ups per name. */
  readonly lookups: Readonly<Record<string, number>>;
  /** Maximum number of delayed names that were looked up at a time. */
  readonly peakLookups: number;
  /** The C library's addresses of each name in `compare`, in its order. */
  readonly system: Readonly<Record<string, readonly string[]>>;
}

const RESOLV = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";
const HOSTS = "127.0.0.1 localhost\n::1 localhost\n127.0.0.1 in-hosts.test\n";

const UNSHARE = process.getuid?.() === 0 ? "unshare -nm" : "unshare -rnm";

/** Allows listening at IPv6 addresses that no interface has; IPv4 does not need it. */
const BIND_ANY = "echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind";

/** Whether network namespaces can be created here. */
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

/** Runs the built command in a network namespace. `/to?URL` redirects. */
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
      `exec "${process.execPath}" "${join(ROOT, "dist/test/support/network/network-inside.js")}" "${file("plan", JSON.stringify(plan))}"`,
    ];
    file("urls.txt", plan.list.map((url) => `${url}\n`).join(""));
    const ran = await shell(`${UNSHARE} sh -e "${file("set-up", `${setUp.join("\n")}\n`)}"`, { cwd: folder.path });
    if (ran.code !== 0) throw new Error(ran.stderr);
    return JSON.parse(readFileSync(join(folder.path, "happened"), "utf8")) as Happened;
  } finally {
    folder.remove();
  }
}
