// Loads the packages of the queue, which are optional, and says how to install them: every other command works without them.

import { createRequire } from "node:module";
import { OptionError } from "../core/errors.ts";

/** The packages and their versions that the tests run with. */
export const PACKAGES = "bullmq ioredis";

const load = createRequire(import.meta.url);

/**
 * Loads a package, by `require`: for BullMQ, `import` takes 0.1 to 0.25 s of CPU longer (Node 20). Throws an OptionError where it is
 * not installed.
 */
export function installed<T>(name: string): T {
  try {
    return load(name) as T; // its types are those of the package
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (code !== "MODULE_NOT_FOUND") throw error;
    const [missing = "a package"] = /(?<=')[^']+(?=')/.exec(message) ?? [];
    throw new OptionError(
      `the queue needs the packages ${PACKAGES.replace(" ", " and ")}, and ${missing} is not installed: ` +
        `npm install ${PACKAGES} beside bulkget (npm install -g for a global one)`,
    );
  }
}
