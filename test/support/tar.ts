// Reads tar archives with GNU tar, and checks that the records state where each body is and where each archive ends.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ShardPlace } from "../../src/core/job.ts";
import { recordsOf, temporaryFolder } from "./command.ts";

/** Two blocks of zeros end an archive. */
const TRAILER_BYTES = 1024;

/**
 * The bodies of all archives with final names, by their numbers; no body may be JSON, which is the type of their records. Throws
 * an Error for a number that comes twice, a body without a record, another place than the recorded one, and bytes behind the end.
 */
export function bodiesInTar(output: string): ReadonlyMap<number, Buffer> {
  const recorded = recordsOf(output);
  const bodies = new Map<number, Buffer>();
  for (const shard of readdirSync(output).filter((name) => name.endsWith(".tar"))) {
    const content = readFileSync(join(output, shard));
    let end = 0;
    for (const [name, body] of membersOf(join(output, shard))) {
      const n = Number.parseInt(name, 10);
      if (bodies.has(n)) throw new Error(`${shard}: ${n} comes twice`);
      bodies.set(n, body);
      const place = recorded.get(n) as Partial<ShardPlace> | undefined;
      if (place?.shard !== shard || place.member !== name) throw new Error(`${shard}: ${name} is not recorded`);
      const { offset = 0, stored_bytes: storedBytes = 0 } = place;
      if (!content.subarray(offset, offset + body.length).equals(body))
        throw new Error(`${shard}: ${name} is elsewhere`);
      end = Math.max(end, offset + storedBytes);
    }
    const trailer = content.subarray(end);
    if (!trailer.equals(Buffer.alloc(TRAILER_BYTES))) throw new Error(`${shard}: does not end at ${end}`);
  }
  return bodies;
}

/** The bodies of an archive by their names. Throws an Error where GNU tar does, or where the JSON of a body is missing. */
function membersOf(path: string): ReadonlyMap<string, Buffer> {
  const unpacked = temporaryFolder();
  try {
    execFileSync("tar", ["-xf", path, "-C", unpacked.path, "--keep-old-files"], { stdio: "pipe" });
    const names = readdirSync(unpacked.path).toSorted();
    const bodies = names.filter((name) => !name.endsWith(".json"));
    const pairs = bodies.flatMap((name) => [name, `${name.split(".", 1)[0]}.json`]).toSorted();
    if (pairs.join() !== names.join()) throw new Error(`${path}: not one JSON for each body: ${names.join()}`);
    return new Map(bodies.map((name) => [name, readFileSync(join(unpacked.path, name))]));
  } finally {
    unpacked.remove();
  }
}
