// TLS: certificates that are trusted and not, and peers that do not speak TLS.

import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { GetOptions } from "../../../src/http/options.ts";
import { certificate, collect, testGet } from "../../support/get.ts";
import { own } from "../../support/own.ts";
import { body, rudeServer } from "../../support/rude.ts";

const ours = { ca: certificate("ca-cert.pem") };

async function fetchFrom(name: string, options: Partial<GetOptions>, host = "127.0.0.1") {
  const server = own(
    await rudeServer({
      // Some of these are also too weak for a present-day server.
      tls: {
        key: certificate(`${name}-key.pem`),
        cert: certificate(`${name}-cert.pem`),
        ciphers: "DEFAULT@SECLEVEL=0",
      },
    }),
  );
  const get = own(testGet(options));
  return collect(await get.fetch(new URL(`https://${host}:${server.port}/ok`)));
}

describe("https", () => {
  it.each(["127.0.0.2", "other.example"])(
    "requires %s in the certificate, whichever address it is connected to",
    async (host) => {
      const options = { ...ours, overrides: () => ["127.0.0.1"] };
      expect(await fetchFrom("good", options, host)).toMatchObject({ error: "tls_certificate" });
      expect(await fetchFrom("good", options, "localhost")).toEqual(body(100));
    },
  );

  it.each([
    ["common-name", "localhost", true],
    ["common-name", "127.0.0.1", false],
    ["common-name", "other.example", false],
    ["address", "127.0.0.1", true],
    ["address", "localhost", true],
    ["address", "127.0.0.2", false],
    ["address", "other.example", false],
  ])(
    'uses the subject\'s name only without a DNS name, as Node does: certificate "%s" for %s (%s)',
    async (name, host, isTaken) => {
      const got = await fetchFrom(name, { ...ours, overrides: () => ["127.0.0.1"] }, host);
      if (isTaken) expect(got).toEqual(body(100));
      else expect(got).toMatchObject({ error: "tls_certificate", detail: expect.stringContaining("ALTNAME_INVALID") });
    },
  );

  it.each(["127.0.0.1", "localhost"])("trusts a certificate signed by --cacert, for %s", async (host) => {
    expect(await fetchFrom("good", ours, host)).toEqual(body(100));
  });

  it.each([
    ["good", {}],
    ["expired", ours],
    ["wrong-host", ours],
    ["self-signed", ours],
    ["self-signed", {}],
  ])('refuses the certificate "%s" with %j', async (name, options) => {
    expect(await fetchFrom(name, options)).toMatchObject({ error: "tls_certificate" });
  });

  it.each(["sha1", "weak-key", "unknown-critical", "constrained"])(
    'refuses the certificate "%s", for which OpenSSL has an error and Node no code',
    async (name) => {
      expect(await fetchFrom(name, ours)).toEqual({
        error: "tls_certificate",
        detail: expect.stringMatching(/^[\w ]+ \(UNSPECIFIED\)$/),
        opened: expect.anything(),
      });
    },
  );

  it.each(["expired", "wrong-host", "self-signed", "unknown-critical"])(
    'accepts the certificate "%s" with -k',
    async (name) => {
      expect(await fetchFrom(name, { insecure: true })).toEqual(body(100));
    },
  );

  it("to a plain HTTP server is a TLS error, at once", async () => {
    const plain = createServer((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void plain.close());
    const get = own(testGet(ours));
    const { port } = plain.address() as { port: number };
    expect(await get.fetch(new URL(`https://127.0.0.1:${port}/`))).toMatchObject({ error: "tls_error" });
  });

  it("is required by a TLS server: http to it is a protocol error or a lost connection, never a file", async () => {
    const server = own(
      await rudeServer({ tls: { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") } }),
    );
    const get = own(testGet());
    const answer = await get.fetch(new URL(`http://127.0.0.1:${server.port}/ok`));
    expect("error" in answer && ["protocol_error", "connection_lost"].includes(answer.error)).toBe(true);
  });

  it("reuses a connection for the next request", async () => {
    const server = own(
      await rudeServer({ tls: { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") } }),
    );
    const get = own(testGet(ours));
    for (let i = 0; i < 10; i++)
      expect(await collect(await get.fetch(new URL(server.url(`/ok?seed=${i}`))))).toEqual(body(100, i));
    expect(server.stats.connections).toBe(1);
  });
});
