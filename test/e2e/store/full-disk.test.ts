// -o s3:// with a state folder on a full disk: the run stops with its reason, and goes on where there is room.
import { appendFileSync, existsSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { type Ran, recordsOf } from "../../support/command.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { noTmpfs, tmpfs } from "../../support/process/tmpfs.ts";
import { type S3Stub, s3Stub } from "../../support/servers/s3-stub.ts";
import { storeEnv } from "../../support/servers/store-env.ts";
import { pageOf } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
let store: S3Stub;

beforeEach(async () => {
  store = own(await s3Stub());
});

function run(...args: string[]): Promise<Ran> {
  const command = ["urls.txt", "-o", "s3://books/a", "--state", "disk/state", "--min-free", "0", ...args];
  return folder.run(command, { env: storeEnv(store) });
}

const PAGE_BYTES = 4096;

/** Fills the disk but for some pages, of which each file and folder needs one. */
function fill(free: number): void {
  const path = folder.at("disk/filler");
  writeFileSync(path, "");
  try {
    for (;;) appendFileSync(path, Buffer.alloc(PAGE_BYTES));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
  const spare = Buffer.alloc(free * PAGE_BYTES);
  unlinkSync(path);
  writeFileSync(folder.at("disk/spare"), spare);
  writeFileSync(path, "");
  try {
    for (;;) appendFileSync(path, Buffer.alloc(PAGE_BYTES));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
  unlinkSync(folder.at("disk/spare"));
}

describe.skipIf(noTmpfs !== undefined)("a state folder on a full disk", () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    "with room for %d files stops the run with 3, and the next one goes on where there is room",
    async (free) => {
      own(tmpfs(folder.at("disk"), "1m"));
      folder.list(["/p1", "/p2"].map(server.url));
      fill(free);
      const ran = await run();
      expect([0, 3], ran.stderr).toContain(ran.code);
      if (ran.code === 3) expect(ran.stderr).toMatch(/ENOSPC|disk full/);
      unlinkSync(folder.at("disk/filler"));
      const next = await run();
      expect(next.code, next.stderr).toBe(0);
      for (const n of [1, 2]) expect(store.objects.get(`a/00000${n}.txt`)?.body).toEqual(pageOf(`/p${n}`));
    },
  );

  it("stops at a large body with the reason, and saves it where there is room", async () => {
    const disk = own(tmpfs(folder.at("disk"), "1m"));
    const large = Buffer.alloc(3_000_000, "0123456789abc");
    server.answers.set("/large", (_, response) => void response.setHeader("content-type", "text/plain").end(large));
    folder.list(["/p1", "/large", "/p3"].map(server.url));
    const ran = await run("-q");
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("stopped: disk full (ENOSPC: no space left on device");
    expect(existsSync(folder.at("disk/state/.bulkget/000002"))).toBe(false);
    disk.remount("size=8m");
    const next = await run();
    expect(next.code, next.stderr).toBe(0);
    expect(store.objects.get("a/000002.txt")?.body.equals(large)).toBe(true);
    expect(recordsOf(folder.at("disk/state")).size).toBe(3);
    rmSync(folder.at("disk/state"), { recursive: true });
  });
});
