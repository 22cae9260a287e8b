// Name resolution in a network namespace with a scripted DNS server: equal to the system's, and no good URL is lost.

import { describe, expect, it } from "vitest";
import { canMakeNetworks, inNetwork, type Plan } from "../../support/network/network.ts";

const HERE = canMakeNetworks();
if (!HERE) {
  console.warn("SKIPPED: name resolution is not tested: no network namespace can be made (Linux, unshare, ip, rights)");
}

const HOST = "10.0.0.1";
const OTHER = "10.0.0.2";
const HOST_6 = "2001:db8::1";

const run = (plan: Partial<Plan>) =>
  inNetwork({
    addresses: [HOST, OTHER, HOST_6],
    names: {},
    list: [],
    ...plan,
    args: ["--retries", "0", ...(plan.args ?? [])],
  });

/** Runs with one URL per name, and resolves the names with the C library for comparison. */
async function asSystem(names: readonly string[], plan: Partial<Plan>) {
  const happened = await run({
    ...plan,
    list: names.map((name) => `http://${name}/`),
    compare: names,
    args: ["-c", "1", ...(plan.args ?? [])],
  });
  const found = names.map((name) => happened.system[name] ?? []);
  const reached = names.map((name) => happened.requests.find((one) => one.split(" ")[1] === name)?.split(" ")[0]);
  return { ...happened, found, reached };
}

describe.skipIf(!HERE)("a name is resolved as the system does", () => {
  it("from the hosts file: both families, several addresses, aliases, no comments", async () => {
    const hosts = [
      "127.0.0.1 localhost",
      `${HOST_6} both.test`,
      `${OTHER} both.test alias # not.test`,
      `${HOST} several.test`,
      `${OTHER} several.test`,
      "300.1.1.1 nonsense.test",
      `${OTHER} dotted.test.`,
    ].join("\n");
    const names = ["both.test", "alias", "several.test", "not.test", "nonsense.test", "both.test.", "dotted.test."];
    const { outcomes, found, reached } = await asSystem(names, { files: { hosts } });
    expect(outcomes.map((one) => one === "saved")).toEqual(found.map((addresses) => addresses.length > 0));
    expect(reached).toEqual(found.map(([first]) => first));
  });

  it("from DNS: single labels, search domains, ndots, trailing dots, underscores, IDN", async () => {
    const names = {
      "short.a.test": [[HOST]],
      "short.b.test": [[OTHER]],
      "second.b.test": [[OTHER]],
      "x.y": [[HOST]],
      "x.y.a.test": [[OTHER]],
      "deep.er.b.test": [[OTHER]],
      "_under_score.test": [[HOST]],
      "xn--bcher-kva.test": [[OTHER]],
      single: [[HOST]],
    };
    const asked = [
      "short",
      "second",
      "x.y",
      "x.y.",
      "deep.er",
      "_under_score.test",
      "xn--bcher-kva.test",
      "single",
      "nowhere",
      "short.",
    ];
    for (const resolv of [
      "search a.test b.test",
      "search a.test b.test\noptions ndots:2",
      "domain b.test",
      "search .",
    ]) {
      const { outcomes, found, reached } = await asSystem(asked, {
        names,
        files: { resolv: `nameserver 127.0.0.1\n${resolv}\n` },
      });
      expect(reached, resolv).toEqual(found.map(([first]) => first));
      expect(outcomes.map((one) => one === "saved")).toEqual(found.map((addresses) => addresses.length > 0));
    }
    const local = await asSystem(["short", "second"], { names, env: { LOCALDOMAIN: "b.test" } });
    expect(local.reached).toEqual([OTHER, OTHER]);
    const unicode = await run({ names, list: ["http://bücher.test/"] });
    expect(unicode.outcomes).toEqual(["saved"]);
  });

  it("through aliases, over TCP for a long answer, and without an answer for the other family", async () => {
    const hundred = Array.from({ length: 100 }, (_, i) => `10.1.0.${i + 1}`);
    const names = {
      "alias.test": { addresses: [HOST], aliases: 5 },
      "long.test": [[...hundred.slice(1), HOST]],
      "no-six.test": { addresses: [OTHER], silentFor: "AAAA" as const },
      "six.test": [[HOST_6]],
    };
    const { outcomes, requests } = await run({ names, list: Object.keys(names).map((name) => `http://${name}/`) });
    expect(outcomes).toEqual(["saved", "saved", "saved", "saved"]);
    expect(requests.map((one) => one.split(" ")[0]).sort()).toEqual([HOST, HOST, OTHER, HOST_6].sort());
  });

  it("from the next server where the first one is dead or refuses", async () => {
    const names = { "a.test": [[HOST]] };
    for (const first of ["10.9.9.9", "127.0.0.5"]) {
      const files = { resolv: `nameserver ${first}\nnameserver 127.0.0.1\noptions timeout:1 attempts:2\n` };
      const { outcomes, details } = await run({ names, files, list: ["http://a.test/"] });
      expect(outcomes, String(details[0])).toEqual(["saved"]);
    }
  });

  it("after resolv.conf has changed during the run", async () => {
    const { outcomes } = await run({
      names: { "a.test": [[HOST]] },
      dnsAt: "127.0.0.7",
      files: { resolv: "nameserver 127.0.0.8\noptions timeout:1 attempts:1\n" },
      thenResolv: "nameserver 127.0.0.7\noptions timeout:1 attempts:1\n",
      list: ["http://in-hosts.test/", "http://a.test/"],
      args: ["--retries", "3", "-c", "1"],
    });
    expect(outcomes).toEqual(["saved", "saved"]);
  });

  it.each<[string, Partial<Plan>]>([
    ["nsswitch.conf has another order", { files: { nsswitch: "hosts: dns files\n" } }],
    ["nsswitch.conf has an unknown source", { files: { nsswitch: "hosts: files unheard_of dns\n" } }],
    ["RES_OPTIONS is set", { env: { RES_OPTIONS: "timeout:1" } }],
    ["two processes share the work", { env: { RES_OPTIONS: "timeout:1" }, args: ["--workers", "2"] }],
  ])("by the C library, with many look-ups at a time, where %s", async (_, { args = [], ...plan }) => {
    const names = Object.fromEntries(
      Array.from(
        { length: 60 },
        (_, i) => [`h${i}.test`, i % 3 === 2 ? "silent" : { addresses: [HOST], delayMs: 300 }] as const,
      ),
    );
    const list = [...Object.keys(names), "none.test"].map((name) => `http://${name}/`);
    const { outcomes, peakLookups } = await run({ names, ...plan, list, args: ["-c", "30", ...args] });
    const dead = outcomes.slice(0, 60).filter((_, i) => i % 3 === 2);
    expect(outcomes.filter((one) => one === "saved")).toHaveLength(40);
    // With DNS first, the C library returns the hosts file's "not found".
    expect(dead.every((one) => /^dns_(temporary|not_found)$/.test(one))).toBe(true);
    expect(outcomes[60]).toBe("dns_not_found");
    expect(peakLookups).toBeGreaterThan(6); // libuv's four threads make two look-ups at a time
  });
});

describe.skipIf(!HERE)("a name that cannot be resolved", () => {
  it("is dns_not_found where it does not exist or has no address, else dns_temporary", async () => {
    const names = {
      "empty.test": [[]],
      "silent.test": "silent",
      "servfail.test": "servfail",
      "refused.test": "refused",
      "garbage.test": "garbage",
      "other-id.test": "other-id",
      "other-name.test": "other-name",
      "good.test": [[HOST]],
    } as const;
    const list = [...Object.keys(names), "none.test"].map((name) => `http://${name}/`);
    const { outcomes, details } = await run({ names, list, args: ["-c", "20"] });
    const temporary = Array.from({ length: 6 }, () => "dns_temporary");
    expect(outcomes, details.join("\n")).toEqual(["dns_not_found", ...temporary, "saved", "dns_not_found"]);
  });

  it.each([
    ["no name server listens", { dnsAt: null }],
    ["resolv.conf is missing and no name server listens", { dnsAt: null, files: { resolv: null } }],
  ] as const)("is dns_temporary at once, with the reason, where %s", async (_, plan) => {
    const { outcomes, details } = await run({ ...plan, list: ["http://a.test/"] });
    expect(outcomes).toEqual(["dns_temporary"]);
    expect(details[0]).toBe("a.test: no name server is reachable (127.0.0.1)");
  });

  it.each([
    ["a silent name server", "silent"],
    ["SERVFAIL", "servfail"],
    ["REFUSED", "refused"],
    ["NXDOMAIN", undefined],
  ] as const)("costs a few look-ups for its 500 lines, and fails no others, with %s", async (_, how) => {
    const names = { "good.test": [[HOST]], ...(how === undefined ? {} : { "dead.test": how }) };
    const list = Array.from({ length: 520 }, (_, i) =>
      i % 26 === 25 ? `http://good.test/${i}` : `http://dead.test/${i}`,
    );
    const { outcomes, lookups } = await run({ names, list, args: ["-c", "20", "--retries", "1"] });
    expect(outcomes.filter((one) => one === "saved")).toHaveLength(20);
    expect(new Set(outcomes)).toEqual(new Set(["saved", how === undefined ? "dns_not_found" : "dns_temporary"]));
    expect(lookups["good.test"]).toBe(1);
    expect(lookups["dead.test"]).toBeLessThanOrEqual(6);
  });

  it("fails no other name of its domain, in any order of the list", async () => {
    const good = Array.from({ length: 60 }, (_, i) => `g${i}.x.test`);
    const dead = Array.from({ length: 30 }, (_, i) => `d${i}.x.test`);
    const kinds = ["silent", "servfail", "refused"] as const;
    const names = Object.fromEntries([
      ...good.map((name) => [name, { addresses: [HOST], delayMs: 20 }] as const),
      ...dead.flatMap((name, i) => (i % 4 === 3 ? [] : [[name, kinds[i % 4] ?? "silent"] as const])),
    ]);
    const mixed = good.flatMap((name, i) => (i % 2 === 0 ? [name, dead[i / 2] ?? name] : [name]));
    for (const order of [[...dead, ...good], [...good, ...dead], mixed]) {
      const { records } = await run({ names, list: order.map((name) => `http://${name}/`), args: ["-c", "10"] });
      const saved = records.filter((one) => one?.outcome === "saved");
      expect(saved).toHaveLength(good.length);
    }
  });
});

describe.skipIf(!HERE)("a record", () => {
  it("has the times of look-up and connection, where there were any", async () => {
    const names = { "a.test": { addresses: [HOST], delayMs: 100 }, "dead.test": { addresses: [], delayMs: 100 } };
    const { records } = await run({
      names,
      list: ["http://a.test/1", "http://a.test/2", `http://${HOST}/`, "http://dead.test/"],
      args: ["-c", "1", "--order", "list"],
    });
    const [first, reused, literal, dead] = records;
    expect(first?.dns_ms).toBeGreaterThanOrEqual(99);
    expect(first?.connect_ms).toBeGreaterThan(0);
    expect(reused).not.toHaveProperty("dns_ms");
    expect(reused).not.toHaveProperty("connect_ms");
    expect(literal).not.toHaveProperty("dns_ms");
    expect(literal?.connect_ms).toBeGreaterThan(0);
    expect(literal).not.toHaveProperty("tls_ms");
    expect(dead?.dns_ms).toBeGreaterThanOrEqual(99);
    expect(dead).not.toHaveProperty("connect_ms");
  });
});
