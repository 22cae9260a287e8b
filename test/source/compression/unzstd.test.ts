// zstd lists: by Node where it has zstd, by the command where not; what is missing, damaged or cut off is an error.

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { isZstd, unzstd } from "../../../src/source/compression/unzstd.ts";
import { shell } from "../../support/command.ts";
import { ownFolder } from "../../support/own.ts";
import { chunksOf } from "../formats/tables.ts";

const folder = ownFolder();
const TEXT = "http://a/\n".repeat(20_000);

async function packed(): Promise<Buffer | undefined> {
  writeFileSync(folder.at("plain"), TEXT);
  const { code } = await shell("zstd -q plain -o packed", { cwd: folder.path });
  return code === 0 ? readFileSync(folder.at("packed")) : undefined;
}

async function textOf(bytes: Buffer): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of unzstd(chunksOf(bytes, 100))) pieces.push(piece);
  return Buffer.concat(pieces).toString("latin1");
}

describe("a zstd list", () => {
  it("is decompressed, frame after frame", async (context) => {
    const bytes = await packed();
    if (bytes === undefined) return context.skip();
    expect([isZstd(bytes), isZstd(Buffer.from("http"))]).toEqual([true, false]);
    expect(await textOf(Buffer.concat([bytes, bytes]))).toBe(TEXT + TEXT);
  });

  it("that is cut off, damaged or followed by something else is an error", async (context) => {
    const bytes = await packed();
    if (bytes === undefined) return context.skip();
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 1] = (flipped[bytes.length - 1] ?? 0) ^ 1;
    for (const wrong of [bytes.subarray(0, -5), flipped, Buffer.concat([bytes, Buffer.from("something else")])])
      await expect(textOf(wrong)).rejects.toThrow(
        /^it(?:s zstd is followed| is zstd that is cut| is damaged| begins like zstd)/,
      );
  });

  it("without zstd in Node and without the command is an error that names both", async (context) => {
    if (Number.parseInt(process.versions.node, 10) >= 24) return context.skip();
    vi.stubEnv("PATH", folder.path);
    try {
      await expect(textOf(Buffer.from("28b52ffd", "hex"))).rejects.toThrow(
        "it is zstd, which this version of Node cannot read: install the command zstd, or Node 24.20 or newer",
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
