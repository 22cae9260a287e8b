// --public-only, look-ups and dead addresses in a network namespace with a hostile DNS server.

import { describe, expect, it } from "vitest";
import { canMakeNetworks, inNetwork, type Plan } from "../../support/network/network.ts";

const HERE = canMakeNetworks();
if (!HERE) {
  console.warn("SKIPPED: --public-only and names with several addresses are not tested:");
  console.warn("SKIPPED: no network namespace can be made (Linux, unshare, ip, rights)");
}

/** Public addresses, which belong to another machine of this network. */
const PUBLIC = "93.184.216.34";
const OTHER = "93.184.216.35";
const PUBLIC_6 = "2606:2800:21f:cb07::1";
const PRIVATE = "10.0.0.1";
/** The IPv6 address of this machine's interface, so that both families count as reachable. */
const DOCUMENTATION_6 = "2001:db8::1";

const run = (plan: Partial<Plan>) =>
  inNetwork({
    addresses: [PRIVATE, DOCUMENTATION_6],
    elsewhere: [PUBLIC, OTHER, PUBLIC_6],
    names: {},
    list: [],
    args: [],
    ...plan,
  });

describe.skipIf(!HERE)("with --public-only,", () => {
  const args = ["--public-only", "--retries", "0"];

  it("a name with public and private addresses is connected to at its public ones only", async () => {
    const names = {
      "both.test": [[PRIVATE, "127.0.0.1", "::1", PUBLIC]],
      "six.test": [["::1", "fd00::1", PUBLIC_6, PRIVATE]],
      "inside.test": [[PRIVATE, "127.0.0.1", "::1"]],
    };
    const list = ["http://both.test/", "http://six.test/", "http://inside.test/", "http://in-hosts.test/"];
    const { outcomes, connected } = await run({ names, list, args });
    expect(outcomes).toEqual(["saved", "saved", "blocked_address", "blocked_address"]);
    expect([...connected].sort()).toEqual([PUBLIC_6, PUBLIC].sort());
    const open = await run({ names, list, args: ["--retries", "0"] });
    expect(open.outcomes).toEqual(["saved", "saved", "saved", "saved"]);
    expect(open.connected).not.toEqual(connected);
  });

  it("a name whose second look-up is private is refused in the retry (DNS rebinding)", async () => {
    const { outcomes, connected, lookups, details } = await run({
      names: { "rebinding.test": [[OTHER], [PRIVATE]] },
      refusing: [OTHER],
      list: ["http://rebinding.test/"],
      args: ["--public-only", "--retries", "1"],
    });
    expect(outcomes).toEqual(["blocked_address"]);
    expect(details[0]).toContain(`rebinding.test is ${PRIVATE}: not a public address`);
    expect([connected, lookups]).toEqual([[], { "rebinding.test": 2 }]);
  });

  it("a name is looked up once and connected to at that address (DNS rebinding)", async () => {
    const { outcomes, connected, lookups } = await run({
      names: { "rebinding.test": [[PUBLIC], [PRIVATE]] },
      list: Array.from({ length: 20 }, (_, i) => `http://rebinding.test/close?${i}`),
      args: [...args, "-c", "5"],
    });
    expect(new Set(outcomes)).toEqual(new Set(["saved"]));
    expect(connected).toEqual(Array.from({ length: 20 }, () => PUBLIC));
    expect(lookups).toEqual({ "rebinding.test": 1 });
  });

  it("no redirect leads to a private address, by name or by address", async () => {
    const inside = [
      "http://inside.test/",
      `http://${PRIVATE}/`,
      "http://127.1/",
      "http://localhost./",
      "http://[::1]/",
    ];
    const { outcomes, connected } = await run({
      names: { "a.test": [[PUBLIC]], "inside.test": [[PRIVATE]], "b.test": [[OTHER]] },
      list: [...inside, "http://b.test/"].map((url) => `http://a.test/to?${encodeURIComponent(url)}`),
      args,
    });
    expect(outcomes).toEqual([...inside.map(() => "blocked_address"), "saved"]);
    expect(new Set(connected)).toEqual(new Set([PUBLIC, OTHER]));
  });

  it("a NAT64 address is checked by its embedded IPv4 address", async () => {
    const { outcomes, connected } = await run({
      addresses: ["64:ff9b::a00:1"],
      elsewhere: ["64:ff9b::5db8:d822"],
      names: { "a.test": [["64:ff9b::5db8:d822"]], "inside.test": [["64:ff9b::a00:1"]] },
      list: ["http://a.test/", "http://inside.test/", "http://[64:ff9b::a00:1]/"],
      args,
    });
    expect(outcomes).toEqual(["saved", "blocked_address", "blocked_address"]);
    expect(connected).toEqual(["64:ff9b::5db8:d822"]);
  });

  it("public addresses of this machine are refused by name, address, redirect and --resolve", async () => {
    const [own, own6] = ["93.184.216.36", "2606:2800:21f:cb07::3"];
    const list = [
      "http://own.test/",
      "http://six.test/",
      "http://both.test/",
      `http://${own}/`,
      `http://[::ffff:${own}]/`,
      `http://[64:ff9b::${own}]/`,
      `http://[${own6}]/`,
      `http://both.test/to?${encodeURIComponent(`http://${own}/`)}`,
      "http://pinned.test/",
    ];
    const { outcomes, connected, details } = await run({
      addresses: [PRIVATE, DOCUMENTATION_6, own, own6],
      names: { "own.test": [[own]], "six.test": [[own6]], "both.test": [[own, own6, PUBLIC]] },
      list,
      args: [...args, "--resolve", `pinned.test:80:${own}`],
    });
    const blocked = "blocked_address";
    expect(outcomes).toEqual([blocked, blocked, "saved", blocked, blocked, blocked, blocked, blocked, blocked]);
    expect(details[0]).toContain(`own.test is ${own}: an address of this machine`);
    expect(new Set(connected)).toEqual(new Set([PUBLIC]));
  });

  it("the addresses of --resolve are checked", async () => {
    const resolve = ["--resolve", `a.test:80:${PRIVATE},${PUBLIC}`, "--resolve", "b.test:80:127.0.0.1"];
    const { outcomes, connected } = await run({
      list: ["http://a.test/", "http://b.test/"],
      args: [...args, ...resolve],
    });
    expect([outcomes, connected]).toEqual([["saved", "blocked_address"], [PUBLIC]]);
  });
});

describe.skipIf(!HERE)("a host name", () => {
  const args = ["--retries", "0"];

  it("whose first address is dead is reached at its next one, over IPv4, IPv6 and both", async () => {
    const names = {
      "four.test": [[OTHER, PUBLIC]],
      "six.test": [[PUBLIC_6, PRIVATE]],
      "back.test": [[PRIVATE, "2606:2800:21f:cb07::2"]],
    };
    const { outcomes } = await run({
      elsewhere: [PUBLIC, OTHER, PUBLIC_6, "2606:2800:21f:cb07::2"],
      silent: [OTHER, PUBLIC_6],
      names,
      list: Object.keys(names).map((name) => `http://${name}/`),
      args: [...args, "--connect-timeout", "5s"],
    });
    expect(outcomes).toEqual(["saved", "saved", "saved"]);
  });

  it("is looked up once for 200 URLs and connections", async () => {
    const { outcomes, lookups } = await run({
      names: { "a.test": [[PUBLIC]] },
      list: Array.from({ length: 200 }, (_, i) => `http://a.test/close?${i}`),
      args: [...args, "-c", "20"],
    });
    expect(new Set(outcomes)).toEqual(new Set(["saved"]));
    expect(lookups).toEqual({ "a.test": 1 });
  });

  it("whose address refuses is looked up again for the retry", async () => {
    const { outcomes, lookups, connected } = await run({
      refusing: [OTHER],
      names: { "moves.test": [[OTHER], [PUBLIC]] },
      list: ["http://moves.test/"],
      args: ["--retries", "1"],
    });
    expect([outcomes, lookups, connected]).toEqual([["saved"], { "moves.test": 2 }, [PUBLIC]]);
  });

  it("that does not exist is dns_not_found, and dns_temporary where the resolver fails or is silent", async () => {
    const { outcomes } = await run({
      names: { "silent.test": "silent", "fails.test": "servfail", "empty.test": [[]] },
      list: ["http://nobody.test/", "http://empty.test/", "http://fails.test/", "http://silent.test/"],
      args: [...args, "--connect-timeout", "30s"],
    });
    expect(outcomes).toEqual(["dns_not_found", "dns_not_found", "dns_temporary", "dns_temporary"]);
  });
});

it.skipIf(!HERE)("--resolve overrides DNS for its host and port, and for all hosts with *", async () => {
  const { outcomes, requests, lookups } = await run({
    names: { "a.test": [[PRIVATE]], "b.test": [[PRIVATE]] },
    list: ["http://a.test/1", "http://b.test/2"],
    args: ["--resolve", `a.test:80:[${PUBLIC_6}]`, "--resolve", "b.test:81:127.0.0.1", "--resolve", `*:80:${OTHER}`],
  });
  expect(outcomes).toEqual(["saved", "saved"]);
  expect([...requests].sort()).toEqual([`${OTHER} b.test /2`, `${PUBLIC_6} a.test /1`].sort());
  expect(lookups).toEqual({});
});
