// The network options: which combinations are refused.

import { expect, it } from "vitest";
import { networkRoute } from "../../src/app/network/network-options.ts";

const PROXIED = { http_proxy: "http://p:1", https_proxy: "http://p:1" };

it("with a Unix socket no proxy is used, whatever the environment says", () => {
  expect(networkRoute({}, PROXIED).proxyFor(new URL("http://a/"))?.origin).toBe("http://p:1");
  expect(networkRoute({ unixSocket: "/s" }, PROXIED).proxyFor(new URL("http://a/"))).toBeUndefined();
  expect(networkRoute({ unixSocket: "/s", proxy: "" }, PROXIED)).toMatchObject({ unixSocket: "/s", publicOnly: false });
});

it.each([
  [{ unixSocket: "/s", publicOnly: true }, "unixSocket: does not go with `publicOnly`: it has no address"],
  [{ unixSocket: "/s", proxy: "p:1" }, "unixSocket: does not go with a proxy"],
  [{ unixSocket: "" }, "unixSocket: not a path of 1 to 107 bytes"],
  [{ unixSocket: `/${"s".repeat(107)}` }, "unixSocket: not a path of 1 to 107 bytes"],
  [{ key: "x" }, "key: is of no use without `cert`"],
  [{ resolve: ["a:1"] }, 'resolve: not an entry: "a:1" (host:port:address[,address])'],
])("%j is refused", (options, message) => {
  expect(() => networkRoute(options, {})).toThrow(message);
});
