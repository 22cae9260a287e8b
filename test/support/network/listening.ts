// The addresses at which the ports of a server listen, as the kernel has them.

import { readFileSync } from "node:fs";

/** Returns the addresses of listening sockets with these ports, in hexadecimal digits: `0100007F` is 127.0.0.1. */
export function listeningAt(ports: readonly number[]): readonly string[] {
  const sockets = ["/proc/net/tcp", "/proc/net/tcp6"].map((file) => readFileSync(file, "utf8")).join("");
  return [...sockets.matchAll(/^ *\d+: ([\dA-F]+):([\dA-F]{4}) 0+:0+ 0A /gm)]
    .filter(([, , port = ""]) => ports.includes(Number.parseInt(port, 16)))
    .map(([, address = ""]) => address);
}
