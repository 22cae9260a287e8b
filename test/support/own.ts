// Fixtures per test: a new folder, a new server, and the cleanup of everything that a test opens.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, vi } from "vitest";
import { bulkgetCommand, type Ran, type RunOptions, temporaryFolder } from "./command.ts";
import { bulkgetInProcess } from "./in-process.ts";
import { type RudeServer, rudeServer } from "./rude.ts";
import { type Site, site } from "./site.ts";

/** Closes an object when the running test ends: last opened, first closed, and after `afterEach`. */
export function own<T extends { close(): void | Promise<void> }>(opened: T): T {
  onTestFinished(() => opened.close());
  return opened;
}

/** The folder of the running test. */
export interface OwnFolder {
  readonly path: string;
  /** Returns a path in the folder. */
  at(...more: readonly string[]): string;
  /** Writes a list of these lines into the folder, and returns its path. */
  list(lines: readonly string[], name?: string): string;
  /** Runs the built `bulkget` in the folder to its end: in this process, or in one of its own for NODE_OPTIONS. */
  run(args: readonly string[], more?: Omit<RunOptions, "cwd">): Promise<Ran>;
  /** The same in a process of its own, where the process matters: what it leaves, its threads and descriptors. */
  runProcess(args: readonly string[], more?: Omit<RunOptions, "cwd">): Promise<Ran>;
}

/** Call at the top of a file or a `describe`: creates a folder for each of its tests. */
export function ownFolder(): OwnFolder {
  let path: string;
  beforeEach(() => {
    const folder = temporaryFolder();
    onTestFinished(() => folder.remove());
    path = folder.path;
  });
  const at = (...more: readonly string[]) => join(path, ...more);
  return {
    get path() {
      return path;
    },
    at,
    list(lines, name = "urls.txt") {
      writeFileSync(at(name), linesOf(lines));
      return at(name);
    },
    run(args, more) {
      const run = more?.env?.["NODE_OPTIONS"] === undefined ? bulkgetInProcess : bulkgetCommand;
      return run(args, { ...more, cwd: path });
    },
    runProcess: (args, more) => bulkgetCommand(args, { ...more, cwd: path }),
  };
}

/** Call at the top of a file or a `describe`: starts a `site` for each of its tests. */
export function ownSite(): Omit<Site, "close"> {
  let server: Site;
  beforeEach(async () => {
    server = own(await site());
  });
  return {
    get origin() {
      return server.origin;
    },
    get answers() {
      return server.answers;
    },
    url: (path) => server.url(path),
    asked: () => server.asked(),
  };
}

/** Limit for the server to notice closed connections, by vi.waitFor: `expect.poll` works only while a test runs. */
const PATIENCE = { timeout: 10_000 };

/** Call at the top of a file or a `describe`: starts a rude server per test, and expects all connections closed at its end. */
export function ownRudeServer(): Omit<RudeServer, "close"> {
  let server: RudeServer;
  beforeEach(async () => {
    server = await rudeServer();
    onTestFinished(async () => {
      try {
        await vi.waitFor(() => expect(server.stats.openConnections).toBe(0), PATIENCE);
      } finally {
        await server.close();
      }
    });
  });
  return {
    get port() {
      return server.port;
    },
    get origin() {
      return server.origin;
    },
    get seen() {
      return server.seen;
    },
    get stats() {
      return server.stats;
    },
    url: (path) => server.url(path),
  };
}

/** Joins lines to the text of a list. */
export function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
