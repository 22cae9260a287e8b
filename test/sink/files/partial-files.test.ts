// Parts that an earlier run kept are used for their URL only; incomplete notes and planted links are not used.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Job } from "../../../src/core/job.ts";
import { partialFiles } from "../../../src/sink/files/partial-files.ts";
import { ownFolder } from "../../support/own.ts";

const outside = ownFolder();
let state: string;
beforeEach(() => {
  state = outside.at("state");
  mkdirSync(state);
});

const jobOf = (n: number): Job => ({ n, url: `http://example.org/${n}` });
const noteOf = (n: number) => {
  const about = { validator: '"v1"', wholeBytes: 9, type: "text/html" };
  return { job: jobOf(n).url, url: `http://cdn/${n}`, ...about };
};
const at = (name: string) => join(state, name);
const files = () => readdirSync(state).sort();

function leave(n: number, body: string | undefined, note: unknown) {
  if (body !== undefined) writeFileSync(at(`${n}.part`), body);
  if (note !== undefined) writeFileSync(at(`${n}.note`), typeof note === "string" ? note : JSON.stringify(note));
}

describe("a part with its note", () => {
  it("is the kept part of its line", () => {
    for (const n of [1, 12]) leave(n, "body", noteOf(n));
    const { job: _, ...rest } = noteOf(12);
    const kept = partialFiles(state);
    expect(kept.kept(jobOf(12))).toMatchObject({ ...rest, bytes: 4 });
    expect(kept.kept(jobOf(2))).toBeUndefined();
    expect(files()).toEqual(["1.note", "1.part", "12.note", "12.part"]);
  });

  it("is removed if the line has another URL now", () => {
    leave(1, "body", noteOf(1));
    const left = partialFiles(state);
    expect(left.kept({ n: 1, url: "http://example.org/2" })).toBeUndefined();
    expect(left.kept(jobOf(1))).toBeUndefined();
    expect(files()).toEqual([]);
  });

  it("is removed when its line starts over", () => {
    leave(1, "body", noteOf(1));
    const left = partialFiles(state);
    const made = left.create(jobOf(1));
    made.close();
    expect([files(), statSync(made.path).size]).toEqual([["1.part"], 0]);
  });

  it("does not count while it is empty", () => {
    const job = jobOf(1);
    const fresh = partialFiles(state);
    const made = fresh.create(job);
    expect(fresh.note(job, made, { validator: '"v1"', url: job.url })).toBe(true);
    expect(fresh.kept(job)).toBeUndefined();
    fresh.keep(job, 7);
    expect(fresh.kept(job)).toMatchObject({ bytes: 7 });
    made.close();
  });
});

describe("a file that a killed run left in the state folder", () => {
  const whole = JSON.stringify(noteOf(1));
  it.each<[what: string, body: string | undefined, note: unknown]>([
    ["a part without a note", "body", undefined],
    ["a note without its part", undefined, noteOf(1)],
    ["a part without bytes", "", noteOf(1)],
    ["an empty note", "body", ""],
    ["a torn note", "body", whole.slice(0, -1)],
    ["a note that is none", "body", "null"],
    ["a list for a note", "body", "[1]"],
    ["a note without a validator", "body", { ...noteOf(1), validator: undefined }],
    ["a note without the line's URL", "body", { ...noteOf(1), job: undefined }],
    ["a note whose URL is none", "body", { ...noteOf(1), url: 42 }],
  ])("is removed if it is %s", (_what, body, note) => {
    leave(1, body, note);
    leave(2, "body", noteOf(2));
    const left = partialFiles(state);
    expect(left.kept(jobOf(1))).toBeUndefined();
    expect(left.kept(jobOf(2))).toMatchObject({ bytes: 4 });
    expect(files()).toEqual(["2.note", "2.part"]);
  });

  it("is removed if it is the part of a second line of one number, and left if it is not a run's", () => {
    for (const name of ["1-1.part", "3-0.part", "lock", "x.part", "1.part.bak", "1.notes"]) {
      writeFileSync(at(name), "x");
    }
    partialFiles(state);
    expect(files()).toEqual(["1.notes", "1.part.bak", "lock", "x.part"]);
  });
});

describe("a link in the place of", () => {
  beforeEach(() => {
    writeFileSync(outside.at("part"), "mine");
    writeFileSync(outside.at("note"), JSON.stringify(noteOf(1)));
  });

  it.each(["part", "note"] as const)("a %s is removed, not followed", (link) => {
    leave(1, link === "part" ? undefined : "body", link === "note" ? undefined : noteOf(1));
    symlinkSync(outside.at(link), at(`1.${link}`));
    expect(partialFiles(state).kept(jobOf(1))).toBeUndefined();
    expect(files()).toEqual([]);
    expect(readFileSync(outside.at("part"), "utf8")).toBe("mine");
  });

  it("a kept part is not followed when it is resumed", () => {
    leave(1, "body", noteOf(1));
    const left = partialFiles(state);
    expect(left.kept(jobOf(1))).toMatchObject({ bytes: 4 });
    spawnSync("ln", ["-sfn", outside.at("part"), at("1.part")]);
    expect(() => left.reopen(jobOf(1), 2)).toThrow(/ELOOP/);
    expect(readFileSync(outside.at("part"), "utf8")).toBe("mine");
  });

  it("a note is not written through", () => {
    const fresh = partialFiles(state);
    const made = fresh.create(jobOf(1));
    symlinkSync(outside.at("nowhere"), at("1.note"));
    expect(() => fresh.note(jobOf(1), made, { validator: '"v1"', url: "http://a/" })).toThrow(/EEXIST/);
    made.close();
    expect(existsSync(outside.at("nowhere"))).toBe(false);
  });
});

describe("a part with a second hard link", () => {
  const mine = () => outside.at("mine");
  beforeEach(() => writeFileSync(mine(), "mine"));

  it("is removed, not resumed", () => {
    linkSync(mine(), at("1.part"));
    leave(1, undefined, noteOf(1));
    expect(partialFiles(state).kept(jobOf(1))).toBeUndefined();
    expect([files(), readFileSync(mine(), "utf8")]).toEqual([[], "mine"]);
  });

  it("is not written to if the link was made later", () => {
    leave(1, "body", noteOf(1));
    const left = partialFiles(state);
    expect(left.kept(jobOf(1))).toMatchObject({ bytes: 4 });
    spawnSync("ln", ["-f", mine(), at("1.part")]);
    expect(() => left.reopen(jobOf(1), 2)).toThrow("what was kept is no longer there");
    expect(readFileSync(mine(), "utf8")).toBe("mine");
  });
});

it.runIf(process.platform !== "win32")("opening a pipe in the place of a part or note does not block", () => {
  for (const name of ["1.note", "2.part"]) expect(spawnSync("mkfifo", [at(name)]).status).toBe(0);
  leave(1, "body", undefined);
  leave(2, undefined, noteOf(2));
  const left = partialFiles(state);
  expect([left.kept(jobOf(1)), left.kept(jobOf(2))]).toEqual([undefined, undefined]);
  expect(files()).toEqual([]);
});

it("a folder in the place of a part is ignored: the body is written under another name", () => {
  mkdirSync(at("1.part"));
  leave(1, undefined, noteOf(1));
  const left = partialFiles(state);
  expect(left.kept(jobOf(1))).toBeUndefined();
  const made = left.create(jobOf(1));
  expect(left.note(jobOf(1), made, { validator: '"v1"', url: "http://a/" })).toBe(false);
  made.close();
  expect(files()).toEqual(["1-1.part", "1.part"]);
});

it("a part may be closed twice without closing another file", () => {
  const fresh = partialFiles(state);
  const one = fresh.create(jobOf(1));
  one.close();
  const two = fresh.create(jobOf(2));
  one.close();
  two.close();
});
