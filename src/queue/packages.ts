// Says how to install the packages of the queue, which are optional: every other command works without them.

import { OptionError } from "../core/errors.ts";

/** The packages and their versions that the tests run with. */
export const PACKAGES = "bullmq ioredis";

/** Calls `load`. Rejects with an OptionError where the package is not installed. */
export async function installed<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (!/^(?:ERR_)?MODULE_NOT_FOUND$/.test(code)) throw error;
    const [missing = "a package"] = /(?<=')[^']+(?=')/.exec(message) ?? [];
    throw new OptionError(
      `the queue needs the packages ${PACKAGES.replace(" ", " and ")}, and ${missing} is not installed: ` +
        `npm install ${PACKAGES} beside bulkget (npm install -g for a global one)`,
    );
  }
}
