// A network of its own for a run of the command: any address, its own DNS, and nothing of it leaves the machine (Linux).

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Ran, ROOT, shell, temporaryFolder } from "./command.ts";
import type { Answers } from "./dns.ts";

export interface Plan {
  /** Addresses that this machine has there, beside loopback: a server answers on port 80 of each. */
  readonly addresses: readonly string[];
  /** Of these, those that take no connection. */
  readonly silent?: readonly string[];
  /** Of these, those that refuse one: nobody listens. */
  readonly refusing?: readonly string[];
  readonly names: Readonly<Record<string, Answers>>;
  readonly list: readonly string[];
  readonly args: readonly string[];
}

export interface Happened {
  readonly ran: Ran;
  /** `outcome` or `error` of every line, in their order. */
  readonly outcomes: readonly string[];
  readonly details: readonly (string | undefined)[];
  /** What servers were asked for: the address they were reached at, the Host, and the path. */
  readonly requests: readonly string[];
  /** The addresses that were connected to. */
  readonly connected: readonly string[];
  /** How often each name was looked up. */
  readonly lookups: Readonly<Record<string, number>>;
}

const UNSHARE = process.getuid?.() === 0 ? "unshare -nm" : "unshare -rnm";

/** Whether such networks can be made here. */
export function canMakeNetworks(): boolean {
  try {
    execFileSync("sh", ["-c", `${UNSHARE} sh -c 'ip link set lo up && mount --bind /etc/hosts /etc/resolv.conf'`], {
      stdio: "ignore",
    });
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
    const resolv = file("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
    const hosts = file("hosts", "127.0.0.1 localhost\n::1 localhost\n127.0.0.1 in-hosts.test\n");
    const nss = file("nsswitch.conf", "hosts: files dns\n");
    const setUp = [
      "ip link set lo up",
      ...plan.addresses.map((address) => `ip addr add ${address}/${address.includes(":") ? "128 nodad" : 32} dev lo`),
      `mount --bind ${resolv} /etc/resolv.conf`,
      `mount --bind ${hosts} /etc/hosts`,
      `mount --bind ${nss} /etc/nsswitch.conf`,
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
