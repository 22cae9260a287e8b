// One request and its answer on one connection: the hot path. Settles once, by its own limits, whatever undici does.

import { classify, type Phase } from "../core/classify.ts";
import type { Failure } from "../core/failure.ts";
import { type Arriving, arriving } from "./arriving.ts";
import type { Connection, Connections, RawHandler } from "./connections.ts";
import { type AnswerHeaders, readHeaders } from "./headers.ts";
import { type Pace, pace } from "./pace.ts";
import { isRedirectStatus, type Redirect } from "./redirect.ts";
import { httpStatus, type Limits, type Reply, STALE } from "./reply.ts";
import type { Watch, Watched } from "./watch.ts";

/** The body of an answer that is not stored is waited for if it is short, so that the connection lives on. */
const DISCARD_BYTES = 16_384;
const DISCARD_MS = 1000;

/** What all exchanges share. */
export interface Wire {
  readonly connections: Connections;
  readonly limits: Limits;
  readonly watch: Watch;
  /** Counts the bytes of bodies received. */
  readonly meter: { bytes: number };
}

/** Sends a GET and gives the reply. `untilMs`: when the URL's whole time is over, by `performance.now()`. */
export function exchange(
  wire: Wire,
  connection: Connection,
  path: string,
  headers: readonly string[],
  untilMs: number,
): Promise<Reply> {
  return new Promise((resolve) => {
    const one = new Exchange(wire, connection, untilMs, resolve);
    wire.watch.add(one);
    connection.send(path, headers, one);
  });
}

type State = "waiting" | "collecting" | "streaming" | "discarding" | "over";

export class Exchange implements RawHandler, Watched {
  private readonly wire: Wire;
  private readonly connection: Connection;
  private readonly untilMs: number;
  private readonly resolve: (reply: Reply) => void;
  private state: State = "waiting";
  private phase: Phase = "connect";
  /** When this phase is over: to connect, to the end of the headers, or of a discarded body. */
  private deadlineMs: number;
  private answerStarted = false;
  private status = 0;
  private headers: AnswerHeaders | undefined;
  private headersMs = 0;
  private pieces: Buffer[] = [];
  private bytes = 0;
  private stream: Arriving | undefined;
  private discarded: Redirect | Failure | undefined;
  private resume: (() => void) | undefined;
  private paused = false;
  private pace: Pace | undefined;

  constructor(wire: Wire, connection: Connection, untilMs: number, resolve: (reply: Reply) => void) {
    this.wire = wire;
    this.connection = connection;
    this.untilMs = untilMs;
    this.resolve = resolve;
    this.deadlineMs = performance.now() + wire.limits.connectTimeoutMs;
  }

  onOpening(): void {
    this.phase = "connect";
    this.deadlineMs = performance.now() + this.wire.limits.connectTimeoutMs;
  }

  onConnect(abort: () => void): void {
    if (this.state === "over") return abort();
    this.phase = "headers";
    this.deadlineMs = performance.now() + this.wire.limits.timeoutMs;
  }

  onResponseStarted(): void {
    this.answerStarted = true;
  }

  onHeaders(status: number, raw: readonly Buffer[], resume: () => void): boolean {
    // RFC 9110 section 15.2: any number of 1xx may come before the answer. They buy no time.
    if (this.state === "over" || status < 200) return true;
    this.status = status;
    this.phase = "body";
    this.resume = resume;
    const nowMs = performance.now();
    this.headersMs = nowMs;
    const headers = readHeaders(raw);
    this.headers = headers;
    const { limits } = this.wire;
    const { transferEncoding, contentLength } = headers;
    if (transferEncoding !== undefined && transferEncoding !== "chunked") {
      this.fail({
        error: "protocol_error",
        detail: `transfer-encoding "${transferEncoding}" was not asked for`,
        status,
      });
    } else if (status < 200 || status > 299) {
      this.discard(isRedirectStatus(status) ? { status, locations: headers.locations } : httpStatus(status), nowMs);
    } else if (status === 206) {
      this.fail({ error: "bad_range", detail: "206: a part that was not asked for", status });
    } else if (contentLength !== undefined && contentLength > limits.maxFileBytes) {
      this.fail({ error: "too_large", detail: `${contentLength} bytes, over --max-filesize`, status });
    } else {
      this.state = "collecting";
      if (contentLength !== undefined && contentLength > limits.wholeBytes && status !== 204) this.startStream();
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    // A parser that is resumed at the end of what it had calls with nothing; to pause it then would be for ever.
    if (this.state === "over" || chunk.length === 0) return true;
    this.bytes += chunk.length;
    if (this.state === "discarding") {
      if (this.bytes > DISCARD_BYTES) this.finishDiscarding();
      return true;
    }
    const { limits, meter } = this.wire;
    meter.bytes += chunk.length;
    if (this.bytes > limits.maxFileBytes) {
      this.fail({ error: "too_large", detail: "over --max-filesize", status: this.status });
      return true;
    }
    if (this.stream !== undefined) {
      this.paused = !this.stream.push(chunk);
      return !this.paused;
    }
    this.pieces.push(chunk);
    if (this.bytes > limits.wholeBytes) this.startStream();
    return true;
  }

  onComplete(): void {
    if (this.state === "over") return;
    if (this.state === "discarding") {
      const discarded = this.discarded;
      this.end();
      this.wire.connections.release(this.connection);
      if (discarded !== undefined) this.resolve(discarded);
      return;
    }
    // undici checks the length too; a file is too much to lose to one check.
    const expected = this.status === 204 ? 0 : this.headers?.contentLength;
    if (expected !== undefined && this.bytes !== expected) {
      return this.fail({ error: "truncated", detail: `${this.bytes} of ${expected} bytes`, status: this.status });
    }
    const stream = this.stream;
    this.end();
    this.wire.connections.release(this.connection);
    if (stream === undefined) this.succeed(this.pieces);
    else stream.end();
  }

  onError(error: Error): void {
    if (this.state === "over") return;
    if (this.state === "discarding") return this.finishDiscarding();
    const failure = classify(error, this.phase);
    if (failure.error === "connection_lost" && this.connection.reused && !this.answerStarted) {
      this.end();
      this.connection.drop();
      return this.resolve(STALE);
    }
    this.fail(this.explained(failure));
  }

  check(nowMs: number): void {
    const { limits } = this.wire;
    if (nowMs >= this.untilMs) {
      this.fail({ error: "deadline", detail: "the whole URL took longer than --max-time" });
    } else if (this.state === "discarding") {
      if (nowMs >= this.deadlineMs) this.finishDiscarding();
    } else if (this.phase === "body") {
      this.pace ??= pace(limits, nowMs);
      const slow = this.pace(this.bytes, this.paused, nowMs);
      if (slow !== undefined) this.fail({ ...slow, status: this.status });
    } else if (nowMs >= this.deadlineMs) {
      this.fail(
        this.phase === "connect"
          ? { error: "connect_timeout", detail: `no connection in ${limits.connectTimeoutMs / 1000} s` }
          : { error: "headers_timeout", detail: `no whole header block in ${limits.timeoutMs / 1000} s` },
      );
    }
  }

  /** Ends it as `interrupted`, at once. */
  abort(): void {
    this.fail({ error: "interrupted", detail: "stopped while it was under way" });
  }

  private startStream(): void {
    const onDrained = () => {
      this.paused = false;
      this.resume?.();
    };
    this.stream = arriving(this.pieces, onDrained, () => this.abort());
    this.pieces = [];
    this.state = "streaming";
    this.succeed(this.stream);
  }

  private succeed(body: readonly Uint8Array[] | Arriving): void {
    const headers = this.headers;
    if (headers !== undefined) this.resolve({ status: this.status, headers, headersMs: this.headersMs, body });
  }

  private discard(reply: Redirect | Failure, nowMs: number): void {
    this.state = "discarding";
    this.discarded = reply;
    this.deadlineMs = nowMs + DISCARD_MS;
    if ((this.headers?.contentLength ?? 0) > DISCARD_BYTES) this.finishDiscarding();
  }

  private finishDiscarding(): void {
    const discarded = this.discarded;
    this.end();
    this.connection.drop();
    if (discarded !== undefined) this.resolve(discarded);
  }

  private fail(failure: Failure): void {
    if (this.state === "over") return;
    const stream = this.stream;
    this.end();
    this.connection.drop();
    if (stream === undefined) this.resolve(failure);
    else stream.end(failure);
  }

  private end(): void {
    this.state = "over";
    this.wire.watch.remove(this);
  }

  /** Says of a cut body how far it came; undici's messages do not. */
  private explained(failure: Failure): Failure {
    if (this.phase !== "body") return failure;
    const whole = this.headers?.contentLength;
    const cut = whole !== undefined && failure.error === "truncated";
    const detail = cut ? `${this.bytes} of ${whole} bytes` : `after ${this.bytes} bytes: ${failure.detail}`;
    return { ...failure, detail, status: this.status };
  }
}
