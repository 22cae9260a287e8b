// Answers of dispatchers, valid or not, by both handler interfaces of undici: each request settles once, and none stays paused.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FACTS, type Failure, isFailure } from "../../../src/core/failure.ts";
import { dispatcherConnections } from "../../../src/http/dispatcher/dispatcher-connections.ts";
import type {
  DispatchController,
  Dispatcher,
  DispatchHandler,
  DispatchOptions,
} from "../../../src/http/dispatcher/dispatcher-shape.ts";
import type { GetOptions } from "../../../src/http/options.ts";
import { collect, testGet } from "../../support/get.ts";
import { own } from "../../support/own.ts";

/** A dispatcher whose behaviour the test sets; it counts pauses, resumes and aborts. */
class Fake implements Dispatcher {
  paused = 0;
  resumed = 0;
  readonly aborted: Error[] = [];
  readonly asked: DispatchOptions[] = [];
  private readonly act: (handler: DispatchHandler, controller: DispatchController, options: DispatchOptions) => void;

  constructor(act: (handler: DispatchHandler, controller: DispatchController, options: DispatchOptions) => void) {
    this.act = act;
  }

  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean {
    this.asked.push(options);
    const controller = {
      pause: () => void this.paused++,
      resume: () => void this.resumed++,
      abort: (reason: Error) => void this.aborted.push(reason),
    };
    this.act(handler, controller, options);
    return true;
  }
}

const fetched = async (dispatcher: Dispatcher, options: Partial<GetOptions> = {}): Promise<Buffer | Failure> => {
  const get = own(testGet({ ...options, carrier: dispatcherConnections(dispatcher) }));
  return collect(await get.fetch(new URL("http://mock.example/a")));
};

/** One answer by the handler interface of undici 7, and by that of undici 6. */
const WAYS = {
  "from version 7 on"(handler: DispatchHandler, controller: DispatchController, pieces: readonly Buffer[]) {
    handler.onRequestStart(controller);
    handler.onResponseStart(controller, 103, { link: "x" });
    handler.onResponseStart(controller, 200, { "content-type": "text/plain" });
    for (const piece of pieces) handler.onResponseData(controller, piece);
    handler.onResponseEnd(controller, {});
  },
  "before that"(handler: DispatchHandler, controller: DispatchController, pieces: readonly Buffer[]) {
    handler.onConnect((error) => controller.abort(error ?? new Error("no reason")));
    const fields = (...all: readonly string[]) => all.map((one) => Buffer.from(one));
    handler.onHeaders(103, fields("Link", "x"), () => controller.resume());
    handler.onHeaders(200, fields("Content-Type", "text/plain"), () => controller.resume());
    for (const piece of pieces) if (!handler.onData(piece)) controller.pause();
    handler.onComplete([]);
  },
};

describe.each(Object.entries(WAYS))("the handler interface of undici %s", (_way, answer) => {
  it("receives a body after informational answers", async () => {
    const fake = new Fake((handler, controller) => answer(handler, controller, [Buffer.from("a"), Buffer.from("b")]));
    expect(String(await fetched(fake))).toBe("ab");
    expect(fake.asked).toEqual([
      {
        origin: "http://mock.example",
        path: "/a",
        method: "GET",
        headers: { "user-agent": "bulkget-test", accept: "*/*", "accept-encoding": "identity" },
      },
    ]);
    expect(fake.aborted).toEqual([]);
  });

  it("ignores an answer after the request was cancelled", async () => {
    let handler: DispatchHandler | undefined;
    let control: DispatchController | undefined;
    const fake = new Fake((one, controller) => {
      handler = one;
      control = controller;
    });
    const result = await fetched(fake, { timeoutMs: 50 });
    expect(result).toMatchObject({ error: "headers_timeout" });
    if (handler !== undefined && control !== undefined) answer(handler, control, [Buffer.from("late")]);
    // Only now is there something to abort.
    expect(fake.aborted.map(({ message }) => message)).toEqual(["bulkget cancelled the request"]);
  });
});

describe("an answer of a dispatcher", () => {
  it("is paused while its consumer is slower, but not after its last byte", async () => {
    const MIB = Buffer.alloc(1_048_576);
    let send = (_pieces: number): void => {};
    const fake = new Fake((handler, controller) => {
      handler.onRequestStart(controller);
      handler.onResponseStart(controller, 200, { "content-length": String(4 * MIB.length) });
      send = (pieces) => {
        for (let i = 0; i < pieces; i++) handler.onResponseData(controller, MIB);
      };
      send(2);
    });
    const get = own(testGet({ carrier: dispatcherConnections(fake) }));
    const answer = await get.fetch(new URL("http://mock.example/a"));
    if (isFailure(answer) || !("next" in answer.body)) return expect.unreachable();
    expect([fake.paused, fake.resumed]).toEqual([1, 0]);
    await answer.body.next();
    expect([fake.paused, fake.resumed]).toEqual([1, 1]);
    send(2);
    expect([fake.paused, fake.resumed]).toEqual([1, 1]);
    await answer.body.next();
    expect(fake.resumed).toBe(1);
    answer.body.cancel();
  });

  it("is not paused again by the empty chunk that undici passes on resume", async () => {
    const fake = new Fake((handler, controller) => {
      handler.onRequestStart(controller);
      handler.onResponseStart(controller, 200, { "content-length": "9000000" });
      handler.onResponseData(controller, Buffer.alloc(2_000_000));
      handler.onResponseData(controller, Buffer.alloc(0));
    });
    const get = own(testGet({ carrier: dispatcherConnections(fake) }));
    const answer = await get.fetch(new URL("http://mock.example/a"));
    expect(fake.paused).toBe(1);
    if (isFailure(answer) || !("next" in answer.body)) return expect.unreachable();
    answer.body.cancel();
  });

  it.each([
    ["without a length", {}],
    ["whose connection ends with it", { "content-length": String(64 * 1_048_576), connection: "close" }],
  ])("%s is paused only after 16 MiB (nodejs/undici#5360)", async (_what, headers) => {
    const fake = new Fake((handler, controller) => {
      handler.onRequestStart(controller);
      handler.onResponseStart(controller, 200, headers);
      for (let i = 0; i < 17; i++) handler.onResponseData(controller, Buffer.alloc(1_048_576));
      expect(fake.paused).toBe(0);
      handler.onResponseData(controller, Buffer.alloc(1_048_576));
      expect(fake.paused).toBe(1);
    });
    const get = own(testGet({ carrier: dispatcherConnections(fake) }));
    const answer = await get.fetch(new URL("http://mock.example/a"));
    if (isFailure(answer) || !("next" in answer.body)) return expect.unreachable();
    await answer.body.next();
    expect(fake.resumed).toBe(1);
    answer.body.cancel();
  });

  it("whose request is cancelled within the body is aborted with undici's code", async () => {
    const fake = new Fake((handler, controller) => {
      handler.onRequestStart(controller);
      handler.onResponseStart(controller, 200, { "content-length": "10" });
      handler.onResponseData(controller, Buffer.alloc(11));
    });
    expect(await fetched(fake)).toMatchObject({ error: "protocol_error" });
    expect(fake.aborted).toMatchObject([{ code: "UND_ERR_ABORTED" }]);
  });

  it("may have chunks of text or of any array type, and an error without a controller (undici 8)", async () => {
    const odd = new Fake((handler, controller) => {
      handler.onRequestStart(controller);
      handler.onResponseStart(controller, 200, {});
      for (const piece of ["a", new Uint8Array([98]), Buffer.from("c")])
        (handler.onResponseData as (controller: DispatchController, piece: unknown) => void)(controller, piece);
      handler.onResponseEnd(controller, {});
    });
    expect(String(await fetched(odd))).toBe("abc");
    const failing = new Fake((handler) => handler.onResponseError(null, new Error("early")));
    expect(await fetched(failing)).toEqual({ error: "dispatcher_failed", detail: "early" });
  });

  it("with 101 is refused, and its socket destroyed", async () => {
    let destroyed = 0;
    const fake = new Fake((handler, controller) => {
      handler.onRequestStart(controller);
      handler.onRequestUpgrade(controller, 101, {}, { destroy: () => destroyed++ });
    });
    expect(await fetched(fake)).toMatchObject({ error: "protocol_error", status: 101 });
    expect(destroyed).toBe(1);
  });

  it("arrives through an interceptor that spreads the handler", async () => {
    const fake = new Fake((handler, controller) =>
      WAYS["from version 7 on"]({ ...handler }, controller, [Buffer.from("x")]),
    );
    expect(String(await fetched(fake))).toBe("x");
  });
});

const coded = (code: string, more: object = {}) => Object.assign(new Error("said"), { code, ...more });

it.each([
  ["UND_ERR_SOCKET", "connection_lost", "truncated"],
  ["UND_ERR_INFO", "connection_lost", "truncated"],
  ["UND_ERR_ABORTED", "connection_lost", "truncated"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "protocol_error", "truncated"],
  ["UND_ERR_HEADERS_TIMEOUT", "headers_timeout", "headers_timeout"],
  ["UND_ERR_BODY_TIMEOUT", "body_timeout", "body_timeout"],
  ["UND_ERR_RES_EXCEEDED_MAX_SIZE", "too_large", "too_large"],
  ["UND_ERR_REQ_RETRY", "connection_lost", "truncated"],
  ["HPE_INVALID_EOF_STATE", "connection_lost", "truncated"],
  ["HPE_INVALID_CHUNK_SIZE", "protocol_error", "protocol_error"],
  ["ECONNRESET", "connection_lost", "truncated"],
  ["EPIPE", "connection_lost", "truncated"],
  ["ERR_HTTP2_STREAM_ERROR", "connection_lost", "truncated"],
  ["UND_ERR_INVALID_ARG", "dispatcher_failed", "dispatcher_failed"],
])(
  "a dispatcher's error with the code %s is %s after the request was sent, and %s within the body",
  async (code, early, late) => {
    const inHeaders = new Fake((handler, controller) => {
      handler.onRequestStart(controller);
      handler.onResponseError(controller, coded(code));
    });
    expect(await fetched(inHeaders)).toEqual({ error: early, detail: `said (${code})` });
    const inBody = new Fake((handler, controller) => {
      handler.onRequestStart(controller);
      handler.onResponseStart(controller, 200, { "content-type": "a/b" });
      handler.onResponseData(controller, Buffer.from("12345"));
      handler.onResponseError(controller, coded(code));
    });
    expect(await fetched(inBody)).toEqual({ error: late, detail: `after 5 bytes: said (${code})`, status: 200 });
  },
);

it("a dispatcher's error that contains an answer is that answer, with its Retry-After", async () => {
  const more = { statusCode: 503, headers: { "retry-after": "7", "content-length": "100000" } };
  const fake = new Fake((handler, controller) => {
    handler.onRequestStart(controller);
    handler.onResponseError(controller, coded("UND_ERR_RESPONSE", more));
  });
  expect(await fetched(fake)).toEqual({
    error: "http_status",
    detail: "503 Service Unavailable",
    status: 503,
    retryAfterMs: 7000,
  });
});

type Step = (handler: DispatchHandler, controller: DispatchController) => void;

const fields = fc.dictionary(
  fc.oneof(fc.constantFrom("content-length", "location", "transfer-encoding", "retry-after", "x"), fc.string()),
  fc.oneof(fc.constantFrom("5", "chunked", "/a", "-1"), fc.string({ unit: "binary" }), fc.array(fc.string())),
);
const statuses = fc.oneof(fc.constantFrom(200, 204, 206, 302, 304, 404, 503, 100, 101, 0, 99, 1000), fc.double());
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>((handler, controller) => handler.onRequestStart(controller)),
  fc.constant<Step>((handler, controller) => handler.onConnect(() => controller.abort(new Error("x")))),
  fc.tuple(statuses, fields).map<Step>(
    ([status, headers]) =>
      (handler, controller) =>
        handler.onResponseStart(controller, status, headers),
  ),
  fc.tuple(statuses, fields).map<Step>(
    ([status, headers]) =>
      (handler) =>
        void handler.onHeaders(status, Object.entries(headers).flat() as never, () => {}),
  ),
  fc
    .nat({ max: 200_000 })
    .map<Step>((bytes) => (handler, controller) => handler.onResponseData(controller, Buffer.alloc(bytes))),
  fc.constant<Step>((handler) => void handler.onData(Buffer.from("12345"))),
  fc.constant<Step>((handler, controller) => handler.onResponseEnd(controller, {})),
  fc.constant<Step>((handler) => handler.onComplete([])),
  fc.constant<Step>((handler) => handler.onError(new Error("x"))),
  fc.constant<Step>((handler, controller) =>
    handler.onResponseError(controller, Object.assign(new Error("x"), { code: "UND_ERR_RESPONSE", statusCode: 418 })),
  ),
  fc.constant<Step>(() => {
    throw new Error("thrown");
  }),
);

it("any sequence of a dispatcher's calls ends in one answer or one failure that is not `internal`", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 8 }), async (all) => {
      const fake = new Fake((handler, controller) => {
        for (const step of all) step(handler, controller);
      });
      const get = testGet({ carrier: dispatcherConnections(fake), timeoutMs: 60, maxRedirects: 2 });
      try {
        const result = await collect(await get.fetch(new URL("http://mock.example/a")));
        if (!isFailure(result)) return;
        expect(Object.keys(FACTS)).toContain(result.error);
        expect(result.error).not.toBe("internal");
      } finally {
        get.close();
      }
    }),
    { numRuns: 500 },
  );
});

it("a page that sets a cookie and redirects to itself is fetched through a dispatcher, with the `?` of its URL", async () => {
  const fake = new Fake((handler, controller, { headers }) => {
    const isIn = JSON.stringify(headers).includes("wall=open");
    handler.onRequestStart(controller);
    if (isIn) handler.onResponseStart(controller, 200, {});
    else
      handler.onResponseStart(controller, 302, { location: "/a?", "set-cookie": ["wall=open\u00a0", "b=1; Path=/b"] });
    handler.onResponseEnd(controller, {});
  });
  expect(await fetched(fake)).toEqual(Buffer.alloc(0));
  expect(fake.asked.map(({ path, headers }) => [path, (headers as Record<string, unknown>)["cookie"]])).toEqual([
    ["/a", undefined],
    ["/a?", "wall=open\u00a0"], // of which A0 is a byte
  ]);
});
