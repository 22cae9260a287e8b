// What commander makes of the options, and how that becomes a CommandLine: units in the names, switches on or off.

import type { Directive } from "../http/robots/robots-tag.ts";
import type { FailOn } from "../policy/fail-on.ts";
import type { CommandLine } from "./options.ts";
import type { Header } from "./units.ts";

/** Named after the flags, already read by their parsers. */
export interface Given {
  readonly outputDir: string;
  readonly name: string;
  readonly perDir?: number;
  readonly force?: true;
  readonly prune?: true;
  readonly update?: true;
  readonly retryFailed?: true;
  readonly allowEmpty?: true;
  readonly dedupe?: true;
  readonly hash?: "sha256";
  readonly durability: CommandLine["durability"];
  readonly minFree: number;
  readonly concurrency: CommandLine["concurrency"];
  readonly perHost?: number;
  readonly rate?: number;
  readonly hostRate?: number;
  readonly limitRate?: number;
  readonly order: CommandLine["order"];
  readonly workers: number | "auto";
  readonly retries: number;
  readonly retryOn?: readonly number[];
  readonly connectTimeout: number;
  readonly timeout: number;
  readonly minSpeed: number;
  readonly maxTime?: number;
  readonly maxRedirs: number;
  readonly maxFilesize?: number;
  readonly header?: readonly Header[];
  readonly userAgent: string;
  readonly cookie?: readonly string[];
  /** Off with --no-cookies. */
  readonly cookies: boolean;
  readonly netrc?: true;
  readonly netrcFile?: string;
  readonly proxy?: string;
  readonly insecure?: true;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly publicOnly?: true;
  readonly resolve?: readonly string[];
  readonly unixSocket?: string;
  readonly compressed?: true;
  readonly http2?: true;
  readonly robots?: true;
  readonly respect?: readonly Directive[];
  readonly report?: string;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly progress: CommandLine["progress"];
  readonly failOn: FailOn;
  readonly maxFailures?: FailOn;
  readonly deadline?: number;
}

export function commandLine(options: Given, lists: readonly string[]): CommandLine {
  const { connectTimeout, timeout, maxTime, deadline, header: headers, cookies, ...given } = options;
  return {
    ...given,
    lists,
    connectTimeoutMs: connectTimeout,
    timeoutMs: timeout,
    ...(maxTime === undefined ? {} : { maxTimeMs: maxTime }),
    ...(deadline === undefined ? {} : { deadlineMs: deadline }),
    headers: headers ?? [],
    force: given.force ?? false,
    prune: given.prune ?? false,
    update: given.update ?? false,
    retryFailed: given.retryFailed ?? false,
    allowEmpty: given.allowEmpty ?? false,
    dedupe: given.dedupe ?? false,
    noCookies: !cookies,
    netrc: given.netrc ?? false,
    insecure: given.insecure ?? false,
    publicOnly: given.publicOnly ?? false,
    resolve: given.resolve ?? [],
    compressed: given.compressed ?? false,
    http2: given.http2 ?? false,
    robots: given.robots ?? false,
    quiet: given.quiet ?? false,
    verbose: given.verbose ?? false,
  };
}
