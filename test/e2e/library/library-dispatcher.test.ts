// The option `dispatcher` with undici's MockAgent, Agent, Pool and interceptors keeps the library's promises.

import { readFileSync } from "node:fs";
import { Agent, type Dispatcher, interceptors, MockAgent, Pool } from "undici";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { MAX_HEAD_BYTES } from "../../../src/http/h1/partial-header-block.ts";
import { type BulkgetOptions, bulkget, type Outcome } from "../../../src/index.ts";
import { filesOf, recordsOf } from "../../support/command.ts";
import { own, ownFolder, ownRudeServer } from "../../support/own.ts";
import { gate, host } from "../../support/rude/host.ts";
import { body } from "../../support/rude.ts";

const ORIGIN = "https://mock.example";

/** A MockAgent that makes no connections. */
function mock(): MockAgent {
  const agent = new MockAgent();
  agent.disableNetConnect();
  return own(agent);
}

/** The outcomes by number, with bodies in memory unless the options differ. */
async function outcomesOf(urls: Iterable<string>, options: BulkgetOptions): Promise<Map<number, Outcome>> {
  const outcomes = new Map<number, Outcome>();
  for await (const outcome of bulkget(urls, { retries: 0, output: "memory", ...options }))
    outcomes.set(outcome.n, outcome);
  return outcomes;
}

async function outcomeOf(url: string, options: BulkgetOptions): Promise<Outcome> {
  return (await outcomesOf([url], options)).get(1) ?? expect.unreachable();
}

function textOf(outcome: Outcome | undefined): string {
  return outcome !== undefined && "body" in outcome && outcome.body instanceof Uint8Array
    ? Buffer.from(outcome.body).toString("latin1")
    : expect.unreachable(JSON.stringify(outcome));
}

describe("with a MockAgent as dispatcher,", () => {
  const folder = ownFolder();

  it("responses become files, failures and records, as from a server", async () => {
    const agent = mock();
    const pool = agent.get(ORIGIN);
    pool.intercept({ path: "/a.json?x=1" }).reply(200, { ok: true }, { headers: { etag: '"e"' } });
    pool.intercept({ path: "/gone" }).reply(404);
    pool.intercept({ path: "/moved" }).reply(302, "moved", { headers: { location: "/there" } });
    pool.intercept({ path: "/there" }).reply(200, "arrived", { headers: { "content-type": "text/html" } });
    pool.intercept({ path: "/empty" }).reply(204);
    const urls = ["/a.json?x=1", "/gone", "/moved", "/empty"].map((path) => ORIGIN + path);
    const outputDir = folder.at("out");
    const outcomes = await outcomesOf(urls, { dispatcher: agent, output: "files", outputDir });
    expect(outcomes.get(1)).toMatchObject({ outcome: "saved", file: "000001.json", status: 200, etag: '"e"' });
    expect(outcomes.get(2)).toMatchObject({ outcome: "failed", error: "http_status", status: 404 });
    expect(outcomes.get(3)).toMatchObject({ outcome: "saved", final_url: `${ORIGIN}/there`, type: "text/html" });
    expect(outcomes.get(4)).toMatchObject({ outcome: "saved", status: 204, bytes: 0 });
    expect(filesOf(outputDir)).toEqual(["000001.json", "000003.html", "000004"]);
    expect(readFileSync(`${outputDir}/000001.json`, "utf8")).toBe('{"ok":true}');
    expect(recordsOf(outputDir).size).toBe(4);
    agent.assertNoPendingInterceptors();
  });

  it("a 503 is retried after its Retry-After", async () => {
    const agent = mock();
    const pool = agent.get(ORIGIN);
    pool.intercept({ path: "/" }).reply(503, "", { headers: { "retry-after": "1" } });
    pool.intercept({ path: "/" }).reply(200, "now");
    const outcome = await outcomeOf(`${ORIGIN}/`, { dispatcher: agent, retries: 1 });
    expect(outcome).toMatchObject({ outcome: "saved", attempts: 2 });
    expect(outcome.outcome === "saved" && (outcome.wait_ms ?? 0) >= 900).toBe(true);
  });

  it("headers, credentials and cookies do not follow a redirect to another origin", async () => {
    const agent = mock();
    const seen: unknown[] = [];
    const answer = (path: string, statusCode: number, location?: string, origin = ORIGIN) =>
      agent
        .get(origin)
        .intercept({ path })
        .reply(({ headers }) => {
          seen.push(headers);
          const more = location === undefined ? {} : { location };
          return { statusCode, data: "", responseOptions: { headers: { ...more, "set-cookie": ["set=1"] } } };
        });
    answer("/", 302, "/two");
    answer("/two", 302, "https://other.example/");
    answer("/", 200, undefined, "https://other.example");
    await outcomeOf(`${ORIGIN.replace("//", "//me:secret@")}/`, {
      dispatcher: agent,
      cookie: "mine=1",
      headers: { "X-Key": "k", Accept: "text/html" },
      userAgent: "agent/1",
    });
    const authorization = `Basic ${Buffer.from("me:secret").toString("base64")}`;
    const common = { accept: "text/html", "accept-encoding": "identity", "user-agent": "agent/1" };
    expect(seen).toEqual([
      { ...common, "x-key": "k", authorization, cookie: "mine=1" },
      { ...common, "x-key": "k", authorization, cookie: "set=1; mine=1" },
      common,
    ]);
  });

  it("a custom Host header and repeated headers are sent", async () => {
    const agent = mock();
    let seen: unknown;
    agent
      .get(ORIGIN)
      .intercept({ path: "/" })
      .reply(200, ({ headers }) => {
        seen = headers;
        return "";
      });
    const headers = [
      ["Host", "virtual.example"],
      ["X-A", "1"],
      ["x-a", "2"],
    ] as const;
    await outcomeOf(`${ORIGIN}/`, { dispatcher: agent, headers });
    expect(seen).toMatchObject({ host: "virtual.example", "x-a": ["1", "2"] });
  });

  it("robots.txt is requested through the dispatcher, and obeyed", async () => {
    const agent = mock();
    agent.get(ORIGIN).intercept({ path: "/robots.txt" }).reply(200, "User-agent: *\nDisallow: /private\n");
    agent.get(ORIGIN).intercept({ path: "/public" }).reply(200, "yes");
    const outcomes = await outcomesOf([`${ORIGIN}/private`, `${ORIGIN}/public`], { dispatcher: agent, robots: true });
    expect(outcomes.get(1)).toMatchObject({ outcome: "skipped", reason: "robots" });
    expect(textOf(outcomes.get(2))).toBe("yes");
  });

  it("the limits of sizes and redirects hold", async () => {
    const agent = mock();
    const pool = agent.get(ORIGIN);
    pool.intercept({ path: "/large" }).reply(200, "x".repeat(2000));
    pool.intercept({ path: "/said" }).reply(200, "", { headers: { "content-length": "2000" } });
    pool.intercept({ path: "/head" }).reply(200, "", { headers: { x: "x".repeat(MAX_HEAD_BYTES) } });
    pool.intercept({ path: "/file" }).reply(302, "", { headers: { location: "file:///etc/passwd" } });
    pool.intercept({ path: "/down" }).reply(302, "", { headers: { location: "http://mock.example/" } });
    for (let i = 0; i < 4; i++)
      pool.intercept({ path: `/${i}` }).reply(307, "", { headers: { location: `/${i + 1}` } });
    const paths = ["/large", "/said", "/head", "/file", "/down", "/0"];
    const options = { dispatcher: agent, maxFilesize: 1000, maxRedirs: 3 };
    const outcomes = await outcomesOf(
      paths.map((path) => ORIGIN + path),
      options,
    );
    expect(
      [...outcomes.values()].map((outcome) => outcome.outcome === "failed" && [outcome.n, outcome.error]).sort(),
    ).toEqual([
      [1, "too_large"],
      [2, "too_large"],
      [3, "headers_too_large"],
      [4, "redirect_refused"],
      [5, "redirect_refused"],
      [6, "redirect_limit"],
    ]);
  });

  it("the proxies of the environment are not used", async () => {
    for (const name of ["http_proxy", "https_proxy", "all_proxy"]) vi.stubEnv(name, "http://127.0.0.1:1");
    onTestFinished(() => void vi.unstubAllEnvs());
    const agent = mock();
    agent.get("http://mock.example").intercept({ path: "/a" }).reply(200, "past them");
    expect(textOf(await outcomeOf("http://mock.example/a", { dispatcher: agent }))).toBe("past them");
  });

  it("a late response fails with headers_timeout", async () => {
    const agent = mock();
    agent.get(ORIGIN).intercept({ path: "/" }).reply(200, "late").delay(60_000);
    const outcome = await outcomeOf(`${ORIGIN}/`, { dispatcher: agent, timeoutMs: 100 });
    expect(outcome).toMatchObject({
      outcome: "failed",
      error: "headers_timeout",
      detail: "no whole header block in 0.1 s",
    });
  });

  it("a body that differs from its Content-Length fails, and one without a Content-Length is unverified", async () => {
    const agent = mock();
    const pool = agent.get(ORIGIN);
    pool.intercept({ path: "/short" }).reply(200, "12345", { headers: { "content-length": "10" } });
    pool.intercept({ path: "/long" }).reply(200, "12345", { headers: { "content-length": "3" } });
    pool.intercept({ path: "/right" }).reply(200, "12345", { headers: { "content-length": "5" } });
    pool.intercept({ path: "/none" }).reply(200, "12345");
    const urls = ["/short", "/long", "/right", "/none"].map((path) => ORIGIN + path);
    const outcomes = await outcomesOf(urls, { dispatcher: agent });
    expect(outcomes.get(1)).toMatchObject({ outcome: "failed", error: "truncated", detail: "5 of 10 bytes" });
    expect(outcomes.get(2)).toMatchObject({ outcome: "failed", error: "protocol_error" });
    expect(outcomes.get(3)).toMatchObject({ outcome: "saved", bytes: 5 });
    expect(outcomes.get(3)).not.toHaveProperty("length");
    expect(outcomes.get(4)).toMatchObject({ outcome: "saved", bytes: 5, length: "unverified" });
  });

  it("a request without a mock fails with dispatcher_failed at once, with MockAgent's message", async () => {
    const outcome = await outcomeOf(`${ORIGIN}/unknown`, { dispatcher: mock(), retries: 3 });
    expect(outcome).toMatchObject({ outcome: "failed", error: "dispatcher_failed", attempts: 1, retryable: false });
    expect(outcome).toMatchObject({ detail: expect.stringContaining("net.connect disabled") });
  });

  it("a closed dispatcher causes dispatcher_failed without a retry", async () => {
    const agent = new Agent();
    await agent.close();
    const outcome = await outcomeOf(`${ORIGIN}/`, { dispatcher: agent, retries: 3 });
    expect(outcome).toMatchObject({ outcome: "failed", error: "dispatcher_failed", attempts: 1 });
  });

  it("a list of 20,000 URLs does not block the event loop", async () => {
    const agent = mock();
    agent
      .get(ORIGIN)
      .intercept({ path: () => true })
      .reply(200, "x")
      .persist();
    let turns = 0;
    const counting = setInterval(() => turns++, 1);
    let saved = 0;
    const urls = Array.from({ length: 20_000 }, (_, i) => `${ORIGIN}/${i}`);
    for await (const { outcome } of bulkget(urls, { dispatcher: agent, output: "memory" }))
      if (outcome === "saved") saved++;
    clearInterval(counting);
    expect(saved).toBe(20_000);
    expect(turns).toBeGreaterThan(5);
  });
});

describe("an error of a dispatcher", () => {
  const coded = (code: string, name = "Error") => Object.assign(new Error(`said: ${code}`), { code, name });

  it.each([
    ["UND_ERR_CONNECT_TIMEOUT", "connect_timeout"],
    ["UND_ERR_HEADERS_TIMEOUT", "headers_timeout"],
    ["UND_ERR_BODY_TIMEOUT", "body_timeout"],
    ["UND_ERR_HEADERS_OVERFLOW", "headers_too_large"],
    ["UND_ERR_RES_EXCEEDED_MAX_SIZE", "too_large"],
    ["UND_ERR_SOCKET", "connect_failed"],
    ["UND_ERR_ABORTED", "proxy_failed"],
    ["UND_ERR_PRX_TLS", "proxy_failed"],
    ["UND_ERR_SOCKS5_CONNECT", "proxy_failed"],
    ["HPE_INVALID_CONSTANT", "protocol_error"],
    ["UND_ERR_INVALID_ARG", "dispatcher_failed"],
    ["UND_ERR_NOT_SUPPORTED", "dispatcher_failed"],
    ["UND_ERR_DESTROYED", "dispatcher_failed"],
    ["UND_ERR_BPL_MISSING_UPSTREAM", "dispatcher_failed"],
    ["UND_ERR_MAX_ORIGINS_REACHED", "dispatcher_failed"],
    ["ECONNREFUSED", "connect_refused"],
    ["ECONNRESET", "connect_failed"],
    ["ENOTFOUND", "dns_not_found"],
    ["EAI_AGAIN", "dns_temporary"],
    ["CERT_HAS_EXPIRED", "tls_certificate"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls_certificate"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls_error"],
    ["E_NOBODY_KNOWS", "connect_failed"],
    ["ERR_INVALID_ARG_TYPE", "dispatcher_failed"],
    ["NOBODY_KNOWS", "dispatcher_failed"],
  ])("with code %s before the request is sent becomes %s", async (code, error) => {
    const agent = mock();
    agent.get(ORIGIN).intercept({ path: "/" }).replyWithError(coded(code));
    const outcome = await outcomeOf(`${ORIGIN}/`, { dispatcher: agent });
    expect(outcome).toMatchObject({ outcome: "failed", error, detail: `said: ${code}` });
  });

  it("without a code becomes dispatcher_failed, with the error's name and first line", async () => {
    const agent = mock();
    agent.get(ORIGIN).intercept({ path: "/" }).replyWithError(new TypeError("x is not a function\nat y"));
    const outcome = await outcomeOf(`${ORIGIN}/`, { dispatcher: agent });
    expect(outcome).toMatchObject({ error: "dispatcher_failed", detail: "TypeError: x is not a function" });
  });

  it("is classified by its cause", async () => {
    const agent = mock();
    const error = new TypeError("fetch failed", { cause: coded("ECONNREFUSED") });
    agent.get(ORIGIN).intercept({ path: "/" }).replyWithError(error);
    expect(await outcomeOf(`${ORIGIN}/`, { dispatcher: agent })).toMatchObject({ error: "connect_refused" });
  });

  it("that dispatch throws or rejects with becomes a failure", async () => {
    const thrower = { dispatch: () => expect.fail("thrown") };
    const rejecting = { dispatch: async () => Promise.reject(coded("ECONNREFUSED")) };
    expect(await outcomeOf(`${ORIGIN}/`, { dispatcher: thrower })).toMatchObject({ error: "dispatcher_failed" });
    expect(await outcomeOf(`${ORIGIN}/`, { dispatcher: rejecting })).toMatchObject({ error: "connect_refused" });
  });
});

describe("with an undici dispatcher and a real server,", () => {
  const server = ownRudeServer();
  const agents: Dispatcher[] = [];
  const agent = (options?: Agent.Options): Agent => {
    const made = new Agent(options);
    agents.push(made);
    return made;
  };
  // Runs before the server checks that no connection is left.
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((one) => one.destroy()));
  });

  it("small and large bodies with Content-Length, in chunks or to the end of the connection arrive byte for byte", async () => {
    const paths = [
      "/ok?bytes=1000",
      "/ok?chunked&bytes=5000",
      "/nolength?bytes=3000",
      "/big?mib=3",
      "/big-chunked?mib=3",
    ];
    const outcomes = await outcomesOf(
      paths.map((path) => server.url(path)),
      { dispatcher: agent() },
    );
    expect([...outcomes.values()].filter(({ outcome }) => outcome !== "saved")).toEqual([]);
    const lengths = [1000, 5000, 3000, 3 * 1_048_576, 3 * 1_048_576];
    for (const [i, length] of lengths.entries())
      expect(Buffer.from(textOf(outcomes.get(i + 1)), "latin1").equals(body(length))).toBe(true);
    expect(outcomes.get(1)).not.toHaveProperty("length");
    for (const n of [2, 3, 5]) expect(outcomes.get(n)).toHaveProperty("length", "unverified");
  });

  it.each([
    ["/reset-before", "connection_lost"],
    ["/close-before", "connection_lost"],
    ["/close-in-headers", "connection_lost"],
    ["/reset-in-headers", "connection_lost"],
    ["/close-in-body", "truncated"],
    ["/reset-in-body", "truncated"],
    ["/close-in-chunked", "truncated"],
    ["/reset-in-chunked", "truncated"],
    ["/stall-before", "headers_timeout"],
    ["/stall-in-headers", "headers_timeout"],
    ["/drip-headers", "headers_timeout"],
    ["/stall-in-body", "body_timeout"],
    ["/two-lengths", "protocol_error"],
    ["/ssh-banner", "protocol_error"],
    ["/bad-chunk-size", "protocol_error"],
    ["/te-gzip", "protocol_error"],
    ["/huge-headers", "headers_too_large"],
    ["/endless-body", "too_large"],
    ["/redirect-loop", "redirect_limit"],
  ])("%s causes %s", async (path, error) => {
    const outcome = await outcomeOf(server.url(path), { dispatcher: agent(), timeoutMs: 500, maxFilesize: 1_000_000 });
    expect([outcome.outcome === "failed" && outcome.error, outcome]).toEqual([error, outcome]);
  });

  it.each(["/rude-keepalive", "/rude-keepalive-reset"])(
    "a reused connection that the server has closed costs no retry: %s",
    async (path) => {
      const urls = Array.from({ length: 20 }, (_, i) => server.url(`${path}?seed=${i}`));
      const outcomes = await outcomesOf(urls, { dispatcher: agent(), concurrency: 1 });
      expect([...outcomes.values()].filter(({ outcome }) => outcome !== "saved")).toEqual([]);
      expect(server.seen.length).toBeGreaterThan(25);
    },
  );

  it("a closed port causes connect_refused, and an unknown name a dns_ error", async () => {
    const closed = await host((response) => response.end());
    await closed.close();
    expect(await outcomeOf(closed.origin, { dispatcher: agent() })).toMatchObject({ error: "connect_refused" });
    const nowhere = await outcomeOf("http://nowhere.invalid/", { dispatcher: agent() });
    expect(nowhere).toMatchObject({ error: expect.stringMatching(/^dns_/) });
  });

  it("`concurrency` requests run at a time, and requests that wait in a Pool are not lost", async () => {
    const doors = gate();
    const held = own(await host((response) => doors.pass(() => response.end("fine"))));
    const urls = Array.from({ length: 100 }, (_, i) => `${held.origin}/${i}`);
    const running = outcomesOf(urls, { dispatcher: agent(), concurrency: 20 });
    await expect.poll(() => doors.waiting, { timeout: 60_000 }).toBe(20);
    doors.open();
    expect((await running).size).toBe(100);
    expect(held.peakOpen).toBe(20);

    const pool = new Pool(held.origin, { connections: 3 });
    agents.push(pool);
    const outcomes = await outcomesOf(urls, { dispatcher: pool, concurrency: 20 });
    expect([...outcomes.values()].filter(({ outcome }) => outcome !== "saved")).toEqual([]);
  });

  it("the time in a moving Pool queue does not count towards the timeout", async () => {
    const one = own(await host((response) => void setTimeout(() => response.end("fine"), 100)));
    const pool = new Pool(one.origin, { connections: 1 });
    agents.push(pool);
    const urls = Array.from({ length: 30 }, (_, i) => `${one.origin}/${i}`);
    const outcomes = await outcomesOf(urls, { dispatcher: pool, concurrency: 30, timeoutMs: 1500 });
    expect([...outcomes.values()].filter(({ outcome }) => outcome !== "saved")).toEqual([]);
  });

  it.each(["/big-nolength?mib=3", "/close-big?mib=3", "/big?mib=3"])(
    "%s slowed down by limitRate arrives whole, and does not end the process (undici#5360)",
    async (path) => {
      const urls = [path, path, path].map((one) => server.url(one));
      const outcomes = await outcomesOf(urls, { dispatcher: agent(), limitRate: 6_000_000 });
      for (const n of [1, 2, 3]) expect(outcomes.get(n)).toMatchObject({ outcome: "saved", bytes: 3 * 1_048_576 });
    },
  );

  it("the dispatcher of Node's own fetch works too", async () => {
    await fetch(server.url("/ok")).then((response) => response.arrayBuffer());
    const nodes = (globalThis as Record<symbol, unknown>)[Symbol.for("undici.globalDispatcher.1")] as Dispatcher;
    const paths = ["/ok?bytes=1000", "/big?mib=2", "/status/404", "/redirect-relative"];
    const outcomes = await outcomesOf(
      paths.map((path) => server.url(path)),
      { dispatcher: nodes },
    );
    expect(outcomes.get(1)).toMatchObject({ outcome: "saved", bytes: 1000 });
    expect(outcomes.get(2)).toMatchObject({ outcome: "saved", bytes: 2 * 1_048_576 });
    expect(outcomes.get(3)).toMatchObject({ outcome: "failed", status: 404 });
    expect(outcomes.get(4)).toMatchObject({ outcome: "saved", bytes: 100, final_url: server.url("/ok?bytes=100") });
    await nodes.destroy();
  });

  it("leaving the loop aborts requests under way, and leaves the dispatcher open", async () => {
    const dispatcher = agent();
    const paths = ["/ok", "/stall-before", "/endless-body", "/stall-in-body"];
    for await (const { n } of bulkget(
      paths.map((path) => server.url(path)),
      { dispatcher, output: "memory" },
    )) {
      expect(n).toBe(1);
      break;
    }
    await expect.poll(() => server.stats.openRequests, { timeout: 60_000 }).toBe(0);
    expect(textOf(await outcomeOf(server.url("/ok?bytes=10"), { dispatcher }))).toHaveLength(10);
  });

  it("composed interceptors apply: signing, asynchronous, responseError, retry, dns", async () => {
    const signing: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
      dispatch({ ...options, headers: { ...(options.headers as object), signature: `for ${options.path}` } }, handler);
    const later = (dispatch: Dispatcher.Dispatch) => async (options: Dispatcher.DispatchOptions, handler: object) => {
      await new Promise((resolve) => setImmediate(resolve));
      return dispatch(options, handler);
    };
    const signed = agent().compose(signing, later as unknown as Dispatcher.DispatcherComposeInterceptor);
    await outcomeOf(server.url("/ok?signed"), { dispatcher: signed });
    expect(server.seen.at(-1)?.headers).toMatchObject({ signature: "for /ok?signed" });

    const throwing = agent().compose(interceptors.responseError());
    const refused = await outcomeOf(server.url("/status/503?header=Retry-After:%2077"), { dispatcher: throwing });
    expect(refused).toMatchObject({ error: "http_status", status: 503 });
    expect(refused.outcome === "failed" && refused.detail).toMatch(/^503/);

    const again = agent().compose(interceptors.retry({ minTimeout: 1, maxRetries: 3 }));
    const flaky = await outcomeOf(server.url("/flaky?every=3&id=again"), { dispatcher: again });
    expect(flaky).toMatchObject({ outcome: "saved", attempts: 1 });

    const named = agent().compose(interceptors.dns());
    const url = server.url("/ok?bytes=7").replace("127.0.0.1", "localhost");
    expect(await outcomeOf(url, { dispatcher: named })).toMatchObject({ outcome: "saved", bytes: 7 });
  });
});
