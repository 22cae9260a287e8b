// bulkget() checks every option and its input at the call, and refuses unusable values by name before anything starts.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bulkget, OptionError, type Outcome } from "../../../src/index.ts";
import { filesOf } from "../../support/command.ts";
import { ownFolder, ownRudeServer } from "../../support/own.ts";

/** bulkget without types, as JavaScript calls it. */
const called = bulkget as (input: unknown, options?: unknown) => AsyncGenerator<Outcome, void, void>;

const dispatcher = { dispatch: () => expect.unreachable() };
const PEM = "-----BEGIN CERTIFICATE-----";

describe("bulkget() refuses, by name and before anything starts,", () => {
  const server = ownRudeServer();
  const folder = ownFolder();

  it.each([
    [{ perHost: 0 }, "perHost: 0 is not a whole number from 1 to 10000"],
    [{ hostRate: 0 }, /^hostRate: 0 is not a number of URLs a second from /],
    [
      { rate: Number.POSITIVE_INFINITY },
      /^rate: Infinity is not a number of URLs a second from .*leave it out for no limit/,
    ],
    [{ rate: 1e-320 }, /^rate: 1e-320 is not a number/],
    [{ output: "mem" }, 'output: "mem" is not "files" or "memory"'],
    [{ output: "memory", format: "tar" }, "format: is for folders: bodies in memory are in no archive"],
    [{ output: "memory", warcMetadata: true }, /^warcMetadata: needs `format` warc/],
    [{ concurency: 5 }, 'there is no option "concurency": did you mean concurrency?'],
    [{ timeout: 5 }, 'there is no option "timeout": did you mean timeoutMs?'],
    [{ TimeoutMS: 5 }, 'there is no option "TimeoutMS": did you mean timeoutMs?'],
    [{ deadline: 5 }, 'there is no option "deadline": did you mean deadlineMs?'],
    [{ max_redirs: 5 }, 'there is no option "max_redirs": did you mean maxRedirs?'],
    [{ workers: 2 }, /^there is no option "workers": the library runs in one process/],
    [{ agent: {} }, /^there is no option "agent": did you mean dispatcher/],
    [{ dispatcher: {} }, "dispatcher: an object is not an undici Dispatcher: an object with a method dispatch"],
    [{ dispatcher: () => true }, /^dispatcher: a function is not an undici Dispatcher/],
    [
      { dispatcher, proxy: "http://me:geheim@localhost:1" },
      /^proxy: does not go with `dispatcher`, (?!.*geheim).*ProxyAgent/,
    ],
    [{ dispatcher, publicOnly: true }, /^publicOnly: does not go with `dispatcher`, .*addresses/],
    [{ dispatcher, resolve: ["a:80:127.0.0.1"] }, /^resolve: does not go with `dispatcher`, .*connect.lookup/],
    [{ dispatcher, unixSocket: "/x" }, /^unixSocket: does not go with `dispatcher`, .*connect.socketPath/],
    [{ dispatcher, insecure: true }, /^insecure: does not go with `dispatcher`, .*connect.rejectUnauthorized/],
    [{ dispatcher, ca: PEM }, /^ca: does not go with `dispatcher`, .*connect.ca/],
    [{ dispatcher, cert: PEM }, /^cert: does not go with `dispatcher`, .*connect.cert/],
    [{ dispatcher, format: "warc" }, /^format: warc does not go with `dispatcher`: undici does not pass on headers/],
    [{ dispatcher, http2: true }, /^http2: does not go with `dispatcher`, .*allowH2/],
    [{ zzzzzz: 1 }, /^there is no option "zzzzzz" \(there are: .*concurrency.*\)$/],
    [{ timeoutMs: "10s" }, /^timeoutMs: "10s" is not a number of milliseconds from 1 to 31536000000$/],
    [{ timeoutMs: Number.POSITIVE_INFINITY }, /^timeoutMs: Infinity is not a number of milliseconds/],
    [{ retries: -1 }, "retries: -1 is not a whole number from 0 to 100"],
    [{ order: "random" }, 'order: "random" is not "fair", "list", "longest" or a function'],
    [{ hash: "md5" }, 'hash: "md5" is not "sha256"'],
    [{ concurrency: 0 }, 'concurrency: 0 is not a whole number from 1 to 10000, or "auto"'],
    [{ concurrency: 2.5 }, /^concurrency: 2.5 is not/],
    [{ concurrency: 5n }, /^concurrency: 5n is not/],
    [{ publicOnly: "true" }, 'publicOnly: "true" is not true or false'],
    [{ insecure: 1 }, "insecure: 1 is not true or false"],
    [{ maxFilesize: "10M" }, /^maxFilesize: "10M" is not a whole number of bytes from 0 to 9007199254740991/],
    [{ maxFilesize: Number.NaN }, /^maxFilesize: NaN is not/],
    [{ maxRedirs: Number.NaN }, "maxRedirs: NaN is not a whole number from 0 to 1000"],
    [{ retries: null }, /^retries: null is not/],
    [{ headers: new WeakMap() }, /^headers: an object \(WeakMap\) is not/],
    [{ headers: "Accept: text/html" }, /^headers: a string is not/],
    [{ headers: { Accept: 5 } }, /^headers: .*"Accept"/],
    [{ headers: { "X-Two\nLines": "x" } }, /^headers: /],
    [{ headers: { "X-Key": "geheim\r\nX-More: 1" } }, /^headers: (?!.*geheim)/],
    [{ headers: [["Accept"]] }, /^headers: /],
    [{ userAgent: "two\nlines" }, /^userAgent: /],
    [{ retryOn: [99] }, /^retryOn: /],
    [{ retryOn: 503 }, /^retryOn: 503 is not an array of HTTP statuses/],
    [{ respect: ["noidex"] }, /^respect: .*noidex/],
    [{ resolve: "a:80:127.0.0.1" }, /^resolve: /],
    [{ resolve: ["a:80:b"] }, /^resolve: /],
    [{ proxy: "ftp://user:geheim@localhost:1" }, /^proxy: (?!.*geheim)/],
    [{ cookie: 5 }, /^cookie: 5 is not/],
    [{ outputDir: "" }, /^outputDir: "" is not/],
    [{ outputDir: "a\0b" }, /^outputDir: /],
    [{ name: "same" }, /^name: /],
    [{ name: "{n}/x", perDir: 10 }, /^(name|perDir): /],
    [{ force: true, update: true }, /^(force|update): /],
    [{ key: "x" }, /^key: /],
    [{ cert: "no PEM" }, /^cert: /],
    [{ ca: "no PEM" }, /^ca: a string is not a PEM text/],
    [{ unixSocket: "x".repeat(200) }, /^unixSocket: /],
    [{ netrcFile: "/nowhere/netrc" }, /^netrc /],
    [{ signal: {} }, "signal: an object is not an AbortSignal"],
    [{ signal: new AbortController() }, /^signal: an object \(AbortController\) is not an AbortSignal$/],
    [{ onProgress: true }, "onProgress: true is not a function"],
    [{ deadlineMs: 0 }, /^deadlineMs: 0 is not a number of milliseconds from 1/],
    [{ [Symbol("x")]: 1 }, /^there is no option Symbol\(x\)/],
    [null, /^options: null is not an object/],
    ["fast", /^options: "fast" is not an object/],
    [new Map([["concurrency", 5]]), /^options: an object \(Map\) is not an object/],
    [[], /^options: an array is not an object/],
  ])("the unusable option %o", (options, message) => {
    const outputDir = folder.at("out");
    const all = typeof options === "object" && options?.constructor === Object ? { outputDir, ...options } : options;
    const call = () => called([server.url("/ok")], all);
    expect(call).toThrow(OptionError);
    expect(call).toThrow(message);
    expect(existsSync(outputDir)).toBe(false);
    expect(filesOf(folder.path)).toEqual([]);
    expect(server.stats.requests).toBe(0);
  });

  it.each([
    ["undefined", undefined, /^input: undefined is not/],
    ["null", null, /^input: null is not/],
    ["a number", 5, /^input: 5 is not/],
    ["an empty object", {}, /^input: an object is not/],
    ["a URL object", new URL("http://127.0.0.1/"), /^input: an object \(URL\) is not .*\[url\]/],
    ["a promise", Promise.resolve(["http://127.0.0.1/"]), /^input: an object \(Promise\) is not .*await/],
    ["a Buffer", Buffer.from("http://127.0.0.1/\n"), /^input: an object \(Uint8Array\) is not/],
    ["a String object", new String("http://127.0.0.1/"), /^input: an object \(String\) is not/],
    ["a false iterator", { [Symbol.iterator]: 5 }, /^input: an object is not/],
  ])("the unusable input %s", (_, input, message) => {
    const call = () => called(input, { outputDir: join(folder.path, "out") });
    expect(call).toThrow(OptionError);
    expect(call).toThrow(message);
    expect(filesOf(folder.path)).toEqual([]);
  });
});
