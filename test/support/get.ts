// The HTTP client for tests: the command's defaults with short time limits.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Failure, isFailure } from "../../src/core/failure.ts";
import type { Answer, Get } from "../../src/core/ports.ts";
import { getter } from "../../src/http/get.ts";
import type { GetOptions } from "../../src/http/options.ts";
import { ROOT } from "./command.ts";

export function testGet(options: Partial<GetOptions> = {}): Get {
  return getter({
    connectTimeoutMs: 5000,
    timeoutMs: 5000,
    minBytesPerSecond: 0,
    speedWindowMs: 60_000,
    maxTimeMs: Number.POSITIVE_INFINITY,
    maxRedirects: 10,
    maxFileBytes: Number.POSITIVE_INFINITY,
    wholeBytes: 65_536,
    headers: [],
    userAgent: "bulkget-test",
    compressed: false,
    http2: false,
    insecure: false,
    proxyFor: () => undefined,
    maxConnections: 50,
    ...options,
  });
}

/** The whole body, or the failure. */
export async function collect(answer: Answer | Failure): Promise<Buffer | Failure> {
  if (isFailure(answer)) return answer;
  const { body } = answer;
  if (!("next" in body)) return Buffer.concat(body);
  const pieces: Uint8Array[] = [];
  for (let batch = await body.next(); batch !== undefined; batch = await body.next()) {
    if (isFailure(batch)) return batch;
    pieces.push(...batch);
  }
  return Buffer.concat(pieces);
}

/** The bytes of a body before its end or failure, and the failure. */
export async function collectPart(answer: Answer): Promise<{ readonly bytes: Buffer; readonly failure?: Failure }> {
  const { body } = answer;
  if (!("next" in body)) return { bytes: Buffer.concat(body) };
  const pieces: Uint8Array[] = [];
  for (;;) {
    const batch = await body.next();
    if (batch === undefined) return { bytes: Buffer.concat(pieces) };
    if (isFailure(batch)) return { bytes: Buffer.concat(pieces), failure: batch };
    pieces.push(...batch);
  }
}

export function certificate(name: string): string {
  return readFileSync(join(ROOT, "fixtures/tls", name), "utf8");
}
