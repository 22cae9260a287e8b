// --workers when a worker process or the whole run is killed: no line is lost, and no process is left.

import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BIN, cleanEnv, filesOf, ROOT } from "../../support/command.ts";
import { commandUnderWay, GRACE_MESSAGE, graceOf, underWay } from "../../support/process/under-way.ts";
import { childrenOf, contentOf, isAlive } from "../../support/servers/crowd.ts";
import { crowded } from "../../support/servers/crowded.ts";
import { journalOf } from "../../support/site.ts";

const { folder, at, serve, list, expectAll } = crowded();

describe("a worker process that dies", () => {
  it("costs its requests one try each, is reported, and is replaced", async () => {
    let kill = () => {};
    const server = await serve((_response, _path, nth) => {
      if (nth === 1500) kill();
      return false;
    });
    list(3000, (n) => `${server.origin}/${n}`);
    const run = commandUnderWay(["urls.txt", "--workers", "2", "-c", "10"], folder.path);
    const killed: number[] = [];
    kill = () => {
      expect(server.connections).toBeGreaterThan(10);
      for (const pid of childrenOf(run.pid)) {
        killed.push(pid);
        process.kill(pid, "SIGKILL");
      }
    };
    const { code, stderr } = await run.ended;
    expect(killed.length).toBe(1);
    expect(code, stderr).toBe(0);
    expectAll(3000);
    const said =
      /has ended \(SIGKILL\)(?:; (\d+) URLs? in flight there counts? as tried once)?; another takes its place/;
    const lost = Number(said.exec(stderr)?.[1] ?? 0);
    expect(stderr).toMatch(said);
    const again = journalOf(at("downloads")).filter(({ attempts }) => attempts === 2);
    expect(again.length).toBe(lost);
    for (const { retried_after } of again) expect(retried_after).toEqual(["worker_lost: its process ended: SIGKILL"]);
  });

  it("repeatedly is replaced a few times only, and the run continues without it", async () => {
    let pid = 0;
    const server = await serve((_response, _path, nth) => {
      if (nth > 200 && nth % 20 === 0) for (const child of childrenOf(pid)) process.kill(child, "SIGKILL");
      return false;
    });
    list(4000, (n) => `${server.origin}/${n}`);
    const run = commandUnderWay(["urls.txt", "--workers", "2", "-c", "10", "--retries", "9"], folder.path);
    pid = run.pid;
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expectAll(4000);
    expect(stderr).toContain("the others go on without it");
    expect(stderr.match(/has ended/g)?.length).toBeLessThanOrEqual(4);
  });

  it("before it is ready is reported, and the run continues without it", async () => {
    // The last response waits until the missing process is noticed.
    const held: (() => void)[] = [];
    const server = await serve((response, path) => {
      if (path !== "/100") return false;
      held.push(() => response.end(contentOf(path)));
      return true;
    });
    list(100, (n) => `${server.origin}/${n}`);
    mkdirSync(at("bin"));
    for (const file of readdirSync(join(ROOT, "dist/bin"))) {
      if (file !== "worker.cjs") copyFileSync(join(ROOT, "dist/bin", file), at("bin", file));
    }
    symlinkSync(join(ROOT, "node_modules"), at("node_modules"));
    writeFileSync(at("package.json"), '{ "type": "module" }');
    const args = ["bin/bulkget.cjs", "urls.txt", "--workers", "2", "-c", "4"];
    const run = underWay(process.execPath, args, folder.path);
    await expect.poll(run.stderr, { timeout: 60_000 }).toContain("the others go on without it");
    await expect.poll(() => held.length, { timeout: 60_000 }).toBe(1);
    for (const answer of held) answer();
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expectAll(100);
    expect(stderr.match(/a process that was to fetch has ended \(exit 1\); the others go on without it/g)?.length).toBe(
      1,
    );
  });
});

describe("a run with several processes", () => {
  it("that is killed by SIGKILL leaves no process, and the next run resumes", async () => {
    let act = () => {};
    const server = await serve((_response, _path, nth) => {
      if (nth === 1500) act();
      return false;
    });
    list(3000, (n) => `${server.origin}/${n}`);
    const run = commandUnderWay(["urls.txt", "--workers", "3", "-c", "12", "-q"], folder.path);
    let children: number[] = [];
    act = () => {
      children = childrenOf(run.pid);
      run.kill("SIGKILL");
    };
    expect((await run.ended).signal).toBe("SIGKILL");
    expect(children.length).toBe(2);
    await expect.poll(() => children.filter(isAlive), { timeout: 10_000 }).toEqual([]);
    const { code, stderr } = await folder.runProcess(["urls.txt", "--workers", "3", "-c", "12", "-q"]);
    expect(code, stderr).toBe(0);
    expectAll(3000);
  });

  /** Sends SIGINT to every process of the group, as a terminal does on ^C. */
  async function interrupted(times: number, isStuck: (nth: number) => boolean) {
    let act = () => {};
    const server = await serve((_response, _path, nth) => {
      if (nth === 1000) act();
      return isStuck(nth);
    });
    list(3000, (n) => `${server.origin}/${n}`);
    const args = [BIN, "urls.txt", "--workers", "2", "-c", "10", "--progress", "plain"];
    const child = spawn(process.execPath, args, {
      cwd: folder.path,
      // Within the time limit of the test, only a second signal can end a run with stuck requests.
      env: cleanEnv(graceOf(600_000)),
      detached: true,
      stdio: "pipe",
    });
    let children: number[] = [];
    let stderr = "";
    let sent = 0;
    const send = () => {
      if (++sent <= times) process.kill(-(child.pid ?? 0), "SIGINT");
    };
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (text.includes("SIGINT: finishing")) send();
    });
    act = () => {
      children = childrenOf(child.pid ?? 0);
      send();
    };
    const signal = await new Promise((resolve) => child.on("close", (_code, signal) => resolve(signal)));
    expect(signal, stderr).toBe("SIGINT");
    expect(children.length).toBe(1);
    expect(stderr).not.toContain("has ended");
    await expect.poll(() => children.filter(isAlive), { timeout: 10_000 }).toEqual([]);
    return { server, stderr };
  }

  it("finishes the requests under way in all processes on ^C", async () => {
    const { stderr } = await interrupted(1, () => false);
    expect(stderr).not.toMatch(/^stopped {2}\d/m);
    const { code } = await folder.runProcess(["urls.txt", "-q", "--workers", "2"]);
    expect(code).toBe(0);
    expectAll(3000);
  });

  it("aborts the requests under way in all processes on a second ^C", async () => {
    let isFree = false;
    const { stderr } = await interrupted(2, (nth) => !isFree && nth >= 996);
    expect(stderr).toMatch(/stopped \d+ in flight/);
    expect(stderr).toContain(GRACE_MESSAGE);
    isFree = true;
    const { code } = await folder.runProcess(["urls.txt", "-q", "--workers", "2"]);
    expect(code).toBe(0);
    expectAll(3000);
  });

  it("ends by --deadline with exit code 4 and files that match the records", async () => {
    const server = await serve();
    list(20_000, (n) => `${server.origin}/${n}`);
    const { code } = await folder.runProcess(["urls.txt", "-q", "--workers", "2", "--deadline", "1s"]);
    expect(code).toBe(4);
    const saved = journalOf(at("downloads")).length;
    expect(saved).toBeGreaterThan(0);
    expect(filesOf(at("downloads")).length).toBe(saved);
  });
});
