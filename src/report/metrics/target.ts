// Where metrics go: a port on an address of this machine, or a file for node-exporter's textfile collector.

export type MetricsTarget = { readonly host: string; readonly port: number } | { readonly file: string };

/** Only this machine reaches a port on it. */
const LOOPBACK = "127.0.0.1";

const MAX_PORT = 65_535;

/** Parses `9100`, `host:9100`, `[::1]:9100` or a path that ends in `.prom`; undefined for anything else. */
export function parseMetricsTarget(text: string): MetricsTarget | undefined {
  if (text.endsWith(".prom")) return { file: text };
  const [, v6, name, digits] = /^(?:(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([\w.-]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits ?? Number.NaN);
  return port <= MAX_PORT ? { host: v6 ?? name ?? LOOPBACK, port } : undefined;
}

/** `http://127.0.0.1:9100/metrics` */
export function metricsUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}/metrics`;
}
