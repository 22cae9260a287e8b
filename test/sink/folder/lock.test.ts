// The lock of an output folder: one run at a time, whichever process is killed; with real processes.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LockedError } from "../../../src/core/errors.ts";
import { claimOn, lockFolder } from "../../../src/sink/folder/lock.ts";
import {
  currentProcess,
  describe as describeHolder,
  isHeld,
  type LockOwner,
  readLockOwner,
} from "../../../src/sink/folder/lock-owner.ts";
import { ROOT } from "../../support/command.ts";
import { own, ownFolder } from "../../support/own.ts";

/** A program that acquires and releases the lock by commands on its input, and ends with its input. */
const PROGRAM = `
import { createInterface } from "node:readline";
import { lockFolder } from ${JSON.stringify(pathToFileURL(join(ROOT, "dist/src/sink/folder/lock.js")).href)};
const [, , folder] = process.argv;
let lock;
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "drop") await lock?.release();
  else
    try {
      lock = await lockFolder(folder, "downloads");
      console.log("taken " + process.pid);
    } catch (error) {
      console.log(error.constructor.name + ": " + error.message);
    }
}`;

/** Exceeded only if a process hangs. */
const PATIENT = { timeout: 25_000 };
const linux = process.platform === "linux";

const outside = ownFolder();
let folder: string;
let path: string;
const children: { readonly child: ChildProcess; readonly input: Writable }[] = [];
beforeEach(() => {
  folder = outside.at("state");
  mkdirSync(folder);
  path = join(folder, "lock");
  writeFileSync(outside.at("program.mjs"), PROGRAM);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  for (const { child, input } of children.splice(0)) {
    child.kill("SIGKILL");
    input.destroy(); // ends what a shell has left behind
  }
});

/** A process that acquires the lock on demand; or the child of one that never waits for it. */
function taker(kind: "own" | "child" = "own") {
  const command = [process.execPath, outside.at("program.mjs"), folder];
  const script = '"$@" <&3 & exec sleep 600';
  const [program = "", ...args] = kind === "own" ? command : ["bash", "-c", script, "bash", ...command];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit", "pipe"] });
  // A shell's child reads from a pipe of its own, since Node closes stdin when the shell ends.
  const input = kind === "own" ? child.stdin : child.stdio[3];
  if (!(input instanceof Writable) || child.stdout === null) return expect.unreachable("no pipes");
  children.push({ child, input });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  return {
    child,
    ended,
    end: () => void input.end(),
    ask: (line: "take" | "drop") => void input.write(`${line}\n`),
    answer: async () => String((await lines.next()).value),
    async take(): Promise<string> {
      input.write("take\n");
      return String((await lines.next()).value);
    },
    async kill(): Promise<void> {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

const take = () => lockFolder(folder, "downloads");
const refused = async (): Promise<string> => {
  const error: unknown = await take().then(
    (lock) => lock.release(),
    (reason: unknown) => reason,
  );
  return error instanceof LockedError ? error.message : expect.unreachable(`no LockedError, but ${String(error)}`);
};
const takeAndRelease = async () => {
  await (await take()).release();
  expect(readdirSync(folder)).toEqual([]);
};

/** Writes an old lock file, as another run would; by default it names this process. */
function plant(what: Partial<LockOwner> | string, ageMs = 3600_000, at = path): void {
  const text =
    typeof what === "string" ? what : `${JSON.stringify({ ...currentProcess("planted", new Date()), ...what })}\n`;
  writeFileSync(at, text);
  const time = new Date(Date.now() - ageMs);
  utimesSync(at, time, time);
}
const AFTER = "wait for it, or use another folder (`outputDir`)";
/** The pid of a process that has ended. */
const deadPid = () => spawnSync(process.execPath, ["-e", ""]).pid;

describe("the lock of an output folder", () => {
  it("is refused at once while another process holds it, with that process's pid, and free after that", async () => {
    const other = taker();
    expect(await other.take()).toBe(`taken ${other.child.pid}`);
    const { since } = JSON.parse(readFileSync(path, "utf8")) as LockOwner;
    vi.stubEnv("TZ", "UTC");
    const at = since.slice(0, 19).replace("T", " ");
    expect(await refused()).toBe(`downloads: another run holds it (pid ${other.child.pid}, since ${at}): ${AFTER}`);
    other.ask("drop");
    other.end();
    expect(await other.ended).toBe(0);
    await takeAndRelease();
  });

  it("is refused to the process that holds it, and released once", async () => {
    const lock = await take();
    expect(await refused()).toContain(`(pid ${process.pid}, since `);
    await lock.release();
    const next = await take();
    await lock.release();
    expect(await refused()).toContain(`(pid ${process.pid}, since `);
    await next.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is free as soon as its holder is killed", async () => {
    const other = taker();
    await other.take();
    await other.kill();
    expect(readdirSync(folder)).toEqual(["lock"]);
    await takeAndRelease();
  });

  it("keeps no process alive", async () => {
    const other = taker();
    await other.take();
    other.end();
    expect(await other.ended).toBe(0);
    expect(existsSync(path)).toBe(true);
  });

  it("stays with a process whose parent was killed", async () => {
    const shell = taker("child");
    const pid = (await shell.take()).replace("taken ", "");
    await shell.kill();
    expect(await refused()).toContain(`(pid ${pid}, since `);
  });

  it.runIf(linux)("is free when its holder is a zombie", async () => {
    const shell = taker("child");
    const pid = Number((await shell.take()).replace("taken ", ""));
    process.kill(pid, "SIGKILL");
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, "utf8"), PATIENT).toContain(") Z ");
    await takeAndRelease();
  });

  it("is taken over from a process that has ended", async () => {
    plant({ pid: deadPid() }, 0);
    await takeAndRelease();
  });

  it.runIf(linux)("is taken over if another program has the pid now", async () => {
    plant({ started: (currentProcess("", new Date()).started ?? 0) + 1 }, 0);
    await takeAndRelease();
  });

  it("is taken over from before a reboot, but not from another machine of the same host name", async () => {
    plant({ boot: "another" }, Date.now());
    await takeAndRelease();
    plant({ boot: "another" }, 0);
    expect(await refused()).toContain(`(pid ${process.pid} on ${currentProcess("", new Date()).host}, since `);
  });

  it("is left to a running process, however old the lock file is", async () => {
    plant({});
    expect(await refused()).toContain(`(pid ${process.pid}, since `);
    unlinkSync(path);
    await takeAndRelease(); // and the refusal left nothing behind, neither file nor socket
  });

  it.each([
    ["another machine", { boot: "another", host: "build-7" }],
    ["another container", { pidns: "pid:[1]", host: "build-7" }],
  ])("is left to a run on %s until its lock file is a minute old", async (_, where) => {
    plant({ ...where, since: "2026-01-01T10:00:00.000Z" }, 30_000);
    vi.stubEnv("TZ", "Asia/Kolkata");
    expect(await refused()).toBe(
      `downloads: another run holds it (pid ${process.pid} on build-7, since 2026-01-01 15:30:00): ${AFTER}`,
    );
    plant(where, 61_000);
    await takeAndRelease();
  });

  it("is acquired by one of 20 processes that race for a stale one, again and again", { timeout: 60_000 }, async () => {
    const all = Array.from({ length: 20 }, () => taker());
    const dead = deadPid();
    for (let round = 0; round < 10; round++) {
      plant({ pid: dead, nonce: String(round) });
      for (const one of all) one.ask("take");
      const answers = await Promise.all(all.map((one) => one.answer()));
      const winners = all.filter((_, i) => answers[i]?.startsWith("taken"));
      expect(winners).toHaveLength(1);
      expect(answers.filter((answer) => answer.startsWith("LockedError: downloads: another"))).toHaveLength(19);
      expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: winners[0]?.child.pid });
      winners[0]?.ask("drop");
      await expect.poll(() => readdirSync(folder), PATIENT).toEqual([]);
    }
  });

  it("is taken over although an earlier run was killed while it did so, and not while one does so", async () => {
    plant({ pid: deadPid() });
    const claim = claimOn(path, readLockOwner(path) ?? expect.unreachable());
    plant({}, 0, claim);
    expect(await refused()).toContain(`(pid ${process.pid}, since `);
    plant({ pid: deadPid() }, 0, claim);
    await takeAndRelease();
  });

  it.each(["file", "nowhere"])("is not written through a link to %s", async (target) => {
    const victim = outside.at(target);
    if (target === "file") plant({}, 0, victim);
    const before = target === "file" ? readFileSync(victim, "utf8") : "";
    symlinkSync(victim, path);
    lutimesSync(path, 0, 0);
    const lock = await take();
    expect(lstatSync(path).isFile()).toBe(true);
    await lock.release();
    expect(existsSync(victim) ? readFileSync(victim, "utf8") : "").toBe(before);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.runIf(linux)("does not block on a pipe", async () => {
    spawnSync("mkfifo", [path]);
    utimesSync(path, 0, 0);
    await takeAndRelease();
  });

  it("fails with the file system's error, and can be acquired when the cause is gone", async () => {
    mkdirSync(path);
    utimesSync(path, 0, 0);
    await expect(take()).rejects.toMatchObject({ code: expect.stringMatching(/^E(ISDIR|EXIST|PERM)$/) });
    expect(readdirSync(folder)).toEqual(["lock"]);
    rmSync(path, { recursive: true });
    await takeAndRelease();
    rmSync(folder, { recursive: true });
    await expect(take()).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is rewritten every 15 seconds, in its own file only, until it is released", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const lock = await take();
    const kept = join(folder, "kept");
    linkSync(path, kept); // the file that is ours, whatever takes its name
    unlinkSync(path);
    plant("another's", 3600_000);
    utimesSync(kept, 0, 0);
    const text = readFileSync(kept, "utf8");
    vi.advanceTimersByTime(14_999);
    expect(statSync(kept).mtimeMs).toBe(0);
    vi.advanceTimersByTime(1);
    await expect.poll(() => statSync(kept).mtimeMs, PATIENT).toBeGreaterThan(Date.now() - 600_000);
    expect(readFileSync(kept, "utf8")).toBe(text);
    await lock.release();
    expect(readFileSync(path, "utf8")).toBe("another's");
    expect(statSync(path).mtimeMs).toBeLessThan(Date.now() - 600_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is released without an error if the folder is missing", async () => {
    const lock = await take();
    rmSync(folder, { recursive: true });
    await expect(lock.release()).resolves.toBeUndefined();
  });
});

describe("a file that is not a lock file", () => {
  const NONE = ["", '{"pid":12', "null", "[]", '{"pid":-1,"host":"a","since":"2026-01-01T10:00:00.000Z","nonce":"a"}'];

  it.each([...NONE, '{"pid":1,"host":"a","since":"+275760-09-13T00:00:00.000Z","nonce":"a"}'])(
    "may be one that is being written, for a minute: %j",
    async (text) => {
      plant(text, 0);
      const what = "downloads: .bulkget/lock is no lock, or not whole yet";
      expect(await refused()).toBe(`${what}: wait a minute, or remove it if no other run is on`);
      plant(text, 61_000);
      await takeAndRelease();
    },
  );

  it("is never taken for one, whatever it contains", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.uint8Array({ maxLength: 9000 })), (content) => {
        writeFileSync(path, content);
        expect(readLockOwner(path)).not.toHaveProperty("holder");
      }),
    );
  });
});

describe("a name outside the folder", () => {
  /** The name of the socket that an earlier version bound for a folder. */
  function socketOf(state: string): string {
    const real = realpathSync(state);
    const { dev, ino } = statSync(real, { bigint: true });
    return `\0bulkget:${createHash("sha512").update(`${dev} ${ino} ${real}`).digest("hex")}`.slice(0, 108);
  }

  it.runIf(linux)("does not block a run, although another user can bind it", async () => {
    const server = createServer().listen({ path: socketOf(folder) });
    await once(server, "listening");
    own({ close: () => void server.close() });
    await takeAndRelease();
  });
});

describe("a file that a killed run left beside the lock", () => {
  it("is removed by the next run, unless a running process uses it", async () => {
    plant({ pid: deadPid() });
    const other = (name: string) => join(folder, name);
    linkSync(path, other("lock.0123456789abcdef")); // killed between link and unlink
    plant({ pid: deadPid() }, 0, other("lock.fedcba9876543210.next"));
    plant({ pid: deadPid() }, 0, other("lock.aaaaaaaaaaaaaaaa"));
    plant("", 61_000, other("lock.bbbbbbbbbbbbbbbb"));
    plant({}, 3600_000, other("lock.cccccccccccccccc")); // of this process: it may be about to take the lock
    plant("", 0, other("lock.dddddddddddddddd"));
    writeFileSync(other("1.part"), "");
    const lock = await take();
    expect(readdirSync(folder).sort()).toEqual(["1.part", "lock", "lock.cccccccccccccccc", "lock.dddddddddddddddd"]);
    await lock.release();
  });

  it("does not block the next run, at whatever point the kill was", { timeout: 120_000 }, async () => {
    for (let round = 0; round < 20; round++) {
      const killed = taker();
      if (round % 2 === 0) plant({ pid: deadPid(), nonce: String(round) });
      killed.ask("take");
      await new Promise((resolve) => setImmediate(resolve));
      if (round % 4 < 2) await killed.answer();
      await killed.kill();
      await takeAndRelease();
    }
  });
});

describe("whether the holder of a lock is running", () => {
  const us = currentProcess("us", new Date());
  const { boot, pidns, started, ...bare } = us; // as it is where there is no /proc
  const held = (holder: LockOwner, ageMs: number, sinceBootMs: number, we = us, nowMs = Date.now()) =>
    isHeld({ text: "", mtimeMs: nowMs - ageMs, uid: process.geteuid?.() ?? 0, holder }, we, { nowMs, sinceBootMs });

  it("depends on one clock, whatever it shows", () => {
    const times = [fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.integer({ min: -120_000, max: 120_000 })] as const;
    fc.assert(
      fc.property(...times, (nowMs, ageMs) => {
        const isRecent = Math.abs(ageMs) < 60_000;
        expect(held({ ...us, boot: "another", host: "build-7" }, ageMs, 1e9, us, nowMs)).toBe(isRecent);
      }),
    );
  });

  it("does not depend on an mtime far in the future, left by a wrong clock", () => {
    expect(held({ ...us, boot: "another" }, -3600_000, 1e9)).toBe(false);
    expect(held({ ...us, boot: "another", host: "build-7" }, -3600_000, 1e9)).toBe(false);
    expect(held({ ...us }, -3600_000, 1e9)).toBe(true); // its process is there
    expect(held(bare, -3600_000, 100_000, bare)).toBe(false);
  });

  it("does not depend on a process of another user, if the lock file is ours", (context) => {
    if (process.geteuid?.() === 0) {
      // Root may send a signal to every process: the check runs as another user.
      const program = `
        import { isHeld, ourselves } from ${JSON.stringify(pathToFileURL(join(ROOT, "dist/src/sink/folder/lock-owner.js")).href)};
        const { boot, pidns, started, ...bare } = ourselves("us", new Date());
        const of = (uid) => ({ text: "", mtimeMs: Date.now(), uid, holder: { ...bare, pid: 1 } });
        const held = [process.geteuid(), 0].map((uid) => isHeld(of(uid), bare, { nowMs: Date.now(), sinceBootMs: 1e9 }));
        console.log(JSON.stringify(held));
      `;
      const args = ["--reuid=65534", "--clear-groups", process.execPath, "--input-type=module", "-e", program];
      const { stdout, error, status } = spawnSync("setpriv", args, { encoding: "utf8" });
      if (error !== undefined || status !== 0) return context.skip("root cannot run a program as somebody else here");
      // /proc shows pid 1; without a start time to compare, it counts as the holder.
      expect(JSON.parse(stdout)).toEqual([false, true]);
    } else {
      const one = { text: "", mtimeMs: Date.now(), holder: { ...bare, pid: 1 } };
      const times = { nowMs: Date.now(), sinceBootMs: 1e9 };
      expect(isHeld({ ...one, uid: process.geteuid?.() ?? 0 }, bare, times)).toBe(false);
      expect(isHeld({ ...one, uid: 0 }, bare, times)).toBe(true);
    }
  });

  it("is known at once after a reboot", () => {
    expect(held({ ...us, boot: "another" }, 9000, 8000)).toBe(false);
    expect(held({ ...us, boot: "another" }, 7000, 8000)).toBe(true);
    expect(held({ ...us, boot: "another", host: "build-7" }, 9000, 8000)).toBe(true);
  });

  it("depends on the pid without /proc, but not across a reboot", () => {
    expect(held(bare, 90_000, 100_000, bare)).toBe(true);
    expect(held({ ...bare, pid: deadPid() }, 0, 100_000, bare)).toBe(false);
    expect(held(bare, 110_000, 100_000, bare)).toBe(false);
    expect(held({ ...bare, host: "build-7" }, 0, 100_000, bare)).toBe(true);
    expect(held({ ...bare, host: "build-7" }, 61_000, 100_000, bare)).toBe(false);
  });
});

it("a host name with control characters is shown without them", () => {
  const us = currentProcess("us", new Date());
  expect(describeHolder({ ...us, boot: "another", host: "a\u001b[2Jb" }, us)).toContain(" on a?[2Jb, since ");
});
