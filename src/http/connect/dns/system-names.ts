// Reads how this machine resolves names: nsswitch.conf, resolv.conf, gai.conf and the hosts file.

import { readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { hostname } from "node:os";

/** The paths of the system's files; tests use others. */
export interface SystemFiles {
  readonly nsswitch: string;
  readonly resolv: string;
  readonly hosts: string;
  readonly gai: string;
}

export const SYSTEM_FILES: SystemFiles = {
  nsswitch: "/etc/nsswitch.conf",
  resolv: "/etc/resolv.conf",
  hosts: "/etc/hosts",
  gai: "/etc/gai.conf",
};

export interface SystemNames {
  /** Changes whenever one of the files changes. */
  readonly version: string;
  /**
   * Sources of names besides the hosts file and DNS (nsswitch.conf(5)), each for names of one kind. Undefined if only the C
   * library can follow the settings.
   */
  readonly otherSources: readonly string[] | undefined;
  /** At most three name servers; empty if one has a zone, which Node's setServers refuses: c-ares then reads the file itself. */
  readonly servers: readonly string[];
  /** Domains to append to a name (resolv.conf(5), search); "" is the root: the name unchanged. */
  readonly search: readonly string[];
  /** A name with at least this number of dots is first tried unchanged. */
  readonly ndots: number;
  /** Time limit of the C library for all servers and attempts together, in milliseconds. */
  readonly budgetMs: number;
  /** Whether IPv4 precedes IPv6 (gai.conf(5): precedence ::ffff:0:0/96 100). */
  readonly prefersIPv4: boolean;
  /** Returns the hosts file's addresses of a name, which is case-insensitive. */
  hosts(name: string): readonly string[] | undefined;
}

/** Time after which the files are checked for changes, in milliseconds. */
const RECHECK_MS = 1000;

/** Environment variables that change getaddrinfo's results and that c-ares ignores (resolv.conf(5), hostname(7)). */
const ENVIRONMENT = ["HOSTALIASES", "RES_OPTIONS"] as const;

/** Options of resolv.conf(5) that are followed here, or do not change the result. */
const OPTIONS =
  /^(ndots:|timeout:|attempts:|(debug|rotate|edns0|single-request|single-request-reopen|trust-ad|no-reload)$)/;

/** Sources for names of one kind: this machine, containers, systemd-resolved (whose server is in resolv.conf), multicast DNS. */
const LOCAL_SOURCES = /^(myhostname|mymachines|resolve|mdns[46]?(_minimal)?)$/;
/** The usual actions after these sources; any other action changes the order of the sources. */
const USUAL_ACTIONS = /(mdns[46]?_minimal\s*\[NOTFOUND=return\])|(resolve\s*\[!UNAVAIL=return\])/gi;

/** glibc's defaults (resolv.conf(5)). */
const DEFAULT_TIMEOUT_S = 5;
const DEFAULT_ATTEMPTS = 2;
/** Maximum number of name servers that glibc reads (MAXNS). */
const MAX_SERVERS = 3;

/** Returns a function that returns the settings, and reads the files again when they have changed. */
export function systemNames(
  files = SYSTEM_FILES,
  env: NodeJS.ProcessEnv = process.env,
  nowMs = () => performance.now(),
): () => SystemNames {
  let read: SystemNames | undefined;
  let checkedMs = Number.NEGATIVE_INFINITY;

  return () => {
    const now = nowMs();
    if (read !== undefined && now - checkedMs < RECHECK_MS) return read;
    checkedMs = now;
    const version = Object.values(files).map(stamp).join(" ");
    if (read?.version !== version) read = { ...readAll(files, env), version };
    return read;
  };
}

function readAll(files: SystemFiles, env: NodeJS.ProcessEnv): Omit<SystemNames, "version"> {
  const resolv = words(textOf(files.resolv), /[#;].*/);
  const options = resolv.filter(([key]) => key === "options").flatMap(([, ...values]) => values);
  const named = resolv.flatMap(([key, server]) => (key === "nameserver" && server !== undefined ? [server] : []));
  const servers = named.filter((server) => isIP(server) !== 0).slice(0, MAX_SERVERS);
  const option = (name: string, fallback: number, max: number) => {
    const digits = options.map((one) => new RegExp(`^${name}:(\\d{1,5})$`).exec(one)?.[1]).findLast(Boolean);
    return digits === undefined ? fallback : Math.min(Number(digits), max);
  };
  const timeoutS = Math.max(1, option("timeout", DEFAULT_TIMEOUT_S, 30));
  const attempts = Math.max(1, option("attempts", DEFAULT_ATTEMPTS, 5));
  const isFollowed = ENVIRONMENT.every((name) => env[name] === undefined) && options.every((one) => OPTIONS.test(one));
  let all: Map<string, string[]> | undefined;
  return {
    otherSources: isFollowed ? otherSources(textOf(files.nsswitch), named) : undefined,
    servers: servers.some((server) => server.includes("%")) ? [] : servers,
    search: searchOf(env["LOCALDOMAIN"], resolv).map((domain) => domain.replace(/^\.+|\.+$/g, "")),
    ndots: option("ndots", 1, 15),
    budgetMs: 1000 * timeoutS * attempts * Math.max(1, servers.length),
    prefersIPv4: words(textOf(files.gai), /#.*/).some(
      ([key, prefix, value]) => key === "precedence" && prefix === "::ffff:0:0/96" && Number(value) > 40,
    ),
    hosts(name) {
      all ??= readHosts(textOf(files.hosts));
      return all.get(name.toLowerCase());
    },
  };
}

/** The search list of resolv.conf(5): LOCALDOMAIN, the last `search` or `domain` line, or the domain of this machine's name. */
function searchOf(fromEnvironment: string | undefined, resolv: readonly string[][]): readonly string[] {
  if (fromEnvironment !== undefined) return fromEnvironment.split(/\s+/).filter((domain) => domain !== "");
  const line = resolv.findLast(([key, domain]) => (key === "search" || key === "domain") && domain !== undefined);
  if (line !== undefined) return line.slice(1, line[0] === "domain" ? 2 : undefined);
  const own = /^[^.]+\.(.+)$/.exec(hostname())?.[1];
  return own === undefined ? [] : [own];
}

/** Without the file or a hosts line: the hosts file, then DNS (nsswitch.conf(5), musl). */
function otherSources(nsswitch: string, servers: readonly string[]): readonly string[] | undefined {
  const line = /^[ \t]*hosts:(.*)$/m.exec(nsswitch.replaceAll(/#.*/g, ""))?.[1] ?? "files dns";
  if (line.replaceAll(USUAL_ACTIONS, "").includes("[")) return undefined;
  const sources = line
    .replaceAll(/\[[^\]]*\]/g, " ")
    .trim()
    .split(/\s+/);
  const [files, dns, resolved] = [sources.indexOf("files"), sources.indexOf("dns"), sources.indexOf("resolve")];
  const last = dns >= 0 ? dns : resolved;
  // systemd-resolved may use other servers than resolv.conf, unless resolv.conf names its stub, 127.0.0.53.
  if (resolved >= 0 && !servers.includes("127.0.0.53")) return undefined;
  if (files < 0 || last < files) return undefined;
  const others = sources.filter((source) => source !== "files" && source !== "dns");
  return others.every((source) => LOCAL_SOURCES.test(source)) ? others : undefined;
}

function readHosts(text: string): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const [address = "", ...names] of words(text, /#.*/)) {
    if (isIP(address) === 0 || address.includes("%")) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const known = all.get(key);
      if (known === undefined) all.set(key, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return all;
}

function words(text: string, comment: RegExp): string[][] {
  return text
    .split("\n")
    .map((line) => line.replace(comment, "").trim().split(/\s+/))
    .filter(([first]) => first !== "");
}

/** Returns the text of a file; an empty text if it cannot be read. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function stamp(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${ino}:${size}:${mtimeMs}`;
  } catch {
    return "-";
  }
}
