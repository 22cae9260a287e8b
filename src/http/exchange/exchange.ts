// One request and its answer on one connection, with their timeouts: the hot path. Returns one result.

import { classify } from "../../core/classify.ts";
import type { Failure } from "../../core/failure.ts";
import { fdExhaustion } from "../../core/fd-exhaustion.ts";
import type { PausedReader } from "../../core/run/bandwidth.ts";
import type { LinkedList } from "../../core/structures/linked-list.ts";
import type { ConnectTiming } from "../connect/connect-timing.ts";
import type { Connection, Handler, Request } from "../h1/connection.ts";
import type { SentConditions } from "../semantics/conditional.ts";
import { evaluate } from "../semantics/evaluate.ts";
import type { AnswerHeaders } from "../semantics/headers.ts";
import { BodyBuffer } from "./body-buffer.ts";
import { bodyQueue } from "./body-stream.ts";
import { DEADLINE, INTERRUPTED, inBody, timedOut, tooLarge, truncated } from "./failure-details.ts";
import { DISCARD_BYTES, DISCARD_MS, type ExchangeContext, type ReplyListener, STALE, type Success } from "./reply.ts";
import { type StallDetector, stallDetector } from "./stall-detector.ts";
import {
  ANSWERING,
  type Buffering,
  buffering,
  CONNECTING,
  type Discarding,
  DONE,
  phaseOf,
  SENT,
  type State,
  validatorIn,
} from "./state.ts";
import type { Timed } from "./timeouts.ts";

/** `untilMs`: the deadline of the whole URL, in milliseconds of `performance.now()`. `conditions`: those in the request's headers. */
export class Exchange implements Handler, Timed, PausedReader {
  list: LinkedList<Timed> | undefined;
  prevNode: Timed | undefined;
  nextNode: Timed | undefined;
  private readonly context: ExchangeContext;
  private readonly connection: Connection;
  private readonly untilMs: number;
  private readonly conditions: SentConditions | undefined;
  private readonly listener: ReplyListener;
  private request: Request | undefined;
  private timing: ConnectTiming | undefined;
  private state = CONNECTING;
  /** The deadline of the current state; bodies that are stored have a stall detector instead. */
  private deadlineMs: number;
  /** Bytes of the body received so far. */
  private bytes = 0;
  private isPaused = false; // the disk is slower than the network
  private isHeld = false; // the maximum speed lets another body be read first
  private detectStall: StallDetector | undefined;

  constructor(
    context: ExchangeContext,
    connection: Connection,
    untilMs: number,
    conditions: SentConditions | undefined,
    listener: ReplyListener,
  ) {
    this.context = context;
    this.connection = connection;
    this.untilMs = untilMs;
    this.conditions = conditions;
    this.listener = listener;
    this.deadlineMs = performance.now() + context.limits.connectTimeoutMs;
  }

  send(request: Request): void {
    this.request = request;
    this.context.timer.add(this);
    this.connection.send(request, this);
  }

  onOpening(timing: ConnectTiming | undefined): void {
    this.timing = timing;
    this.deadlineMs = performance.now() + this.context.limits.connectTimeoutMs;
  }

  onConnect(): void {
    if (this.state.tag === "connecting") this.enter(SENT);
    this.deadlineMs = performance.now() + this.context.limits.timeoutMs;
  }

  onResponseStarted(): void {
    if (this.state.tag === "sent") this.enter(ANSWERING);
  }

  onHeaders(status: number, headers: AnswerHeaders, fields: string): void {
    // RFC 9110 section 15.2: any number of 1xx may come before the answer. They do not extend the timeout.
    if (this.state.tag === "done" || status < 200) return;
    this.request?.onFields?.(fields);
    const headersMs = performance.now();
    const { limits, buffers } = this.context;
    const result = evaluate(status, headers, fields, this.conditions, limits);
    if (result !== undefined && "reply" in result) {
      const discarding: Discarding = { tag: "discarding", reply: result.reply };
      this.enter(discarding);
      this.deadlineMs = headersMs + DISCARD_MS;
      // A long body is read as far as it is kept.
      const isLong = (headers.contentLength ?? 0) > DISCARD_BYTES && this.request?.capture === undefined;
      if (!result.discard || isLong) this.finishDiscarding(discarding, "drop");
      return;
    }
    const state = buffering(status, headers, headersMs, fields, result, new BodyBuffer(buffers));
    this.enter(state);
    if ((state.expectedBytes ?? 0) > limits.wholeBytes) this.startStreaming(state);
  }

  onData(chunk: Buffer, isOurs: boolean): boolean {
    const { state } = this;
    const { limits, meter, throttle } = this.context;
    this.bytes += chunk.length;
    if (state.tag === "discarding") {
      throttle?.spend(chunk.length);
      this.request?.capture?.onDiscarded(chunk, DISCARD_BYTES);
      if (this.bytes > DISCARD_BYTES) this.finishDiscarding(state, "drop");
      return true;
    }
    if (state.tag !== "buffering" && state.tag !== "streaming") return true;
    meter.bytes += chunk.length;
    if (this.bytes > (state.part?.bytes ?? limits.maxFileBytes)) {
      this.fail(tooLarge(state.part, state.status));
      return true;
    }
    if (state.tag === "streaming") {
      this.isPaused = !state.queue.push(chunk, isOurs);
    } else {
      state.buffer.add(chunk, state.expectedBytes);
      if (this.bytes > limits.wholeBytes) this.startStreaming(state);
    }
    if (throttle !== undefined) this.isHeld = !throttle.onData(chunk.length, this);
    return !this.isPaused && !this.isHeld;
  }

  resume(): void {
    this.isHeld = false;
    if (!this.isPaused) this.connection.resume();
  }

  onComplete(): void {
    const { state, bytes } = this;
    if (state.tag === "discarding") return this.finishDiscarding(state, "release");
    if (state.tag !== "buffering" && state.tag !== "streaming") return;
    const { expectedBytes, status } = state;
    // The parsers check the length as well; this second check guards the file.
    if (expectedBytes !== undefined && bytes !== expectedBytes)
      return this.fail(truncated(bytes, expectedBytes, status));
    this.enter(DONE);
    this.connection.release(this.request?.isLast);
    if (state.tag === "streaming") state.queue.end();
    else this.succeed(state, state.buffer.pieces(), undefined);
  }

  onError(error: Error): void {
    const { state } = this;
    if (state.tag === "done") return;
    const phase = phaseOf(state);
    const failure = (phase === "connect" ? fdExhaustion(error) : undefined) ?? classify(error, phase);
    const isUnanswered = state.tag === "connecting" || state.tag === "sent";
    if (isUnanswered && failure.error === "connection_lost" && this.connection.isReused()) this.onUnprocessed();
    else this.onFailure(failure);
  }

  onUnprocessed(): void {
    if (this.state.tag === "done") return;
    this.enter(DONE);
    this.connection.drop();
    this.listener.onReply(STALE, this.timing);
  }

  onFailure(failure: Failure): void {
    const { state } = this;
    if (state.tag === "discarding") this.finishDiscarding(state, "drop");
    else if (state.tag !== "buffering" && state.tag !== "streaming") this.fail(failure);
    else this.fail(inBody(failure, this.bytes, state.expectedBytes, state.status));
  }

  check(nowMs: number): void {
    const { state, timing } = this;
    const { limits } = this.context;
    const isLate = nowMs >= this.deadlineMs;
    if (nowMs >= this.untilMs) return this.fail(DEADLINE);
    switch (state.tag) {
      case "connecting":
        if (timing?.isQueued === true) this.deadlineMs = nowMs + limits.connectTimeoutMs;
        else if (isLate) this.fail(timedOut("connect", timing, limits));
        return;
      case "sent":
      case "answering":
        if (isLate) this.fail(timedOut("headers", timing, limits));
        return;
      case "discarding":
        if (isLate) this.finishDiscarding(state, "drop");
        return;
      case "buffering":
      case "streaming": {
        this.detectStall ??= stallDetector(limits, nowMs);
        const stalled = this.detectStall(this.bytes, this.isPaused || this.isHeld, nowMs);
        if (stalled !== undefined) this.fail({ ...stalled, status: state.status });
      }
    }
  }

  /** Ends the exchange as `interrupted`, at once. */
  abort(): void {
    this.fail(INTERRUPTED);
  }

  /** The only place where the state changes. */
  private enter(next: State): void {
    this.state = next;
    if (next.tag !== "done") return;
    this.context.timer.remove(this);
    this.context.throttle?.cancel(this);
  }

  private startStreaming(buffered: Buffering): void {
    const { status, part, expectedBytes, buffer } = buffered;
    const onDrained = () => {
      this.isPaused = false;
      if (!this.isHeld) this.connection.resume();
    };
    const queue = bodyQueue(buffer.pieces(), onDrained, () => this.abort(), this.context.limits.waitingBytes);
    this.enter({ tag: "streaming", status, part, expectedBytes, queue });
    // The version of a part is checked, and a 206 need not repeat the headers of the 200 (RFC 9110 section 15.3.7).
    this.succeed(buffered, queue, part === undefined ? validatorIn(buffered) : this.conditions?.kept?.validator);
  }

  private succeed(buffered: Buffering, body: Success["body"], validator: string | undefined): void {
    const { status, headers, headersMs, part, buffer } = buffered;
    this.listener.onReply({ status, headers, headersMs, body, free: buffer.free, part, validator }, this.timing);
  }

  private finishDiscarding({ reply }: Discarding, then: "drop" | "release"): void {
    this.enter(DONE);
    this.request?.capture?.onDiscardEnd(then === "release");
    this.connection[then]();
    this.listener.onReply(reply, this.timing);
  }

  private fail(failure: Failure): void {
    const { state } = this;
    if (state.tag === "done") return;
    this.enter(DONE);
    if (state.tag === "buffering") state.buffer.free?.();
    this.connection.drop();
    if (state.tag === "streaming") state.queue.end(failure);
    else this.listener.onReply(failure, this.timing);
  }
}
