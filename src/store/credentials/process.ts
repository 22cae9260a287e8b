// Credentials of a program: `credential_process` of a profile, run by the shell.

import { execFile } from "node:child_process";
import {
  type CredentialProblem,
  type Credentials,
  type Env,
  type LoadCredentials,
  parsedCredentials,
} from "./credentials.ts";

/** Milliseconds that the program may take: it may ask a server. */
const TIME_LIMIT_MS = 60_000;

/** Maximum length of its output, in bytes. */
const MAX_OUTPUT_BYTES = 1_048_576;

export function processCredentials(command: string, env: Env): LoadCredentials {
  return () =>
    new Promise<Credentials | CredentialProblem>((resolve) => {
      const options = {
        timeout: TIME_LIMIT_MS,
        maxBuffer: MAX_OUTPUT_BYTES,
        env: { ...env },
        shell: true,
        windowsHide: true,
      } as const;
      // Its standard error is not shown: it may have secrets.
      const child = execFile(command, options, (error, stdout) => {
        if (error !== null) {
          const why =
            error.killed === true
              ? `was stopped after ${TIME_LIMIT_MS / 1000} s`
              : `ended with ${error.code ?? error.signal}`;
          resolve({ problem: `the program ${why}` });
        } else resolve(parsedCredentials(stdout, "the program"));
      });
      child.stdin?.end();
    });
}
