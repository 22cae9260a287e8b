// Real servers as peers for tests: nginx, Apache and squid as installed, each on a free port with a folder of its own.

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
import { type Folder, temporaryFolder } from "./command.ts";

export interface SiteOptions {
  /** The folder to serve. Apache started as root drops to a user without rights: that one must be able to read it. */
  readonly root: string;
  /** Paths of PEM files; with them the server speaks TLS only. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface RunningServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, or https. */
  readonly origin: string;
  /** The access log so far. Servers may write a line a little after its answer has arrived. */
  log(): string;
  /** Ends it by SIGTERM, or by SIGKILL after 5 s, and removes its folder. */
  stop(): Promise<void>;
}

/** What differs between the servers. `folder` is theirs: the process id goes into `pid` there, the log into `access.log`. */
interface Kind {
  readonly program: string;
  args(folder: string, config: string): readonly string[];
  config(folder: string, port: number): readonly string[];
}

const APACHE_MODULES = "/usr/lib/apache2/modules"; // Debian's

const AS_ROOT = process.getuid?.() === 0;
const MAX_STARTS = 5;
const START_MS = 10_000;
const STOP_MS = 5_000;

/** Where a program is, in PATH or in /usr/sbin, which is not in everybody's PATH; undefined where it is not. */
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

/** nginx, which compresses what it can for those who ask for it. */
export async function nginx({ root, tls }: SiteOptions): Promise<RunningServer> {
  const kind: Kind = {
    program: "nginx",
    args: (folder, config) => ["-e", "stderr", "-p", folder, "-c", config],
    config: (folder, port) => [
      AS_ROOT ? "user root;" : "", // else a worker may not enter the folders of tests
      `daemon off; worker_processes 2; error_log stderr; pid ${folder}/pid;`,
      "events { worker_connections 1024; }",
      "http {",
      ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `  ${name}_temp_path ${folder}/${name};`),
      `  access_log ${folder}/access.log; sendfile on; keepalive_requests 1000; default_type application/octet-stream;`,
      "  types { text/html html; text/plain txt; text/csv csv; application/json json; image/png png; }",
      "  gzip on; gzip_vary on; gzip_min_length 20; gzip_types text/plain text/csv application/json;",
      "  server {",
      `    listen 127.0.0.1:${port}${tls === undefined ? "" : " ssl"}; server_name localhost; root "${root}";`,
      tls === undefined ? "" : `    ssl_certificate "${tls.cert}"; ssl_certificate_key "${tls.key}";`,
      "  }",
      "}",
    ],
  };
  return start(kind, tls === undefined ? "http" : "https");
}

/** Apache, which ends a connection after every tenth answer and compresses text for those who ask for it. */
export async function apache({ root, tls }: SiteOptions): Promise<RunningServer> {
  const kind: Kind = {
    program: "apache2",
    args: (folder, config) => ["-D", "FOREGROUND", "-d", folder, "-f", config],
    config: (folder, port) => [
      ...["mpm_event", "authz_core", "mime", "filter", "deflate", "ssl"].map(
        (name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`,
      ),
      AS_ROOT ? "User #65534\nGroup #65534" : "", // nobody: it refuses to serve as root
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

/** squid, a proxy that forwards and stores nothing, and tunnels to any port. */
export async function squid(): Promise<RunningServer> {
  const kind: Kind = {
    program: "squid",
    args: (_, config) => ["-N", "-f", config],
    config: (folder, port) => [
      AS_ROOT ? "cache_effective_user nobody" : "", // it refuses to stay root
      `http_port 127.0.0.1:${port}\nvisible_hostname localhost\npid_filename ${folder}/pid\ncoredump_dir ${folder}`,
      `access_log stdio:${folder}/access.log\ncache_log ${folder}/error.log\ncache_store_log none`,
      "http_access allow all\ncache deny all\ncache_mem 8 MB\nmemory_cache_shared off\npinger_enable off",
      "max_filedescriptors 4096\nshutdown_lifetime 0 seconds",
    ],
  };
  return start(kind, "http");
}

/** Starts a server on a free port; on another one where it could not, for somebody else may have been faster. */
async function start(kind: Kind, scheme: string): Promise<RunningServer> {
  const program = installed(kind.program);
  if (program === undefined) throw new Error(`${kind.program} is not installed`);
  let said = "";
  for (let starts = 0; starts < MAX_STARTS; starts++) {
    const port = await freePort();
    const folder = temporaryFolder();
    chmodSync(folder.path, 0o777); // a server that drops from root writes its logs as somebody else
    const config = join(folder.path, "config");
    writeFileSync(config, `${kind.config(folder.path, port).join("\n")}\n`);
    const output = openSync(join(folder.path, "output"), "w");
    const child = spawn(program, kind.args(folder.path, config), { stdio: ["ignore", output, output] });
    closeSync(output);
    const server = running(child, folder, `${scheme}://127.0.0.1:${port}`, port);
    child.on("error", () => {}); // it then never comes up, and what is missing is said below
    if (await comesUp(child, folder, port)) return server;
    said = ["output", "error.log"].map((name) => textOf(join(folder.path, name))).join("");
    await server.stop();
  }
  throw new Error(`${kind.program} did not start, ${MAX_STARTS} times over: ${said.trim()}`);
}

function running(child: ChildProcess, folder: Folder, origin: string, port: number): RunningServer {
  const killed = () => child.kill("SIGTERM");
  process.on("exit", killed); // of a test run that ends without its afterAll
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

/** Whether it accepts connections in time. Its `pid` tells it from somebody else who took the port. */
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

async function freePort(): Promise<number> {
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
