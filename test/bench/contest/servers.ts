// Starts and stops the servers of the benchmark: its own server, or nginx where it is installed.

import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../support/command.ts";
import { freePort, installed } from "../../support/network/servers.ts";

export type ServerName = "own" | "nginx";

export interface RunningServer {
  readonly name: ServerName;
  readonly port: number;
  /** The path of the authority's certificate. */
  readonly cacert?: string;
  close(): Promise<void>;
}

export async function ownServer(): Promise<RunningServer> {
  const child = fork(fileURLToPath(new URL("./server.js", import.meta.url)), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (message) => resolve(portIn(message)));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the benchmark's server ended before it began (exit ${code})`)));
  });
  return { name: "own", port, close: () => end(child) };
}

const CERTIFICATES = join(ROOT, "fixtures/tls");

/** The directives of nginx for TLS 1.3 and HTTP/2. */
const SECURE = {
  listen: " ssl http2",
  server: `ssl_protocols TLSv1.3; ssl_certificate ${CERTIFICATES}/good-cert.pem; ssl_certificate_key ${CERTIFICATES}/good-key.pem;`,
};

/**
 * Serves `/b/<bytes>/<anything>` for the given sizes from files in `folder`, which should be in memory; with `tls` over
 * TLS 1.3, by HTTP/2 for those who ask for it.
 */
export async function nginxServer(folder: string, sizes: readonly number[], tls = false): Promise<RunningServer> {
  const root = join(folder, "root");
  mkdirSync(root, { recursive: true });
  for (const bytes of sizes) writeFileSync(join(root, `${bytes}`), Buffer.alloc(bytes, "nginx "));
  const port = await freePort();
  const config = join(folder, "nginx.conf");
  writeFileSync(config, nginxConfig(folder, port, sizes, tls ? SECURE : { listen: "", server: "" }));
  const child = spawn(installed("nginx") ?? "nginx", ["-e", "stderr", "-p", folder, "-c", config], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const failed = new Promise<never>((_resolve, reject) => {
    child.once("error", (error) => reject(new Error(`nginx cannot be started: ${error.message}`)));
    child.once("exit", (code) => reject(new Error(`nginx ended before it began (exit ${code})`)));
  });
  // After nginx has answered, nothing waits for this promise, and its end is expected.
  failed.catch(() => {});
  await Promise.race([answers(port), failed]);
  return { name: "nginx", port, ...(tls && { cacert: `${CERTIFICATES}/ca-cert.pem` }), close: () => end(child) };
}

function nginxConfig(folder: string, port: number, sizes: readonly number[], how: typeof SECURE): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return [
    // As root, its worker would become a user that cannot enter the folder.
    process.getuid?.() === 0 ? "user root;" : "",
    "daemon off; worker_processes 1; error_log stderr;",
    `pid ${join(folder, "nginx.pid")};`,
    "events { worker_connections 8192; }",
    "http {",
    "  access_log off; sendfile on; tcp_nodelay on; default_type application/octet-stream; etag off;",
    "  keepalive_requests 1000000; open_file_cache max=100;",
    ...temporary.map((name) => `  ${name}_temp_path ${join(folder, name)};`),
    `  server { listen 127.0.0.1:${port}${how.listen} backlog=4096; listen [::1]:${port}${how.listen} backlog=4096;`,
    `    root ${join(folder, "root")}; ${how.server}`,
    ...sizes.map((bytes) => `    location /b/${bytes}/ { try_files /${bytes} =404; }`),
    "  }",
    "}",
    "",
  ].join("\n");
}

function portIn(message: unknown): number {
  if (typeof message === "object" && message !== null && "port" in message && typeof message.port === "number") {
    return message.port;
  }
  throw new Error("the benchmark's server did not tell its port");
}

async function answers(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return;
    } catch {
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
  throw new Error("nginx does not listen after 5 s");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
