// Preloaded into a command (`node --import`): replaces its grace period after a first signal by GRACE_MS.

/** The grace period of the command in milliseconds; its message about a signal states it, and tests expect that message. */
const COMMAND_GRACE_MS = 5000;

const graceMs = Number(process.env["GRACE_MS"]);
const original = globalThis.setTimeout;

function replaced(act: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): NodeJS.Timeout {
  return original(act, ms === COMMAND_GRACE_MS ? graceMs : ms, ...args);
}

globalThis.setTimeout = Object.assign(replaced, original);
