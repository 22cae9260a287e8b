// Options of the network: proxies, addresses, sockets and TLS.

import { FILE, FLAG, PEM, type Rows, TEXT } from "../row.ts";

export const NETWORK = {
  proxy: {
    ...TEXT,
    flags: "-x, --proxy <url>",
    summary: "HTTP or SOCKS5 proxy",
    details: `
      Proxy for all requests: "http://", "https://", "socks5://" (names are resolved here) or "socks5h://" (by the proxy), with
      "user:password@" if needed. An empty value uses none. The default are the variables "http_proxy", "https_proxy", "all_proxy"
      and "no_proxy", which are read as curl reads them.`,
    isSecret: true,
    otherwise: "environment",
  },
  publicOnly: {
    ...FLAG,
    flags: "--public-only",
    summary: "refuse private, local and reserved addresses",
    details: `
      Connects to addresses of the public internet only, redirects included: for lists from strangers. Private, loopback,
      link-local, carrier-grade NAT, multicast and reserved addresses and those of this machine fail as "blocked_address". The
      address that is checked is the one that is connected to. A proxy that resolves names itself cannot be checked that way.`,
  },
  resolve: {
    type: "texts",
    flags: "--resolve <host:port:ip>",
    summary: "address of a host, instead of DNS (repeatable)",
    details: `
      Uses this address for a host and port instead of asking DNS: "example.org:443:192.0.2.1", several addresses separated by
      commas. As in curl, "*" stands for every host, "+" in front keeps the entry for a minute only, and "-host:port" removes an
      entry. May be repeated; the variable takes one entry per line.`,
    noun: "an entry host:port:address[,address]",
    least: 1,
    most: TEXT.most,
    default: [],
  },
  unixSocket: {
    ...FILE,
    flags: "--unix-socket <path>",
    summary: "connect to this socket, whatever the host",
    details: `
      Connects to this Unix domain socket for every URL, whatever its host, without any proxy.`,
    noun: "socket",
  },
  insecure: {
    ...FLAG,
    flags: "-k, --insecure",
    summary: "accept any certificate",
    details: `
      Does not verify the certificates of servers. Anyone on the way can read and change what is fetched.`,
  },
  ca: {
    ...PEM,
    flags: "--cacert <file>",
    summary: "trust only these CA certificates (PEM)",
    details: `
      File with the certificates to trust, in PEM form, instead of the built-in ones. The library takes the PEM text itself.`,
    pem: "CERTIFICATE",
    otherwise: "those of Node",
  },
  cert: {
    ...PEM,
    flags: "--cert <file>",
    summary: "client certificate (PEM) for the list's servers",
    details: `
      File with a client certificate in PEM form, shown to servers that the list names, but not after a redirect to another one. The
      library takes the PEM text itself.`,
    pem: "CERTIFICATE",
  },
  key: {
    ...PEM,
    flags: "--key <file>",
    summary: "its private key, if not in the same file",
    details: `
      File with the private key of --cert, in PEM form and without a passphrase. The library takes the PEM text itself.`,
    pem: "PRIVATE KEY",
  },
} as const satisfies Rows;
