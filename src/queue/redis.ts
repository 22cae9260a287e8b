// Connects to Redis or Valkey, and refuses a server that may lose or evict jobs without a word.

import type { Redis } from "ioredis";
import { OptionError } from "../core/errors.ts";
import { toUrl } from "../core/url/to-url.ts";
import { withoutUserinfo } from "../core/url/userinfo.ts";
import { installed } from "./packages.ts";

export type { Redis };

/** Oldest version that BullMQ recommends for production; Valkey began with 7.2. */
const MIN_VERSION = [6, 2] as const;

const DEFAULT_PORT = 6379;

/** How long the first connection may take, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Longest pause between two tries to connect again, in milliseconds. */
const MAX_RECONNECT_DELAY_MS = 2000;

/** `redis://`, `rediss://`, the same for Valkey, or `unix:` and a path. */
const ADDRESS = /^(?:(?:redis|valkey)s?:\/\/|unix:\/)/;

/** Connects, and checks the server. Rejects with an OptionError. `note`: prints a warning. */
export async function connectRedis(url: string, note: (text: string) => void): Promise<Redis> {
  if (/^postgres(?:ql)?:/i.test(url))
    throw new OptionError(
      `--queue ${withoutUserinfo(url)}: PostgreSQL cannot be the queue, since BullMQ may lose a chunk there that is tried again ` +
        `later (BullMQ issue 4814): use a Redis or Valkey, such as redis://host:6379`,
    );
  if (!ADDRESS.test(url))
    throw new OptionError(
      `--queue ${withoutUserinfo(url)}: is no address such as redis://host:6379/0 or unix:/run/redis.sock`,
    );
  const { Redis: Client } = installed<typeof import("ioredis")>("ioredis");
  let isReady = false;
  const options = {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: null, // commands wait for a server that restarts
    retryStrategy: (times: number) => (isReady ? Math.min(times * 100, MAX_RECONNECT_DELAY_MS) : null),
  };
  const redis = new Client({ ...options, ...addressOf(url) });
  let problem: Error | undefined;
  redis.on("error", (error) => {
    problem = error;
  });
  try {
    await redis.connect();
    isReady = true;
    const info = await redis.info();
    check(info, withoutUserinfo(url), note);
    return redis;
  } catch (error) {
    redis.disconnect();
    if (error instanceof OptionError) throw error;
    const { message } = problem ?? (error as Error);
    if (/^(?:NOAUTH|WRONGPASS)\b/.test(message))
      throw new OptionError(
        `--queue ${withoutUserinfo(url)}: needs ${message.startsWith("NOAUTH") ? "a" : "another user or"} password: ` +
          "write it before the host, as in any URL (in BULKGET_QUEUE, other users do not see it)",
      );
    throw new OptionError(`--queue ${withoutUserinfo(url)}: cannot be reached: ${message}`);
  }
}

/** The address as options: that of a socket, or of a host with database, user and password. */
function addressOf(url: string) {
  if (url.startsWith("unix:")) return { path: url.slice("unix:".length).replace(/^\/\/(?=\/)/, "") };
  const target = toUrl(url.replace(/^(?:redis|valkey)/, "http"));
  if (target === undefined) throw new OptionError(`--queue ${withoutUserinfo(url)}: is no URL`);
  const { hostname, port, username, password, pathname, protocol } = target;
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? DEFAULT_PORT : Number(port),
    db: Number(pathname.slice(1)) || 0,
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === "https:" ? { tls: {} } : {}),
  };
}

/** Throws an OptionError for a server that is too old or evicts keys; notes one that forgets when it crashes. */
export function check(info: string, name: string, note: (text: string) => void): void {
  const fields = new Map(info.split(/\r?\n/).map((line) => line.split(":", 2) as [string, string | undefined]));
  const version = fields.get("valkey_version") ?? fields.get("redis_version") ?? "";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1]))
    throw new OptionError(
      `--queue ${name}: is Redis ${version}: the queue needs Redis ${MIN_VERSION.join(".")} or Valkey`,
    );
  const policy = fields.get("maxmemory_policy") ?? "noeviction";
  if (policy !== "noeviction")
    throw new OptionError(
      `--queue ${name}: may drop jobs (maxmemory-policy is ${policy}): redis-cli CONFIG SET maxmemory-policy noeviction`,
    );
  if (fields.get("aof_enabled") === "0")
    note(`--queue ${name}: forgets its jobs when it crashes (appendonly is off): run bulkget enqueue again then`);
}
