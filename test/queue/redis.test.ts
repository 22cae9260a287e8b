// Which servers the queue accepts, by their own description.

import { expect, it } from "vitest";
import { check, connectRedis } from "../../src/queue/redis.ts";

const infoOf = (fields: Readonly<Record<string, string>>) =>
  ["# Server", ...Object.entries(fields).map(([key, value]) => `${key}:${value}`)].join("\r\n");

it.each([
  ["6.0.16", {}, /is Redis 6\.0\.16: the queue needs Redis 6\.2 or Valkey/],
  ["5.0.14", {}, /is Redis 5\.0\.14/],
  ["7.0.15", { maxmemory_policy: "volatile-lru" }, /may drop jobs \(maxmemory-policy is volatile-lru\)/],
])("Redis %s with %j is refused", (version, more, message) => {
  expect(() => check(infoOf({ redis_version: version, ...more }), "redis://h", () => {})).toThrow(message);
});

it.each([{ redis_version: "6.2.0" }, { redis_version: "7.0.15" }, { redis_version: "7.2.4", valkey_version: "8.1.0" }])(
  "%j is accepted",
  (fields) => {
    const notes: string[] = [];
    check(infoOf({ maxmemory_policy: "noeviction", aof_enabled: "1", ...fields }), "redis://h", (text) => {
      notes.push(text);
    });
    expect(notes).toEqual([]);
  },
);

it("a server without an append-only file is accepted with a warning", () => {
  const notes: string[] = [];
  check(infoOf({ redis_version: "7.0.15", aof_enabled: "0" }), "redis://h", (text) => {
    notes.push(text);
  });
  expect(notes).toEqual([
    "--queue redis://h: forgets its jobs when it crashes (appendonly is off): run bulkget enqueue again then",
  ]);
});

it.each(["postgres://user:secret@db/fleet", "PostgreSQL://db"])("%s is refused with what to use", async (url) => {
  await expect(connectRedis(url, () => {})).rejects.toThrow(
    /^--queue postgres\S*: PostgreSQL cannot be the queue, .*: use a Redis or Valkey, such as redis:\/\/host:6379$/i,
  );
});
