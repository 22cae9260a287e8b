// Downloads a file of 256 MiB with ten random interruptions: checks its content, and measures what was sent twice.

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bulkgetCommand } from "../support/command.ts";
import { body } from "../support/rude/content.ts";
import { host } from "../support/rude/host.ts";

const CUTS = 10;
const BYTES = 256 * 1024 ** 2;
const ETAG = '"one"';

const bytes = body(BYTES);
const cuts = Array.from({ length: CUTS }, () => Math.floor(Math.random() * BYTES)).sort((a, b) => a - b);
const froms: number[] = [];
const server = await host((response, { headers, nth }) => {
  const asked = /^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1];
  const from = asked === undefined || headers["if-range"] !== ETAG ? 0 : Number(asked);
  froms.push(from);
  const range = from > 0 ? { "content-range": `bytes ${from}-${BYTES - 1}/${BYTES}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { ...range, etag: ETAG, "content-length": BYTES - from });
  const cut = cuts[nth];
  if (cut === undefined) response.end(bytes.subarray(from));
  else response.write(bytes.subarray(from, Math.max(from, cut)), () => response.socket?.end());
});
const folder = mkdtempSync(join(tmpdir(), "bulkget-cuts-"));
try {
  const beganMs = performance.now();
  let runs = 0;
  for (let code: number | null = 1; code !== 0; runs++) {
    if (runs > CUTS) throw new Error(`not done after ${runs} runs`);
    const ran = await bulkgetCommand(["-", "-q", "--retries", "0"], { cwd: folder, stdin: `${server.origin}/\n` });
    code = ran.code;
  }
  const seconds = (performance.now() - beganMs) / 1000;
  const digestOf = (content: Buffer) => createHash("sha256").update(content).digest("hex");
  const right = digestOf(readFileSync(join(folder, "downloads", "000001"))) === digestOf(bytes);
  const twice = cuts.reduce((sum, cut, i) => sum + Math.max(0, cut - (froms[i + 1] ?? 0)), 0);
  console.log(`${right ? "right to the byte" : "WRONG"}, ${runs} runs, ${seconds.toFixed(1)} s`);
  console.log(`fetched twice: ${twice} bytes, ${((100 * twice) / BYTES).toFixed(3)} %`);
  process.exitCode = right && twice <= BYTES / 100 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
  await server.close();
}
