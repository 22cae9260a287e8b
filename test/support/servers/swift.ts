// Starts an OpenStack Swift with the S3 interface on 127.0.0.1 (swift.sh), and reads its buckets with other programs.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanEnv, ROOT } from "../command.ts";
import { installed } from "../network/servers.ts";
import { NO_CREDENTIALS } from "./store-env.ts";

export interface Swift {
  /** The environment of a run into it. */
  readonly env: Readonly<Record<string, string>>;
  /** The ports of all its servers. */
  readonly ports: readonly number[];
  /** Runs rclone to its end, and returns its standard output. `:s3:bucket/key` is an object. Throws where it fails. */
  rclone(...args: readonly string[]): string;
  /** The same with s3cmd and `s3://bucket/key`. */
  s3cmd(...args: readonly string[]): string;
  close(): Promise<void>;
}

const KINDS = ["proxy", "account", "container", "object"];
const PROGRAMS = [...KINDS.map((kind) => `swift-${kind}-server`), "memcached", "rclone", "s3cmd"];

/** Swift keeps what it knows of an object in extended attributes. */
const CAN_STORE = `import os, swift, sys, tempfile
with tempfile.NamedTemporaryFile(dir=sys.argv[1]) as file: os.setxattr(file.name, "user.test", b"1")`;

/** Whether a Swift can be started; where it cannot, this is said. */
export const HAS_SWIFT =
  PROGRAMS.every((program) => installed(program) !== undefined) &&
  spawnSync("/usr/bin/python3", ["-c", CAN_STORE, tmpdir()]).status === 0;
if (!HAS_SWIFT)
  console.warn(
    "SKIPPED: no test with a Swift, which needs Debian's swift-proxy, -account, -container and -object, memcached, rclone, s3cmd, and extended attributes in the folder for temporary files",
  );

/** Maximum number of starts: a port may be taken between its choice and its use. */
const MAX_STARTS = 3;

/** Starts a Swift whose configuration and data are in a new folder of this one. */
export async function swift(folder: string): Promise<Swift> {
  for (let starts = 1; ; starts++) {
    const started = await startIn(join(folder, `swift-${starts}`));
    if ("env" in started) return started;
    if (starts === MAX_STARTS) throw new Error(`no Swift: ${started.problem}`);
  }
}

const READY = 'echo "$AWS_ENDPOINT_URL_S3 $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $SWIFT_PORTS"; cat';

async function startIn(folder: string): Promise<Swift | { readonly problem: string }> {
  const script = join(ROOT, "test/support/servers/swift.sh");
  // `cat` ends when its standard input does, also with this process.
  const child = spawn("bash", [script, folder, "bash", "-c", READY], { env: cleanEnv() });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const closed = once(child, "close");
  const [first] = await Promise.race([once(child.stdout, "data"), closed]);
  const [url = "", id = "", secret = "", ...ports] = String(first).trim().split(" ");
  if (!url.startsWith("http:")) return { problem: stderr };
  const keys = { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret };
  const { AWS_CA_BUNDLE: _, ...others } = cleanEnv(keys); // rclone does not start with it
  const run = (program: string, args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(program, args, { env: others, encoding: "utf8" });
    if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const host = new URL(url).host;
  return {
    env: { ...NO_CREDENTIALS, ...keys, AWS_ENDPOINT_URL_S3: url },
    ports: ports.map(Number),
    rclone: (...args) => run("rclone", [...RCLONE, "--s3-endpoint", url, ...args]),
    s3cmd: (...args) => run("s3cmd", [...S3CMD, `--host=${host}`, `--host-bucket=${host}`, ...args]),
    async close() {
      child.stdin.end();
      await closed;
    },
  };
}

const RCLONE = ["--config", "/dev/null", "--s3-provider", "Other", "--s3-env-auth", "--retries", "2"];
const S3CMD = ["--config=/dev/null", "--no-ssl", "--no-progress", "--quiet"];
