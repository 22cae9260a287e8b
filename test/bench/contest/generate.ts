// A child of the benchmark: writes `count` URLs into a named pipe, as fast as they are read.
//   node generate.js <pipe> <url up to the number> <count>

import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const [pipe = "", prefix = "", count = ""] = process.argv.slice(2);
const LINES_A_CHUNK = 1_000;

function* chunks(last: number): Generator<string> {
  for (let n = 1; n <= last; ) {
    let chunk = "";
    for (const end = Math.min(last, n + LINES_A_CHUNK - 1); n <= end; n++) chunk += `${prefix}${n}\n`;
    yield chunk;
  }
}

// A reader that closes early is no error here: the benchmark counts the files.
await pipeline(Readable.from(chunks(Number(count))), createWriteStream(pipe)).catch(() => {});
