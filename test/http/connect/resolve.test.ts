// Names become addresses: one look-up for many, kept for a minute; and only the public ones of them where that was asked for.

import { describe, expect, it, vi } from "vitest";
import type { Lookup } from "../../../src/http/connect/getaddrinfo.ts";
import { blockedAddress, type ResolveOptions, type Resolver, resolver } from "../../../src/http/connect/resolve.ts";
import { resolveOverrides } from "../../../src/http/connect/resolve-overrides.ts";

const at = (...addresses: string[]) => addresses.map((address) => ({ address }));

/** A resolver whose look-ups wait to be answered by the test. */
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
  it("is looked up once for all who want it, and then kept", async () => {
    const { names, answer, waiting } = asked();
    const all = [find(names, "a.test"), find(names, "a.test", { port: 443 }), find(names, "b.test")];
    expect(waiting.map(({ host }) => host)).toEqual(["a.test", "b.test"]);
    answer(null, "127.0.0.1", "::1", "127.0.0.1");
    answer(null, "127.0.0.2");
    expect(await Promise.all(all)).toEqual([["127.0.0.1", "::1"], ["127.0.0.1", "::1"], ["127.0.0.2"]]);
    expect(await find(names, "a.test")).toEqual(["127.0.0.1", "::1"]);
    expect(waiting).toEqual([]);
  });

  it("of thousands of addresses keeps 256", async () => {
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

  it("that could not be found is looked up again, and so is one whose addresses would not do", async () => {
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

  it("that does not exist is known not to after two look-ups, for five minutes; another failure is not remembered", async () => {
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
        await expect(find(names, "a.test")).rejects.toMatchObject({ code: "ENOTFOUND", known: true });
      expect([all, waiting]).toEqual([["a.test", "a.test"], []]);
      vi.advanceTimersByTime(300_000);
      const later = find(names, "a.test");
      answer(null, "127.0.0.1");
      expect(await later).toEqual(["127.0.0.1"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("has the address first that answered, where others had not", async () => {
    const { names, answer } = asked();
    const first = find(names, "a.test");
    answer(null, "127.0.0.1", "127.0.0.2", "127.0.0.3");
    await first;
    names.prefer("a.test", "127.0.0.3");
    names.prefer("nobody.test", "127.0.0.3");
    expect(await find(names, "a.test")).toEqual(["127.0.0.3", "127.0.0.1", "127.0.0.2"]);
  });

  it("is kept among 10,000 and no more", async () => {
    let count = 0;
    const names = resolver({ lookup: (_host, _how, done) => done(null, at(`127.0.${count >> 8}.${count++ & 255}`)) });
    for (let i = 0; i <= 10_000; i++) await find(names, `h${i}.test`);
    expect(count).toBe(10_001);
    await find(names, "h1.test");
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

  it("that was said by --resolve needs none either, nor does an address", async () => {
    const pinned = resolveOverrides(["a.test:80:127.0.0.7", "9.9.9.9:80:127.0.0.8", "localhost:81:127.0.0.9"]);
    const { names } = asked(pinned === undefined ? {} : { pins: pinned });
    expect(await find(names, "a.test")).toEqual(["127.0.0.7"]);
    expect(await find(names, "9.9.9.9")).toEqual(["127.0.0.8"]);
    expect(await find(names, "localhost", { port: 81 })).toEqual(["127.0.0.9"]);
    expect(await find(names, "localhost")).toEqual(["127.0.0.1", "::1"]);
  });
});

describe("with --public-only", () => {
  it("of both kinds only the public ones are handed on, in their order", async () => {
    const { names, answer } = asked({ publicOnly: true });
    const first = find(names, "both.test");
    answer(null, "10.0.0.1", "9.9.9.9", "::1", "2620:fe::fe", "::ffff:127.0.0.1", "169.254.169.254");
    expect(await first).toEqual(["9.9.9.9", "2620:fe::fe"]);
  });

  it("a name that is public first and private second is refused the second time", async () => {
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

  it("what --resolve says counts as what it is: an address that is connected to", async () => {
    const pinned = resolveOverrides(["a.test:80:10.0.0.1,9.9.9.9", "b.test:80:10.0.0.1", "127.0.0.1:80:9.9.9.9"]);
    const { names } = asked({ publicOnly: true, ...(pinned === undefined ? {} : { pins: pinned }) });
    expect(await find(names, "a.test")).toEqual(["9.9.9.9"]);
    await expect(find(names, "b.test")).rejects.toMatchObject({ code: "BULKGET_BLOCKED" });
    expect(await find(names, "127.0.0.1")).toEqual(["9.9.9.9"]);
  });

  it("names that only a proxy looks up are its business", () => {
    for (const host of ["example.org", "localhost.example.org", "9.9.9.9", "2620:fe::fe"])
      expect(blockedAddress(host)).toBeUndefined();
  });
});
