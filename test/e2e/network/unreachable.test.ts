// Connections that this machine's own routes refuse, in a network namespace, are ordinary failures.

import { describe, expect, it } from "vitest";
import { canMakeNetworks, inNetwork } from "../../support/network/network.ts";

const HERE = canMakeNetworks();
if (!HERE) {
  console.warn(
    "SKIPPED: errors of connect(2) by routes: no network namespace can be made (Linux, unshare, ip, rights)",
  );
}

/** Route types of ip-route(8). */
const ROUTES = ["prohibit 192.0.2.1", "unreachable 192.0.2.2", "blackhole 192.0.2.3"];
const ROUTES_6 = ["prohibit 2001:db8::11", "unreachable 2001:db8::12", "blackhole 2001:db8::13"];
const [HERE_4, HERE_6, REFUSING] = ["192.0.2.10", "2001:db8::10", "192.0.2.20"];

const network = { addresses: [HERE_4, HERE_6, REFUSING], refusing: [REFUSING], routes: [...ROUTES, ...ROUTES_6] };

describe.skipIf(!HERE)("an immediate error of connect(2)", () => {
  it("is connect_failed with its code", async () => {
    const targets = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"];
    const targets6 = ["[2001:db8::11]", "[2001:db8::12]", "[2001:db8::13]", "[2001:db8::14]"];
    const list = [...targets, ...targets6].map((host) => `http://${host}/`);
    const { ran, outcomes, details } = await inNetwork({ ...network, names: {}, list, args: ["--retries", "0"] });
    const codes = ["EACCES", "EHOSTUNREACH", "EINVAL", "ENETUNREACH"];
    expect(outcomes).toEqual(list.map(() => "connect_failed"));
    expect(details.map((detail) => /E[A-Z]+/.exec(detail ?? "")?.[0])).toEqual([...codes, ...codes]);
    expect(ran.code).toBe(1);
  });

  it("for one of several addresses does not hide the refusal or success of another one", async () => {
    const names = {
      "first.test": [[REFUSING, "192.0.2.1", "192.0.2.3", "2001:db8::14"]],
      "last.test": [["192.0.2.1", "2001:db8::12", "192.0.2.4", REFUSING]],
      "no-way.test": [["2001:db8::12", "192.0.2.1", "2001:db8::14"]],
      "good.test": [["192.0.2.1", "2001:db8::12", HERE_4]],
    };
    const list = Object.keys(names).map((name) => `http://${name}/`);
    const { outcomes, details } = await inNetwork({ ...network, names, list, args: ["--retries", "0"] });
    expect(outcomes).toEqual(["connect_refused", "connect_refused", "connect_failed", "saved"]);
    expect(details.slice(0, 3)).toEqual([
      expect.stringContaining(`ECONNREFUSED ${REFUSING}`),
      expect.stringContaining(`ECONNREFUSED ${REFUSING}`),
      expect.stringContaining("EHOSTUNREACH 2001:db8::12"),
    ]);
  });
});

describe.skipIf(!HERE)("a host whose port 443 refuses connections", () => {
  it("has its http lines saved", async () => {
    const list = Array.from({ length: 20 }, (_, i) => `${i < 6 ? "https" : "http"}://${HERE_4}/${i + 1}`);
    const { outcomes } = await inNetwork({ ...network, names: {}, list, args: ["-c", "3", "--retries", "0"] });
    expect(outcomes.slice(0, 6)).toEqual(Array(6).fill("connect_refused"));
    expect(outcomes.slice(6)).toEqual(Array(14).fill("saved"));
  });
});
