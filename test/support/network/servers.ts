// Starts the installed nginx and Apache as real servers, each on a free port with its own folder.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Folder, temporaryFolder } from "../command.ts";

export interface SiteOptions {
  /** The folder to serve. It must be readable for the unprivileged user that Apache becomes when started as root. */
  readonly root: string;
  /** Paths of PEM files; with them the server accepts only TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Further options, of which Apache supports only `http2`. */
  readonly more?: NginxOptions;
}

export interface NginxOptions {
  /** Such as "TLSv1.2". */
  readonly protocols?: string;
  readonly http2?: boolean;
  /** The path of a PEM file with authorities, one of which must have signed the client's certificate. */
  readonly clientCa?: string;
  /** Closes every connection after its first response. */
  readonly oneEach?: boolean;
  /** Also listens at [::1], on the same port. */
  readonly ipv6?: boolean;
  /** Also listens at this Unix socket. */
  readonly unixSocket?: string;
}

export interface RunningServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, or https. */
  readonly origin: string;
  /** The access log so far. A line may be written a little after its response has arrived. */
  log(): string;
  /** Stops the server by SIGTERM, or by SIGKILL after 5 s, and removes its folder. */
  stop(): Promise<void>;
}

/** Differences between the servers. They write their pid to `pid` and the log to `access.log` in `folder`. */
export interface Kind {
  readonly program: string;
  /** A line for sh that execs the server, instead of a configuration file. */
  shell?(program: string, folder: string, port: number): string;
  args(folder: string, config: string): readonly string[];
  config(folder: string, port: number): readonly string[];
}

const APACHE_MODULES = "/usr/lib/apache2/modules"; // Debian's

export const AS_ROOT = process.getuid?.() === 0;
const MAX_STARTS = 5;
const START_MS = 10_000;
const STOP_MS = 5_000;

/** The path of an installed program, from PATH and /usr/sbin; undefined if there is none. */
export function installed(program: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""), "/usr/sbin"];
  return folders.map((folder) => join(folder, program)).find(executable);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts nginx with gzip. Its log lines end with the version of TLS and `r` for a resumed session. */
export async function nginx({ root, tls, more = {} }: SiteOptions): Promise<RunningServer> {
  const { protocols, http2, clientCa, oneEach, ipv6, unixSocket } = more;
  const how = `${tls === undefined ? "" : " ssl"}${http2 === true ? " http2" : ""}`;
  const kind: Kind = {
    program: "nginx",
    args: (folder, config) => ["-e", "stderr", "-p", folder, "-c", config],
    config: (folder, port) => [
      AS_ROOT ? "user root;" : "", // otherwise a worker cannot enter the folders of tests
      `daemon off; worker_processes 2; error_log stderr; pid ${folder}/pid;`,
      "events { worker_connections 1024; }",
      "http {",
      ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `  ${name}_temp_path ${folder}/${name};`),
      "  log_format all '$remote_addr \"$request\" $status $host $ssl_client_verify $ssl_protocol $ssl_session_reused';",
      `  access_log ${folder}/access.log all; sendfile on; default_type application/octet-stream;`,
      oneEach === true ? "  keepalive_timeout 0;" : "  keepalive_requests 1000;",
      "  types { text/html html; text/plain txt; text/csv csv; application/json json; image/png png; }",
      "  gzip on; gzip_vary on; gzip_min_length 20; gzip_types text/plain text/csv application/json;",
      "  server {",
      `    listen 127.0.0.1:${port}${how}; server_name localhost; root "${root}";`,
      ipv6 === true ? `    listen [::1]:${port}${how};` : "",
      unixSocket === undefined ? "" : `    listen unix:${unixSocket}${how};`,
      protocols === undefined ? "" : `    ssl_protocols ${protocols};`,
      clientCa === undefined ? "" : `    ssl_client_certificate "${clientCa}"; ssl_verify_client on;`,
      tls === undefined ? "" : `    ssl_certificate "${tls.cert}"; ssl_certificate_key "${tls.key}";`,
      "  }",
      "}",
    ],
  };
  return start(kind, tls === undefined ? "http" : "https");
}

/** Starts Apache, which closes a connection after ten responses and compresses text. */
export async function apache({ root, tls, more }: SiteOptions): Promise<RunningServer> {
  const kind: Kind = {
    program: "apache2",
    args: (folder, config) => ["-D", "FOREGROUND", "-d", folder, "-f", config],
    config: (folder, port) => [
      ...["mpm_event", "authz_core", "mime", "filter", "deflate", "ssl"].map(
        (name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`,
      ),
      more?.http2 === true ? `LoadModule http2_module ${APACHE_MODULES}/mod_http2.so\nProtocols h2 http/1.1` : "",
      AS_ROOT ? "User #65534\nGroup #65534" : "", // nobody: Apache refuses to serve as root
      `ServerName localhost\nListen 127.0.0.1:${port}\nPidFile ${folder}/pid\nDefaultRuntimeDir ${folder}`,
      `Mutex file:${folder}\nTypesConfig /dev/null\nErrorLog ${folder}/error.log`,
      `CustomLog ${folder}/access.log "%h %t \\"%r\\" %>s %b"`,
      "StartServers 1\nThreadsPerChild 64\nMaxRequestWorkers 128\nKeepAlive On\nMaxKeepAliveRequests 10",
      ...["text/html .html", "text/plain .txt", "text/csv .csv", "application/json .json", "image/png .png"].map(
        (type) => `AddType ${type}`,
      ),
      "AddOutputFilterByType DEFLATE text/html text/plain text/csv application/json",
      tls === undefined ? "" : `SSLEngine on\nSSLCertificateFile "${tls.cert}"\nSSLCertificateKeyFile "${tls.key}"`,
      `DocumentRoot "${root}"`,
    ],
  };
  return start(kind, tls === undefined ? "http" : "https");
}

/** Starts a server on a free port; tries another port where it fails, because another process may have taken the first. */
export async function start(kind: Kind, scheme: string): Promise<RunningServer> {
  const program = installed(kind.program);
  if (program === undefined) throw new Error(`${kind.program} is not installed`);
  let said = "";
  for (let starts = 0; starts < MAX_STARTS; starts++) {
    const port = await freePort();
    const folder = temporaryFolder();
    chmodSync(folder.path, 0o777); // a server that drops root writes its logs as another user
    const config = join(folder.path, "config");
    writeFileSync(config, `${kind.config(folder.path, port).join("\n")}\n`);
    const output = openSync(join(folder.path, "output"), "w");
    const line = kind.shell?.(program, folder.path, port);
    const [run, args] = line === undefined ? [program, kind.args(folder.path, config)] : ["sh", ["-c", line]];
    const child = spawn(run, args, { stdio: ["ignore", output, output] });
    closeSync(output);
    const server = running(child, folder, `${scheme}://127.0.0.1:${port}`, port);
    child.on("error", () => {}); // the server then never comes up, which is reported below
    if (await comesUp(child, folder, port)) return server;
    said = ["output", "error.log"].map((name) => textOf(join(folder.path, name))).join("");
    await server.stop();
  }
  throw new Error(`${kind.program} did not start, ${MAX_STARTS} times over: ${said.trim()}`);
}

/** Stops the server when the work has ended or failed. */
export async function during<T>(
  starting: Promise<RunningServer>,
  work: (server: RunningServer) => Promise<T>,
): Promise<T> {
  const server = await starting;
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

function running(child: ChildProcess, folder: Folder, origin: string, port: number): RunningServer {
  const killed = () => child.kill("SIGTERM");
  process.on("exit", killed); // for a test run that ends without its afterAll
  return {
    port,
    origin,
    log: () => textOf(join(folder.path, "access.log")),
    async stop() {
      process.off("exit", killed);
      if (!ended(child)) {
        const exit = once(child, "exit");
        const limit = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
        child.kill("SIGTERM");
        await exit;
        clearTimeout(limit);
      }
      folder.remove();
    },
  };
}

function ended(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Whether the server accepts connections in time. Its `pid` file distinguishes it from another process on the port. */
async function comesUp(child: ChildProcess, folder: Folder, port: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < START_MS && !ended(child); waitedMs += 20) {
    if (existsSync(join(folder.path, "pid")) && (await accepts(port))) return !ended(child);
    await sleep(20);
  }
  return false;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Returns a port of 127.0.0.1 that is free at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
