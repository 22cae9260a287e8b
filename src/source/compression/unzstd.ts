// Decompresses a zstd list: by Node where its zstd can be relied on, otherwise by the command zstd.

import type { ChildProcess } from "node:child_process";
import type { Duplex } from "node:stream";

/** The magic number of a frame (RFC 8878 section 3.1.1). */
const MAGIC = 0xfd2f_b528;

export function isZstd(head: Buffer): boolean {
  return head.length >= 4 && head.readUInt32LE(0) === MAGIC;
}

/** Two frames, each of the letter "a", without a checksum. */
const TWO_FRAMES = Buffer.from("28b52ffd200109000061".repeat(2), "hex");

interface NodeZstd {
  readonly createZstdDecompress?: () => Duplex;
  readonly zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array;
}

/** Node's decompressor if it reads all frames. Before 24.20 it ends at the first one, and takes what is cut off as complete. */
function nodeDecompress(): (() => Duplex) | undefined {
  const { createZstdDecompress, zstdDecompressSync } = process.getBuiltinModule("node:zlib") as NodeZstd;
  return zstdDecompressSync?.(TWO_FRAMES).length === 2 ? createZstdDecompress : undefined;
}

/** Decompresses all frames. Throws for what is cut off or damaged; not by fzstd, which does not verify checksums. */
export function unzstd(chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  const create = nodeDecompress();
  return create === undefined ? byCommand(chunks) : byNode(chunks, create());
}

async function* byNode(chunks: AsyncIterator<Buffer>, stream: Duplex): AsyncGenerator<Buffer> {
  const fed = { bytes: 0 };
  void feed(chunks, stream, fed);
  try {
    yield* stream as AsyncIterable<Buffer>;
    // Node ends quietly there, and reads no more.
    if ((stream as Duplex & { readonly bytesWritten: number }).bytesWritten < fed.bytes)
      throw new Error("its zstd is followed by what is none");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "Z_BUF_ERROR" || code === "ZSTD_error_srcSize_wrong") throw new Error("it is zstd that is cut off");
    throw code.startsWith("ZSTD") ? new Error("it begins like zstd, but is damaged") : error;
  } finally {
    stream.destroy();
  }
}

async function* byCommand(chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  const child = spawn("zstd", ["-dcq"], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = endOf(child);
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (complaint.length < 1000) complaint += text;
  });
  const feeding = feed(chunks, child.stdin);
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const end = await ended;
    if (end === "ENOENT")
      throw new Error(
        "it is zstd, which this version of Node cannot read: install the command zstd, or Node 24.20 or newer",
      );
    if (end !== 0)
      throw new Error(`it is damaged or cut off: ${complaint.trim().split("\n")[0] ?? `zstd ended with ${end}`}`);
    const failure = await feeding;
    if (failure !== undefined) throw failure;
  } finally {
    child.kill();
  }
}

/** The exit code, or the error code if the command cannot be started. */
function endOf(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    child.once("close", (code) => resolve(code));
  });
}

/** Writes all chunks as fast as they are taken. Returns the error that ends them; who reads the stream gets it as well. */
async function feed(
  chunks: AsyncIterator<Buffer>,
  into: NodeJS.WritableStream & { destroy(error?: Error): unknown },
  fed: { bytes: number } = { bytes: 0 },
): Promise<Error | undefined> {
  let failure: Error | undefined;
  into.on("error", () => {}); // a command that has ended is noticed by its exit code
  try {
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      const { value } = next;
      fed.bytes += value.length;
      await new Promise<void>((resolve) => into.write(value, () => resolve()));
    }
    into.end();
  } catch (error) {
    failure = error as Error;
    into.destroy(failure);
  }
  return failure;
}
