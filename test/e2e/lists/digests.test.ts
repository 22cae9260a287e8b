// SHA-256 digests: recorded on request, and checked where the list has one.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { Ran } from "../../support/command.ts";
import { versionsOn } from "../../support/folders/versions.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { body, journalOf, leftIn } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
const { serve, conditions } = versionsOn(server);

const saved = (...more: string[]) => folder.at("downloads", ...more);
const list = (...lines: readonly string[]) => folder.list(lines.map(server.url));
const run = (...args: string[]): Promise<Ran> => folder.run(["urls.txt", ...args]);
const contentOf = (file: string) => readFileSync(saved(file), "utf8");
const outcomes = () => journalOf(saved()).map(({ outcome }) => outcome);

describe("digests", () => {
  const BIG = "0123456789".repeat(100_000);
  const digest = (text: string) => createHash("sha256").update(text).digest("hex");
  beforeEach(() => {
    server.answers.set("/small", body("small"));
    server.answers.set("/empty", body(""));
    server.answers.set("/big", (_, response) => void response.writeHead(200).end(BIG));
  });

  it("are recorded with --hash sha256, for small and for streamed bodies", async () => {
    list("/small", "/empty", "/big");
    expect((await run("--hash", "sha256")).code).toBe(0);
    expect(journalOf(saved())).toMatchObject(["small", "", BIG].map((text) => ({ sha256: digest(text) })));
  });

  it("from the list that match their bodies let the lines be saved", async () => {
    const upper = digest(BIG).toUpperCase();
    list(`/small\t\tsha256=${digest("small")}`, `/empty\tmine\tsha256=${digest("")}`, `/big\t\tSHA256=${upper}`);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(outcomes()).toEqual(["saved", "saved", "saved"]);
  });

  it("from the list that do not match cause one more try and no file, and failed.txt keeps them", async () => {
    const column = `sha256=${digest("what it should be")}`;
    list(`/small\t\t${column}`, `/big\tbig.bin\t${column}`, "/empty");
    server.asked();
    expect((await run()).code).toBe(1);
    expect(server.asked()).toEqual(["/big", "/big", "/empty", "/small", "/small"]);
    const { files, records, failed } = leftIn(saved());
    expect(Object.keys(files)).toEqual(["000003"]);
    const expected_sha256 = digest("what it should be");
    const mismatch = { outcome: "failed", error: "checksum_mismatch", expected_sha256 };
    expect(records).toMatchObject([{ n: 1, ...mismatch }, { n: 2, ...mismatch }, { outcome: "saved" }]);
    expect(failed).toEqual([
      `${server.url("/big")}\tbig.bin\tn=2\t${column}`,
      `${server.url("/small")}\t000001\t${column}`,
    ]);
    server.answers.set("/small", body("what it should be"));
    server.answers.set("/big", body("what it should be"));
    const again = await folder.run(["downloads/failed.txt"]);
    expect(again.code, again.stderr).toBe(0);
    expect(Object.keys(leftIn(saved()).files)).toEqual(["000001", "000003", "big.bin"]);
    expect(existsSync(saved("failed.txt"))).toBe(false);
  });

  it("of the other kinds are checked as well, and several of one line all have to agree", async () => {
    const of = (name: string, text: string) => `${name}=${createHash(name).update(text).digest("hex")}`;
    list(
      `/small\t\t${of("md5", "small")}\t${of("sha512", "small")}`,
      `/big\t\t${of("sha1", BIG)}`,
      `/empty\t\t${of("md5", "")}\t${of("sha1", "other")}`,
    );
    expect((await run("--retries", "0")).code).toBe(1);
    const { records, failed } = leftIn(saved());
    const hex = (column: string) => column.replace(/.*=/, "");
    expect(records).toMatchObject([
      { n: 1, outcome: "saved", md5: hex(of("md5", "small")), sha512: hex(of("sha512", "small")) },
      { n: 2, outcome: "saved", sha1: hex(of("sha1", BIG)) },
      { n: 3, outcome: "failed", error: "checksum_mismatch", expected_sha1: hex(of("sha1", "other")) },
    ]);
    expect(failed).toEqual([`${server.url("/empty")}\t000003\t${of("md5", "")}\t${of("sha1", "other")}`]);
    // The next run takes saved files for what the list wants only with that digest, which is computed where no record has it.
    list(`/small\t\t${of("sha1", "small")}`, `/big\t\t${of("md5", "other")}`, `/empty\t\t${of("md5", "")}`);
    server.asked();
    expect((await run("--retries", "0", "--retry-failed")).code).toBe(1);
    expect(server.asked()).toEqual(["/big", "/empty"]);
    expect(outcomes()).toEqual(["saved", "failed", "saved"]);
  });

  it("that were added to the list are checked by -u against the whole body, without a conditional request", async () => {
    serve("/a", "one", { etag: '"1"' });
    list("/a");
    await run();
    list(`/a\t\tsha256=${digest("another")}`);
    conditions();
    expect((await run("-u", "--retries", "0")).code).toBe(1);
    expect(conditions()).toEqual(["/a 200"]);
    expect(journalOf(saved())).toMatchObject([{ outcome: "failed", error: "checksum_mismatch" }]);
    expect(contentOf("000001.txt")).toBe("one");
    list(`/a\t\tsha256=${digest("one")}`);
    expect((await run("-u")).code).toBe(0);
    expect(conditions()).toEqual(['/a 304 "1"']);
    expect(journalOf(saved())).toMatchObject([{ outcome: "unchanged", sha256: digest("one") }]);
  });
});
