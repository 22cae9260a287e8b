// Bursts of look-ups are spread over time; names that are never answered delay others by a window only.

import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type BurstLimit, burstLimit } from "../../../../src/http/connect/dns/burst-limit.ts";

let limit: BurstLimit;
/** The function to call with the answer, of each look-up that was sent. */
let sent: (() => void)[];

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  limit = burstLimit();
  sent = [];
});

function add(count: number): void {
  for (let i = 0; i < count; i++) limit.add((onAnswer) => sent.push(onAnswer));
}

describe("bursts of look-ups", () => {
  it("send 100 at once, and each answer sends one more", () => {
    add(250);
    expect(sent.length).toBe(100);
    for (const answer of sent.slice(0, 30)) answer();
    expect(sent.length).toBe(130);
  });

  it("wait 25 ms for names that are not answered, and no longer", () => {
    add(250);
    vi.advanceTimersByTime(24);
    expect(sent.length).toBe(100);
    vi.advanceTimersByTime(1);
    expect(sent.length).toBe(200);
    vi.advanceTimersByTime(25);
    expect(sent.length).toBe(250);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are no longer because answers of an earlier window come late", () => {
    add(300);
    vi.advanceTimersByTime(25);
    for (const answer of sent.slice(0, 100)) answer();
    expect(sent.length).toBe(200);
  });

  it("send at once where few are under way, also after many that were never answered", () => {
    add(100);
    vi.advanceTimersByTime(60_000);
    add(2);
    vi.advanceTimersByTime(25);
    expect(sent.length).toBe(102);
    add(98);
    expect(sent.length).toBe(200);
  });

  it("send all of a look-up that is answered before its call returns", () => {
    let count = 0;
    for (let i = 0; i < 1000; i++)
      limit.add((onAnswer) => {
        count++;
        onAnswer();
      });
    expect(count).toBe(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("send nothing more, and leave no timer, once they are closed", () => {
    add(150);
    limit.close();
    vi.advanceTimersByTime(100);
    expect(sent.length).toBe(100);
    expect(vi.getTimerCount()).toBe(0);
  });
});
