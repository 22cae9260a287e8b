// --metrics of real runs: on a port and in a file, finished, stopped, killed, resumed, with workers and with -c auto.

import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { METRICS } from "../../../src/report/metrics/families.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { commandUnderWay, graceOf } from "../../support/process/under-way.ts";
import { gate, host } from "../../support/rude/host.ts";
import { status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
const PATIENT = { timeout: 20_000 };

const prom = () => readFileSync(folder.at("m.prom"), "utf8");

/** The value of a sample, whose labels contain these. */
function valueIn(text: string, name: string, labels = ""): number | undefined {
  const found = text.split("\n").find((line) => /^\w+/.exec(line)?.[0] === name && line.includes(labels));
  return found === undefined ? undefined : Number(found.slice(found.lastIndexOf(" ") + 1));
}

const value = (name: string, labels?: string) => valueIn(prom(), name, labels);

describe("--metrics with a port", () => {
  it("shows a run that is under way, ends with it, and does not delay its end", async () => {
    const held = gate();
    const slow = own(
      await host((response, { path }) => {
        if (path === "/1") response.end("x");
        else held.pass(() => response.end("yy"));
      }),
    );
    folder.list(["/1", "/2", "/3"].map((path) => slow.origin + path));
    const running = commandUnderWay(["urls.txt", "-c", "7", "--metrics", "0"], folder.path);
    await expect.poll(() => held.waiting, PATIENT).toBe(2);
    const url = /metrics: (http:\/\/127\.0\.0\.1:\d+\/metrics)/.exec(running.stderr())?.[1] ?? "";
    const text = async () => await (await fetch(url)).text(); // its connection stays open
    await expect.poll(async () => valueIn(await text(), "bulkget_urls_total", "saved"), PATIENT).toBe(1);
    const shown = await text();
    const names = ["in_flight", "concurrency", "list_urls", "stored_bytes_total", "exit_code"];
    expect(names.map((name) => valueIn(shown, `bulkget_${name}`))).toEqual([2, 7, 3, 1, undefined]);
    expect(shown).not.toContain("file=");
    const beganMs = performance.now();
    held.open();
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(performance.now() - beganMs).toBeLessThan(8000); // connections are idle for 10 s
    await expect(fetch(url)).rejects.toThrow();
  });

  it("that is in use ends the command before anything is requested", async () => {
    const other = createServer();
    own({ close: () => void other.close() });
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    folder.list([server.url("/1")]);
    const { code, stderr } = await folder.run(["urls.txt", "--metrics", String(port), "--report", "r.jsonl"]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        new RegExp(`--metrics 127\\.0\\.0\\.1:${port}: cannot listen: .*EADDRINUSE.*; name another port\n$`),
      ),
    ]);
    expect([server.asked(), existsSync(folder.at("r.jsonl")), existsSync(folder.at("downloads/runs.jsonl"))]).toEqual([
      [],
      false,
      false,
    ]);
  });
});

describe("--metrics with a file", () => {
  const NINE = () => Array.from({ length: 9 }, (_, i) => server.url(`/${i}`));

  it.each([
    ["-c", "3"],
    ["-c", "auto"],
    ["--workers", "2"],
  ])("has the numbers of a whole run with %s %s", async (...more) => {
    server.answers.set("/4", status(404));
    folder.list(NINE());
    const { code, stderr } = await folder.runProcess(["urls.txt", "-q", "--metrics", "m.prom", ...more]);
    expect([code, stderr]).toEqual([1, ""]);
    const numbers = [
      value("bulkget_urls_total", "saved"),
      value("bulkget_urls_total", "failed"),
      value("bulkget_failures_total", 'error="http_status",status="404"'),
      value("bulkget_url_duration_seconds_count"),
      value("bulkget_url_duration_seconds_bucket", "+Inf"),
      value("bulkget_in_flight"),
      value("bulkget_list_urls"),
      value("bulkget_exit_code"),
      value("bulkget_last_success_timestamp_seconds"),
    ];
    expect(numbers).toEqual([8, 1, 1, 9, 9, 0, 9, 1, undefined]);
    expect(value("bulkget_received_bytes_total")).toBeGreaterThanOrEqual(
      value("bulkget_stored_bytes_total") ?? Number.NaN,
    );
    expect(value("bulkget_stored_bytes_total")).toBeGreaterThan(0);
    expect(value("bulkget_url_duration_seconds_sum")).toBeGreaterThan(0);
    expect(Math.abs(Date.now() / 1000 - (value("bulkget_run_start_timestamp_seconds") ?? 0))).toBeLessThan(60);
  });

  it("has every metric, once there is something to show", async () => {
    server.answers.set("/4", status(404));
    folder.list(NINE());
    const { code } = await folder.run(["urls.txt", "-q", "--metrics", "m.prom", "--fail-on", "never"]);
    expect(code).toBe(0);
    const written = [...prom().matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => ({ name, type }));
    expect(written).toEqual(METRICS.map(({ name, type }) => ({ name, type })));
  });

  it("counts this run alone where it resumes, and takes the last success of the folder", async () => {
    folder.list(NINE().slice(0, 4));
    await folder.run(["urls.txt", "-q"]); // without --metrics: runs.jsonl has it
    server.answers.set("/4", status(404));
    folder.list(NINE());
    await folder.run(["urls.txt", "-q", "--metrics", "m.prom"]);
    expect([value("bulkget_urls_total", "saved"), value("bulkget_list_urls"), value("bulkget_exit_code")]).toEqual([
      4, 5, 1,
    ]);
    const success = value("bulkget_last_success_timestamp_seconds") ?? 0;
    expect(success).toBeGreaterThan(Date.now() / 1000 - 60);
    expect(success).toBeLessThan(value("bulkget_run_start_timestamp_seconds") ?? 0);
  });

  it.each([
    ["SIGKILL", undefined, []],
    ["SIGINT", 130, []],
    ["SIGTERM", 143, []],
    [undefined, 4, ["--deadline", "500ms"]],
  ] as const)("has after %s the exit code %s", async (signal, exitCode, more) => {
    const slow = own(await host((response, { path }) => void (path === "/1" && response.end("x"))));
    folder.list([`${slow.origin}/1`, `${slow.origin}/2`]);
    const running = commandUnderWay(["urls.txt", "-q", "--metrics", "m.prom", ...more], folder.path, graceOf(100));
    if (signal !== undefined) {
      await expect.poll(() => slow.asked.length, PATIENT).toBe(2);
      running.kill(signal);
    }
    await running.ended;
    expect([value("bulkget_exit_code"), value("bulkget_build_info")]).toEqual([exitCode, 1]);
    if (exitCode !== undefined) expect(value("bulkget_urls_total", "saved")).toBe(1);
  });

  it("that is another program's ends the command with 2; so does that of --report", async () => {
    folder.list([server.url("/1")]);
    writeFileSync(folder.at("m.prom"), "mine");
    const foreign = await folder.run(["urls.txt", "--metrics", "m.prom"]);
    expect([foreign.code, foreign.stderr]).toEqual([
      2,
      expect.stringContaining("--metrics m.prom: exists and is no file of bulkget's metrics; name another file"),
    ]);
    expect(prom()).toBe("mine");
    const same = await folder.run(["urls.txt", "--metrics", "r.prom", "--report", "./r.prom"]);
    expect([same.code, same.stderr]).toEqual([2, expect.stringContaining("is the file of --report as well")]);
    expect(server.asked()).toEqual([]);
  });

  it("is not changed by a run that is refused", async () => {
    folder.list([server.url("/1")]);
    await folder.run(["urls.txt", "-q", "--metrics", "m.prom"]);
    const before = prom();
    const { code } = await folder.run(["missing.txt", "-q", "--metrics", "m.prom"]);
    expect([code, prom()]).toEqual([2, before]);
  });

  it("is refused without .prom at its end", async () => {
    folder.list([server.url("/1")]);
    const { code, stderr } = await folder.run(["urls.txt", "--metrics", "m.txt"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("'m.txt' is not a port such as 9100")]);
  });
});
