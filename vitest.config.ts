// How the tests run: each file in its own process, generous limits, because a limit here only ever means "hangs".
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/**/*.test.ts"], pool: "forks", maxWorkers: 2, testTimeout: 120_000, hookTimeout: 60_000 },
});
