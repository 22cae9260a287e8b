// Files and folders are synced; errors are thrown.
import { closeSync, existsSync, openSync } from "node:fs";
import { expect, it } from "vitest";
import { isNotSyncable, syncFile, syncFolder, syncFolderSync } from "../../src/fs/sync.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();

it("a folder's names are synced, and a folder that does not exist is an error", async () => {
  await syncFolder(folder.path);
  await expect(syncFolder(folder.at("gone"))).rejects.toThrow(/ENOENT/);
  syncFolderSync(folder.path);
  expect(() => syncFolderSync(folder.at("gone"))).toThrow(/ENOENT/);
});

it.skipIf(!existsSync("/dev/null"))("an error that means `cannot be synced at all` is told from others", async () => {
  const fd = openSync("/dev/null", "w");
  const error: unknown = await syncFile(fd).catch((thrown: unknown) => thrown);
  closeSync(fd);
  expect(isNotSyncable(error)).toBe(true);
  const closed: unknown = await syncFile(fd).catch((thrown: unknown) => thrown);
  expect(isNotSyncable(closed)).toBe(false);
});
