// The resolver: shared look-ups, the cache, localhost and --resolve without a look-up, and --public-only.

import { describe, expect, it, vi } from "vitest";
import type { Lookup } from "../../../../src/http/connect/dns/getaddrinfo.ts";
import {
  blockedAddress,
  type ResolveOptions,
  type Resolver,
  resolver,
} from "../../../../src/http/connect/dns/resolve.ts";
import { resolveOverrides } from "../../../../src/http/connect/dns/resolve-overrides.ts";

const at = (...addresses: string[]) => addresses.map((address) => ({ address }));

/** A resolver whose look-ups the test answers. */
function asked(options: ResolveOptions = {}) {
  const waiting: { readonly host: string; readonly answer: Parameters<Lookup>[2] }[] = [];
  const lookup: Lookup = (host, _, answer) => void waiting.push({ host, answer });
  const names = resolver({ lookup, ...options });
  const all: string[] = [];
  return {
    names,
    all,
    answer(error: NodeJS.ErrnoException | null, ...addresses: string[]) {
      const next = waiting.shift();
      if (next === undefined) expect.unreachable("nobody has asked");
      all.push(next.host);
      next.answer(error, at(...addresses));
    },
    waiting,
  };
}

const find = (names: Resolver, host: string, { port = 80, isTarget = true } = {}) =>
  new Promise<readonly string[]>((resolve, reject) => {
    names.find(host, port, isTarget, {
      done: (error, addresses) => (error === null ? resolve(addresses) : reject(error)),
    });
  });

describe("a name", () => {
  it("is looked up once for all callers, and then cached", async () => {
    const { names, answer, waiting } = asked();
    const all = [find(names, "a.test"), find(names, "a.test", { port: 443 }), find(names, "b.test")];
    expect(waiting.map(({ host }) => host)).toEqual(["a.test", "b.test"]);
    answer(null, "127.0.0.1", "::1", "127.0.0.1");
    answer(null, "127.0.0.2");
    expect(await Promise.all(all)).toEqual([["127.0.0.1", "::1"], ["127.0.0.1", "::1"], ["127.0.0.2"]]);
    expect(await find(names, "a.test")).toEqual(["127.0.0.1", "::1"]);
    expect(waiting).toEqual([]);
  });

  it("with thousands of addresses is cached with 256", async () => {
    const { names, answer } = asked();
    const all = find(names, "a.test");
    answer(null, ...Array.from({ length: 4000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`));
    expect(await all).toHaveLength(256);
    expect(await find(names, "a.test")).toHaveLength(256);
  });

  it("is looked up again after a minute", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const { names, answer, waiting } = asked();
      const first = find(names, "a.test");
      answer(null, "127.0.0.1");
      await first;
      vi.advanceTimersByTime(59_999);
      await find(names, "a.test");
      vi.advanceTimersByTime(1);
      const second = find(names, "a.test");
      expect(waiting).toHaveLength(1);
      answer(null, "127.0.0.2");
      expect(await second).toEqual(["127.0.0.2"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("keeps the addresses of a later look-up when an earlier one, older than a minute, fails", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const { names, answer, waiting } = asked();
      const failing = Object.assign(new Error("queryA ETIMEOUT"), { code: "ETIMEOUT" });
      const early = find(names, "a.test");
      const [asking] = waiting.splice(0);
      vi.advanceTimersByTime(60_000);
      const late = find(names, "a.test");
      answer(null, "127.0.0.2");
      await late;
      asking?.answer(failing, []);
      await expect(early).rejects.toBe(failing);
      expect(await find(names, "a.test")).toEqual(["127.0.0.2"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is looked up again after a failure, and after none of its addresses could be connected to", async () => {
    const { names, answer, all } = asked();
    const failing = Object.assign(new Error("queryA ESERVFAIL"), { code: "ESERVFAIL" });
    const first = find(names, "a.test");
    answer(failing);
    await expect(first).rejects.toBe(failing);
    const second = find(names, "a.test");
    answer(null, "127.0.0.1");
    await second;
    names.forget("a.test");
    const third = find(names, "a.test");
    answer(null, "127.0.0.2");
    expect(await third).toEqual(["127.0.0.2"]);
    expect(all).toEqual(["a.test", "a.test", "a.test"]);
  });

  it("that does not exist is cached as absent for five minutes after two look-ups; other failures are not cached", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const { names, answer, waiting, all } = asked();
      const absent = Object.assign(new Error("queryA ENOTFOUND"), { code: "ENOTFOUND" });
      for (let lookups = 0; lookups < 2; lookups++) {
        const found = find(names, "a.test");
        answer(absent);
        await expect(found).rejects.toBe(absent);
      }
      for (let i = 0; i < 100; i++)
        await expect(find(names, "a.test")).rejects.toMatchObject({ code: "ENOTFOUND", isFinal: true });
      expect([all, waiting]).toEqual([["a.test", "a.test"], []]);
      vi.advanceTimersByTime(300_000);
      const later = find(names, "a.test");
      answer(null, "127.0.0.1");
      expect(await later).toEqual(["127.0.0.1"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("has the address first that could be connected to", async () => {
    const { names, answer } = asked();
    const first = find(names, "a.test");
    answer(null, "127.0.0.1", "127.0.0.2", "127.0.0.3");
    await first;
    names.prefer("a.test", "127.0.0.3");
    names.prefer("nobody.test", "127.0.0.3");
    expect(await find(names, "a.test")).toEqual(["127.0.0.3", "127.0.0.1", "127.0.0.2"]);
  });

  it("is one of at most 10,000 cached names", async () => {
    let count = 0;
    const names = resolver({ lookup: (_host, _how, done) => done(null, at(`127.0.${count >> 8}.${count++ & 255}`)) });
    for (let i = 0; i <= 10_000; i++) await find(names, `h${i}.test`);
    expect(count).toBe(10_001);
    await find(names, "h5000.test");
    expect(count).toBe(10_001);
    await find(names, "h0.test");
    expect(count).toBe(10_002);
  });

  it.each(["127.0.0.1", "::1", "localhost", "localhost.", "x.localhost", "LOCALHOST"])(
    "%s needs no look-up",
    async (host) => {
      const { names } = asked();
      expect(await find(names, host)).toContain(host.includes(":") ? "::1" : "127.0.0.1");
    },
  );

  it("given by --resolve needs no look-up, nor does an address", async () => {
    const overrides = resolveOverrides(["a.test:80:127.0.0.7", "9.9.9.9:80:127.0.0.8", "localhost:81:127.0.0.9"]);
    const { names } = asked(overrides === undefined ? {} : { overrides });
    expect(await find(names, "a.test")).toEqual(["127.0.0.7"]);
    expect(await find(names, "9.9.9.9")).toEqual(["127.0.0.8"]);
    expect(await find(names, "localhost", { port: 81 })).toEqual(["127.0.0.9"]);
    expect(await find(names, "localhost")).toEqual(["127.0.0.1", "::1"]);
  });
});

describe("with --public-only", () => {
  it("only the public addresses of a name are returned, in their order", async () => {
    const { names, answer } = asked({ publicOnly: true });
    const first = find(names, "both.test");
    answer(null, "10.0.0.1", "9.9.9.9", "::1", "2620:fe::fe", "::ffff:127.0.0.1", "169.254.169.254");
    expect(await first).toEqual(["9.9.9.9", "2620:fe::fe"]);
  });

  it("a name that becomes private after a public answer is refused then", async () => {
    const { names, answer } = asked({ publicOnly: true });
    const first = find(names, "rebinding.test");
    answer(null, "9.9.9.9");
    expect(await first).toEqual(["9.9.9.9"]);
    names.forget("rebinding.test");
    const second = find(names, "rebinding.test");
    answer(null, "127.0.0.1");
    await expect(second).rejects.toMatchObject({
      code: "BULKGET_BLOCKED",
      message: "rebinding.test is 127.0.0.1: not a public address",
    });
  });

  it.each(["127.0.0.1", "::1", "::ffff:7f00:1", "localhost", "a.localhost.", "10.1.2.3"])(
    "%s is refused",
    async (host) => {
      const { names } = asked({ publicOnly: true });
      await expect(find(names, host)).rejects.toMatchObject({ code: "BULKGET_BLOCKED" });
      expect(blockedAddress(host)).toMatchObject({ error: "blocked_address" });
      expect(await find(names, host, { isTarget: false })).toHaveLength(host.includes("localhost") ? 2 : 1);
    },
  );

  it("an address from --resolve is checked as well", async () => {
    const overrides = resolveOverrides(["a.test:80:10.0.0.1,9.9.9.9", "b.test:80:10.0.0.1", "127.0.0.1:80:9.9.9.9"]);
    const { names } = asked({ publicOnly: true, ...(overrides === undefined ? {} : { overrides }) });
    expect(await find(names, "a.test")).toEqual(["9.9.9.9"]);
    await expect(find(names, "b.test")).rejects.toMatchObject({ code: "BULKGET_BLOCKED" });
    expect(await find(names, "127.0.0.1")).toEqual(["9.9.9.9"]);
  });

  it("a name that a proxy looks up is not checked", () => {
    for (const host of ["example.org", "localhost.example.org", "9.9.9.9", "2620:fe::fe"])
      expect(blockedAddress(host)).toBeUndefined();
  });
});
