// A folder as the output of a fleet: what cannot be used is refused with the folder's name, and is no bug.
import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { folderOutput } from "../../../src/app/fleet/commit/folder-output.ts";
import { FolderError } from "../../../src/core/errors.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();

const outputIn = (path: string) =>
  folderOutput({ folder: path, store: undefined, state: "", isSynced: false, note: () => {} });

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FolderError);
  return (error as FolderError).message;
}

describe("the folder of a fleet", () => {
  it.each(["file", "file/in/it"])("is refused where it is %s", async (path) => {
    writeFileSync(folder.at("file"), "mine");
    const why = `${folder.at(path)}: the output folder cannot be made: ${folder.at("file")} is a file`;
    expect(await refusalOf(outputIn(folder.at(path)).claim())).toContain(why);
  });

  it("is named where its record cannot be written", async () => {
    const output = outputIn(folder.at("out"));
    const { release } = await output.claim();
    mkdirSync(folder.at("out/.bulkget/fleet.json"));
    const record = {
      ...({ run: "0123abcd", lists: [], chunkLines: 1, shardBy: "line", format: "files" } as const),
      ...{ name: "", begin: "2026-11-30T00:00:00.000Z" },
    };
    expect(await refusalOf(output.putRecord(record))).toContain(`${folder.at("out")}: cannot be used: EISDIR`);
    await release();
  });
});
