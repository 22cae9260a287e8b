// How the tests run: in four projects. Limits are generous, because a limit only ever means "hangs".
import { defineConfig } from "vitest/config";

/** Several files in one process, one after the other: it starts and loads the sources once, instead of 0.4 s of CPU for each file. */
const SHARED = { isolate: false };

/** Rooms without a network, and their own files. */
const UNIT = ["core", "fs", "journal", "options", "policy", "queue", "report", "resume", "source", "workers"].map(
  (room) => `test/${room}/**`,
);
const COST = "test/e2e/package/cost.test.ts";
const E2E = "test/e2e/**";

const TESTS = "test/**/*.test.ts";
const only = (folders: readonly string[]) => folders.map((folder) => `${folder}/*.test.ts`);

export default defineConfig({
  test: {
    pool: "forks",
    // One more than two cores: e2e tests wait a fifth of their time.
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    setupFiles: ["test/support/equality.ts"],
    projects: [
      { extends: true, test: { ...SHARED, name: "unit", include: only(UNIT) } },
      { extends: true, test: { ...SHARED, name: "integration", include: [TESTS], exclude: [...UNIT, E2E] } },
      { extends: true, test: { name: "e2e", include: only([E2E]), exclude: [COST] } },
      { extends: true, test: { name: "cost", include: [COST] } },
    ],
  },
});
