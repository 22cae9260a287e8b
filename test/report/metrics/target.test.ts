// Where metrics go: ports, hosts with ports, and files that end in .prom.

import { describe, expect, it } from "vitest";
import { metricsUrl, parseMetricsTarget } from "../../../src/report/metrics/target.ts";

describe("the value of --metrics", () => {
  it.each([
    ["9100", "http://127.0.0.1:9100/metrics"],
    ["0", "http://127.0.0.1:0/metrics"],
    ["0.0.0.0:9100", "http://0.0.0.0:9100/metrics"],
    ["host-1.example:80", "http://host-1.example:80/metrics"],
    ["[::1]:9100", "http://[::1]:9100/metrics"],
    ["[fe80::1%eth0]:9100", "http://[fe80::1%eth0]:9100/metrics"],
  ])("%s is a port", (text, url) => {
    const target = parseMetricsTarget(text);
    expect(target && "port" in target ? metricsUrl(target) : target).toBe(url);
  });

  it.each(["a.prom", "/var/lib/x/a.prom", "9100.prom", "host:9100.prom", ".prom"])("%s is a file", (file) => {
    expect(parseMetricsTarget(file)).toEqual({ file });
  });

  it.each([
    "",
    ":9100",
    "9100 ",
    "65536",
    "-1",
    "1.5",
    "::1:9100",
    "[::1]",
    "host:",
    "host",
    "a.txt",
    "http://h:1",
    "h:1/metrics",
    "[x]:1",
  ])("%j is neither", (text) => {
    expect(parseMetricsTarget(text)).toBeUndefined();
  });
});
