// The cookie store: its bounds per host and per run, and its count.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cookieStore } from "../../../src/http/identity/cookie-store.ts";

describe("the cookie store", () => {
  const cookie = (domain: string, key: string, value = "") => ({ domain, path: "/", key, value });
  const put = (store: ReturnType<typeof cookieStore>, ...all: ReturnType<typeof cookie>[]) => {
    for (const one of all) store.putCookie(one, () => {});
  };
  const keysOf = (store: ReturnType<typeof cookieStore>, host: string) => {
    let keys: string[] = [];
    store.findCookies(host, "/", true, (_, found) => {
      keys = found?.map(({ key }) => key) ?? [];
    });
    return keys;
  };

  it("keeps the last 1,000 cookies of a host", () => {
    const store = cookieStore();
    put(store, ...Array.from({ length: 1005 }, (_, i) => cookie("h", `c${i}`)), cookie("i", "other"));
    expect(keysOf(store, "h")).toHaveLength(1000);
    expect(keysOf(store, "h")[0]).toBe("c5");
    expect(keysOf(store, "i")).toEqual(["other"]);
    expect(store.size).toBe(1001);
  });

  it("keeps 100,000 cookies: of the hosts that set one last, and of the cookie file", () => {
    const store = cookieStore();
    put(store, cookie("given", "a"));
    store.pin();
    put(store, cookie("early", "a"), cookie("again", "a"));
    for (let i = 0; i < 99_990; i++) put(store, cookie(`h${i}`, "a"));
    put(store, cookie("again", "b"));
    for (let i = 0; i < 20; i++) put(store, cookie(`late${i}`, "a"));
    expect(store.size).toBe(100_000);
    expect(["given", "early", "h0", "again", "h99989", "late19"].map((host) => keysOf(store, host).length)).toEqual([
      1, 0, 0, 2, 1, 1,
    ]);
  });

  it("keeps 16 MiB of cookies", () => {
    const store = cookieStore();
    for (let i = 0; i < 5000; i++) put(store, cookie(`h${i}`, "a", "x".repeat(4000)));
    expect(store.size).toBeGreaterThan(4000);
    expect(store.size).toBeLessThan(4200);
  });

  it("counts its cookies exactly for any sequence of operations", () => {
    const name = fc.constantFrom("a", "b", "c");
    const step = fc.tuple(fc.constantFrom("put", "remove"), name, name);
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const store = cookieStore();
        const model = new Set<string>();
        for (const [what, domain, key] of steps) {
          if (what === "put") put(store, cookie(domain, key));
          else store.removeCookie(domain, "/", key, () => {});
          model[what === "put" ? "add" : "delete"](`${domain} ${key}`);
        }
        expect(store.size).toBe(model.size);
        for (const domain of ["a", "b", "c"]) {
          expect(keysOf(store, domain).sort()).toEqual(
            [...model]
              .filter((one) => one.startsWith(domain))
              .map((one) => one.slice(2))
              .sort(),
          );
        }
      }),
    );
  });
});
