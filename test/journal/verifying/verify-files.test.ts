// Verification of a journal's files by the main thread and by the second thread.

import { appendFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { serializeOutcome } from "../../../src/core/serialize-outcome.ts";
import { fileVerifier, startVerifierThread } from "../../../src/journal/verifying/verify-files.ts";
import { saved } from "../../core/outcomes.ts";
import { ownJournal } from "../journals.ts";

const journal = ownJournal();

const { folder, read } = journal;

describe("files of a journal", () => {
  it("count only if they are regular files with the recorded length and without a link on their path", () => {
    const at = (name: string) => folder.at(name);
    mkdirSync(at("sub/deep"), { recursive: true });
    mkdirSync(at("folder"));
    for (const name of ["whole", "sub/deep/whole", "long", "short"]) writeFileSync(at(name), "12345");
    appendFileSync(at("long"), "6");
    truncateSync(at("short"), 4);
    symlinkSync("whole", at("link")); // 5 bytes long itself
    symlinkSync(at("sub"), at("linked"));
    const name = folder.path.split("/").at(-1) ?? "";
    const good = ["whole", "sub/deep/whole"];
    const bad = [
      "long",
      "short",
      "link",
      "folder",
      "none",
      "linked/deep/whole",
      "linked/deep/whole",
      `../../${name}/whole`,
      at("whole"),
      "whole/x",
    ];
    const odd = ["", ".", "..", "sub//deep/whole", "sub/../whole", "whole\0", "x".repeat(5000)];
    const files = [...good, ...bad, ...odd];
    const history = read(...files.map((file, i) => saved({ n: i, file, bytes: 5 })), saved({ n: 99 }));
    const states = files.map((file, i) => [file, history.state(i, saved().url)]);
    expect(states).toEqual(files.map((file) => [file, good.includes(file) ? "saved" : "open"]));
    expect(history.state(99, saved().url)).toBe("open");
    expect(history.notes).toEqual([`${bad.length + odd.length + 1} files missing or of another size: fetched again`]);
  });

  it("are all verified in a long journal, and only those of each line's last record count as missing", () => {
    writeFileSync(folder.at("here"), "1");
    const fileOf = (n: number) => (n % 97 === 0 ? "gone" : "here");
    const record = (n: number, file: string) => serializeOutcome(saved({ n, file, bytes: 1 }));
    const first = Array.from({ length: 40_000 }, (_, n) => record(n, n % 2 === 0 ? "gone" : "here"));
    const last = Array.from({ length: 40_000 }, (_, n) => record(n, fileOf(n)));
    const history = read(...first, ...last);
    const missing = Math.ceil(40_000 / 97);
    expect(history).toMatchObject({ saved: 40_000 - missing, open: missing, stale: 40_000, failures: 0 });
    for (let n = 0; n < 40_000; n += 13)
      expect(history.state(n, saved().url)).toBe(fileOf(n) === "here" ? "saved" : "open");
  });
});

describe("the verifier thread", () => {
  const asked = Array.from({ length: 40_000 }, (_, n) => (n % 97 === 0 ? "gone" : "here"));

  /** The numbers of the files that were found missing. */
  function missing(start?: typeof startVerifierThread): number[] {
    writeFileSync(folder.at("here"), "1");
    const found: number[] = [];
    const files = fileVerifier(folder.path, (n, unit) => void found.push(n === unit + 1 ? n : -1), start);
    for (const [n, file] of asked.entries()) files.queue(n, n - 1, file, 1);
    files.finish();
    return found.sort((a, b) => a - b);
  }
  const right = asked.flatMap((file, n) => (file === "gone" ? [n] : []));

  it("is replaced by the main thread if it does not answer or cannot be started", () => {
    const silent = { post: () => {}, receive: () => undefined, wait: () => {}, close: () => {} };
    expect(missing(() => silent)).toEqual(right);
    expect(missing(() => undefined)).toEqual(right);
  });

  it("returns the missing files of each batch", () => {
    writeFileSync(folder.at("here"), "1");
    const thread = startVerifierThread(folder.path);
    thread?.post({ ns: [], units: [], files: ["here", "gone", "here"], bytes: [1, 1, 2] });
    thread?.post({ ns: [], units: [], files: ["gone"], bytes: [1] });
    thread?.wait();
    expect([thread?.receive(), thread?.receive(), thread?.receive()]).toEqual([[1, 2], [0], undefined]);
    thread?.close();
  });

  it("and the main thread together find all missing files", () => {
    expect(missing()).toEqual(right);
  });
});
