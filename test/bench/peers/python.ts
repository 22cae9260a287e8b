// The peers in Python: short scripts beside this file, each the fastest known use of its library.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../support/command.ts";
import type { Peer } from "./peers.ts";

/** Debian's Python, which has the libraries of apt-get; another one may come first in PATH. */
const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

const SCRIPTS: readonly (readonly [name: string, script: string, ...args: string[]])[] = [
  ["aiohttp", "with_aiohttp.py"],
  ["aiohttp-uvloop", "with_aiohttp.py", "--uvloop"],
  ["twisted", "with_twisted.py"],
  ["gevent", "with_gevent.py"],
  ["tornado", "with_tornado.py"],
  ["requests-threads", "with_requests.py"],
  ["requests-processes", "with_requests.py", "--processes"],
];

export const PYTHON_PEERS: readonly Peer[] = SCRIPTS.map(([name, script, ...args]) => {
  const run = [PYTHON, "-B", join(ROOT, "test/bench/peers", script), ...args] as const; // -B: writes no __pycache__
  return {
    name,
    version: [...run, "--version"],
    resolvesLocalhost: false,
    invited: true,
    line: (url) => `${url}\n`,
    command: ({ list, out, concurrency }) => ({ argv: [...run, list, out, `${concurrency}`], cwd: out }),
  };
});
