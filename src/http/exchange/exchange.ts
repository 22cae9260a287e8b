// One request and its answer on one connection: the hot path. Settles once, by its own limits.

import { classify, type Phase } from "../../core/classify.ts";
import type { Failure } from "../../core/failure.ts";
import type { PausedReader } from "../../core/run/bandwidth.ts";
import type { LinkedList } from "../../core/structures/linked-list.ts";
import type { ConnectTiming } from "../connect/connect-timing.ts";
import { fdExhaustion } from "../connect/fd-exhaustion.ts";
import type { Connection, Handler, Request } from "../h1/connection.ts";
import type { SentConditions } from "../semantics/conditional.ts";
import type { PartialRange } from "../semantics/content-range.ts";
import { evaluate, type Refusal, type Skipped } from "../semantics/evaluate.ts";
import { type AnswerHeaders, withoutLocations } from "../semantics/headers.ts";
import type { Redirect } from "../semantics/redirect.ts";
import { validatorOf } from "../semantics/validators.ts";
import { BodyBuffer } from "./body-buffer.ts";
import { type BodyQueue, bodyQueue } from "./body-stream.ts";
import { DEADLINE, INTERRUPTED, inBody, timedOut, tooLarge, truncated } from "./failure-details.ts";
import { DISCARD_BYTES, DISCARD_MS, type ExchangeContext, type OnReply, STALE } from "./reply.ts";
import { type StallDetector, stallDetector } from "./stall-detector.ts";
import type { Timed } from "./timeouts.ts";

type State = "waiting" | "collecting" | "streaming" | "discarding" | "over";

/** Header lines up to this length are kept until it is known whether `validatorOf` needs them; others are read at once. */
const MAX_KEPT_CHARS = 16_384;

/** Sends a request and tells the reply, once. `untilMs`: when the URL's time is over. `terms`: what its headers ask for. */
export class Exchange implements Handler, Timed, PausedReader {
  list: LinkedList<Timed> | undefined;
  prevNode: Timed | undefined;
  nextNode: Timed | undefined;
  private readonly wire: ExchangeContext;
  private readonly connection: Connection;
  private onFields: Request["onFields"];
  private readonly untilMs: number;
  private readonly terms: SentConditions | undefined;
  private readonly onReply: OnReply;
  private steps: ConnectTiming | undefined;
  private state: State = "waiting";
  private phase: Phase = "connect";
  /** When this phase is over: to connect, to the end of the headers, or of a discarded body. */
  private deadlineMs: number;
  private answerStarted = false;
  private status = 0;
  private fields = "";
  private validator: string | undefined;
  private headers: AnswerHeaders | undefined;
  private part: PartialRange | undefined;
  /** The length of this answer's body, where it is known. */
  private expectedBytes: number | undefined;
  private headersMs = 0;
  private readonly gathered: BodyBuffer;
  private bytes = 0;
  private stream: BodyQueue | undefined;
  private discarded: Redirect | Failure | Skipped | undefined;
  private paused = false; // the disk is slower than the wire
  private held = false; // it is another body's turn to be read
  private pace: StallDetector | undefined;

  constructor(
    wire: ExchangeContext,
    connection: Connection,
    untilMs: number,
    terms: SentConditions | undefined,
    onReply: OnReply,
  ) {
    this.wire = wire;
    this.connection = connection;
    this.untilMs = untilMs;
    this.terms = terms;
    this.onReply = onReply;
    this.gathered = new BodyBuffer(wire.buffers);
    this.deadlineMs = performance.now() + wire.limits.connectTimeoutMs;
  }

  send(request: Request): void {
    this.onFields = request.onFields;
    this.wire.timer.add(this);
    this.connection.send(request, this);
  }

  onOpening(steps: ConnectTiming | undefined): void {
    this.phase = "connect";
    this.steps = steps;
    this.deadlineMs = performance.now() + this.wire.limits.connectTimeoutMs;
  }

  onConnect(): void {
    this.phase = "headers";
    this.deadlineMs = performance.now() + this.wire.limits.timeoutMs;
  }

  onResponseStarted(): void {
    this.answerStarted = true;
  }

  onHeaders(status: number, headers: AnswerHeaders, fields: string): void {
    // RFC 9110 section 15.2: any number of 1xx may come before the answer. They buy no time.
    if (this.state === "over" || status < 200) return;
    this.status = status;
    this.phase = "body";
    this.onFields?.(fields);
    this.headersMs = performance.now();
    this.headers = withoutLocations(headers);
    const { limits } = this.wire;
    const verdict = evaluate(status, headers, fields, this.terms, limits);
    if (verdict !== undefined && "reply" in verdict) return this.discard(verdict, this.headersMs);
    this.state = "collecting";
    if (fields.length <= MAX_KEPT_CHARS) this.fields = fields;
    else this.validator = validatorOf(headers, fields);
    this.part = verdict;
    this.expectedBytes = status === 204 || status === 304 ? 0 : (verdict?.bytes ?? headers.contentLength);
    if (this.expectedBytes !== undefined && this.expectedBytes > limits.wholeBytes) this.startStream();
  }

  onData(chunk: Buffer, isOurs: boolean): boolean {
    if (this.state === "over") return true;
    this.bytes += chunk.length;
    const { limits, meter, throttle } = this.wire;
    if (this.state === "discarding") {
      throttle?.spend(chunk.length);
      if (this.bytes > DISCARD_BYTES) this.finishDiscarding();
      return true;
    }
    meter.bytes += chunk.length;
    if (this.bytes > (this.part?.bytes ?? limits.maxFileBytes)) {
      this.fail(tooLarge(this.part, this.status));
      return true;
    }
    if (this.stream !== undefined) {
      this.paused = !this.stream.push(chunk, isOurs);
    } else {
      this.gathered.add(chunk, this.expectedBytes);
      if (this.bytes > limits.wholeBytes) this.startStream();
    }
    if (throttle !== undefined) this.held = !throttle.onData(chunk.length, this);
    return !this.paused && !this.held;
  }

  resume(): void {
    this.held = false;
    if (!this.paused) this.connection.resume();
  }

  onComplete(): void {
    if (this.state === "over") return;
    if (this.state === "discarding") return this.finishDiscarding("release");
    // The reader counts too; a file is too much to lose to one check.
    const expected = this.expectedBytes;
    if (expected !== undefined && this.bytes !== expected) {
      return this.fail(truncated(this.bytes, expected, this.status));
    }
    const stream = this.stream;
    this.end();
    this.connection.release();
    if (stream === undefined) this.succeed(this.gathered.pieces(), undefined);
    else stream.end();
  }

  onError(error: Error): void {
    const failure = (this.phase === "connect" ? fdExhaustion(error) : undefined) ?? classify(error, this.phase);
    const isOpen = this.state === "waiting" && !this.answerStarted;
    if (!isOpen || failure.error !== "connection_lost" || !this.connection.isReused()) return this.onFailure(failure);
    this.onUnprocessed();
  }

  onUnprocessed(): void {
    if (this.state === "over") return;
    this.end();
    this.connection.drop();
    this.onReply(STALE, this.steps);
  }

  onFailure(failure: Failure): void {
    if (this.state === "over") return;
    if (this.state === "discarding") return this.finishDiscarding();
    this.fail(this.phase === "body" ? inBody(failure, this.bytes, this.expectedBytes, this.status) : failure);
  }

  check(nowMs: number): void {
    const { limits } = this.wire;
    if (nowMs >= this.untilMs) {
      this.fail(DEADLINE);
    } else if (this.state === "discarding") {
      if (nowMs >= this.deadlineMs) this.finishDiscarding();
    } else if (this.phase === "body") {
      this.pace ??= stallDetector(limits, nowMs);
      const slow = this.pace(this.bytes, this.paused || this.held, nowMs);
      if (slow !== undefined) this.fail({ ...slow, status: this.status });
    } else if (this.phase === "connect" && this.steps?.isQueued === true) {
      this.deadlineMs = nowMs + limits.connectTimeoutMs;
    } else if (nowMs >= this.deadlineMs) {
      this.fail(timedOut(this.phase, this.steps, limits));
    }
  }

  /** Ends it as `interrupted`, at once. */
  abort(): void {
    this.fail(INTERRUPTED);
  }

  private startStream(): void {
    const onDrained = () => {
      this.paused = false;
      if (!this.held) this.connection.resume();
    };
    this.stream = bodyQueue(this.gathered.pieces(), onDrained, () => this.abort(), this.wire.limits.waitingBytes);
    this.state = "streaming";
    const { headers, part, terms } = this;
    if (headers === undefined) return;
    // The version of a part was checked, and a 206 need not say all that a 200 does (RFC 9110 section 15.3.7).
    this.succeed(this.stream, part === undefined ? this.ownValidator(headers) : terms?.kept?.validator);
    this.fields = "";
  }

  private ownValidator(headers: AnswerHeaders): string | undefined {
    return this.fields === "" ? this.validator : validatorOf(headers, this.fields);
  }

  private succeed(body: readonly Uint8Array[] | BodyQueue, validator: string | undefined): void {
    const { status, headers, headersMs, part } = this;
    if (headers !== undefined)
      this.onReply({ status, headers, headersMs, body, free: this.gathered.free, part, validator }, this.steps);
  }

  private discard({ reply, discard }: Refusal, nowMs: number): void {
    this.state = "discarding";
    this.discarded = reply;
    this.deadlineMs = nowMs + DISCARD_MS;
    if (!discard || (this.headers?.contentLength ?? 0) > DISCARD_BYTES) this.finishDiscarding();
  }

  private finishDiscarding(then: "drop" | "release" = "drop"): void {
    const discarded = this.discarded;
    this.end();
    this.connection[then]();
    if (discarded !== undefined) this.onReply(discarded, this.steps);
  }

  private fail(failure: Failure): void {
    if (this.state === "over") return;
    const stream = this.stream;
    this.end();
    this.gathered.free?.();
    this.connection.drop();
    if (stream === undefined) this.onReply(failure, this.steps);
    else stream.end(failure);
  }

  private end(): void {
    this.state = "over";
    this.wire.timer.remove(this);
    this.wire.throttle?.cancel(this);
  }
}
