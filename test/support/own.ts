// What a test has for itself: a folder, a server, whatever it opens. All of it is gone when the test is over, whatever came of it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, vi } from "vitest";
import { bulkgetCommand, type Ran, type RunOptions, temporaryFolder } from "./command.ts";
import { type RudeServer, rudeServer } from "./rude.ts";
import { type Site, site } from "./site.ts";

/** Closes it when the test that runs is over; what was opened last is closed first, and before that come `afterEach`. */
export function own<T extends { close(): void | Promise<void> }>(opened: T): T {
  onTestFinished(() => opened.close());
  return opened;
}

/** The folder of the test that runs. */
export interface OwnFolder {
  readonly path: string;
  /** A path in it. */
  at(...more: readonly string[]): string;
  /** Writes a list of these lines there, and gives its path. */
  list(lines: readonly string[], name?: string): string;
  /** Runs `bulkget` in it to its end. */
  run(args: readonly string[], more?: Omit<RunOptions, "cwd">): Promise<Ran>;
}

/** For the top of a file or a `describe`: a new folder for each of its tests. */
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
    run: (args, more) => bulkgetCommand(args, { ...more, cwd: path }),
  };
}

/** For the top of a file or a `describe`: a new `site` for each of its tests. */
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

/** For what a client has closed, and the server is yet to hear of. Not `expect.poll`, which is for a test that still runs. */
const PATIENCE = { timeout: 10_000 };

/** For the top of a file or a `describe`: a new rude server for each of its tests, to which no connection may be left. */
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

/** As a list or standard input has them. */
export function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
