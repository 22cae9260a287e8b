// A lack of file descriptors is a failure of this machine and not of the URL, whichever error the system reports.

import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fdExhaustion } from "../../src/core/fd-exhaustion.ts";
import { unmaskFdExhaustion } from "../../src/http/connect/dns/resolve.ts";
import { proxyRules } from "../../src/http/connect/proxy.ts";
import { collect, testGet } from "../support/get.ts";
import { installed } from "../support/network/servers.ts";
import { ownRudeServer } from "../support/own.ts";
import { body } from "../support/rude.ts";

const failing = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe("the failure of a connection", () => {
  it.each(["EMFILE", "ENFILE"])(
    "is marked as a lack of file descriptors for %s, even of one address among several",
    (code) => {
      const expected = { error: "connect_failed", detail: `connect ${code}`, fdsExhausted: true };
      expect(fdExhaustion(failing(code))).toEqual(expected);
      expect(fdExhaustion(new AggregateError([failing(code), failing("ECONNREFUSED")]))).toEqual(expected);
    },
  );

  it("is not marked as a lack of file descriptors for any other error", () => {
    for (const error of [
      failing("ECONNREFUSED"),
      new AggregateError([failing("ENOTFOUND")]),
      new Error("EMFILE"),
      null,
    ]) {
      expect(fdExhaustion(error)).toBeUndefined();
    }
  });
});

const prlimit = installed("prlimit");

describe.skipIf(prlimit === undefined)("a process without a free file descriptor", () => {
  const server = ownRudeServer();
  const held: number[] = [];
  const limit = (...how: string[]) =>
    execFileSync(prlimit ?? "", ["--pid", String(process.pid), ...how], { encoding: "utf8" });
  const [before = ""] = limitNow();
  function limitNow(): string[] {
    return prlimit === undefined ? [] : limit("--nofile", "--output=SOFT", "--noheadings").trim().split("\n");
  }

  beforeEach(() => {
    // Enough for the open ones, and soon exhausted.
    limit("--nofile=500:");
  });
  afterEach(() => {
    release();
    limit(`--nofile=${before.trim()}:`);
  });
  const release = () => {
    for (const fd of held.splice(0)) closeSync(fd);
  };
  const exhaust = () => {
    for (;;) {
      try {
        held.push(openSync(devNull, "r"));
      } catch (error) {
        expect(error).toMatchObject({ code: "EMFILE" });
        return;
      }
    }
  };

  it.each([
    ["an address", "http://127.0.0.1:1/", ""],
    ["TLS", "https://127.0.0.1:1/", ""],
    ["a name with several addresses", "http://localhost:1/", ""],
    ["a name that must be looked up", "http://no-such-name.invalid/", ""],
    ["a proxy", "http://example.invalid/", "http://127.0.0.1:1"],
  ])("reports a connection to %s as failed for lack of file descriptors", async (_, url, proxy) => {
    const get = testGet({ proxyFor: proxyRules(proxy, {}) });
    exhaust();
    const failure = await get.fetch(new URL(url));
    release();
    expect(failure).toMatchObject({ error: "connect_failed", fdsExhausted: true });
    expect(await collect(await get.fetch(new URL(server.url("/ok"))))).toEqual(
      proxy === "" ? body(100) : expect.anything(),
    );
    const later = await get.fetch(new URL(url));
    expect(later).toHaveProperty("error");
    expect(later).not.toHaveProperty("fdsExhausted");
    get.close();
  });

  it.each(["ENOTFOUND", "EAI_AGAIN", "EAI_SYSTEM"])("reports EMFILE instead of a look-up's %s", (code) => {
    const error = failing(code);
    exhaust();
    const instead = unmaskFdExhaustion(error);
    release();
    expect(instead).toMatchObject({ code: "EMFILE" });
    expect(unmaskFdExhaustion(error)).toBe(error);
  });
});
