// What goes wrong while a body is written: nothing is left of it, and nothing that lies in the way is touched.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../../src/core/ports.ts";
import { directory } from "../../src/sink/directory.ts";
import { names } from "../../src/sink/names.ts";
import { type Folder, temporaryFolder } from "../support/command.ts";
import { answer, bodyOf, JOB, TARGET } from "./bodies.ts";

let outside: Folder;
let folder: string;
beforeEach(() => {
  outside = temporaryFolder();
  folder = join(outside.path, "out");
  mkdirSync(folder);
});
afterEach(() => outside.remove());

const text = (content: string): Uint8Array => Buffer.from(content);

function sinkInto(into: string, options: { empty?: boolean; replaceBeforeMs?: number } = {}) {
  const sink = directory({ folder: into, names: names("{n:6}{ext}"), empty: true, ...options });
  return (body: Answer["body"], name?: string) =>
    sink.write(name === undefined ? JOB : { ...JOB, name }, TARGET, answer(body));
}

describe("a streamed body", () => {
  it("has no final name before it is whole", async () => {
    const seen: string[][] = [];
    const body = bodyOf([[text("a")], [text("b")]], undefined, () => seen.push(readdirSync(folder)));
    await sinkInto(folder)(body);
    expect(seen).toEqual(Array.from({ length: 3 }, () => ["000001.html.part"]));
    expect(readdirSync(folder)).toEqual(["000001.html"]);
  });

  it("that ends in a failure is that failure, and leaves nothing", async () => {
    const failure = { error: "truncated", detail: "cut short" } as const;
    expect(await sinkInto(folder)(bodyOf([[text("a")]], failure))).toBe(failure);
    expect(await sinkInto(folder)(bodyOf([], failure))).toBe(failure);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("whose file another one is being written to under the same name is refused", async () => {
    const store = sinkInto(folder);
    let inner: unknown;
    const body = bodyOf([[text("one")]], undefined, (index) => {
      if (index === 1) inner = store([text("two")], "000001.html");
    });
    expect(await store(body)).toMatchObject({ bytes: 3 });
    expect(inner).toMatchObject({ error: "file_exists" });
    expect(readFileSync(join(folder, "000001.html"), "utf8")).toBe("one");
  });

  it.each([
    ["taken", "x"],
    ["too long", "x".repeat(251)],
    ["longer than any path may be", "sub/".repeat(2000)],
  ])("is let go, not read, if its name is %s", async (_what, name) => {
    writeFileSync(join(folder, "x"), "mine");
    const body = bodyOf([[text("a")]], undefined, () => expect.unreachable("nobody wants it"));
    const error = name === "x" ? "file_exists" : "name_too_long";
    expect(await sinkInto(folder)(body, name)).toMatchObject({ error });
    expect(body.cancelled()).toBe(1);
    expect(readdirSync(folder)).toEqual(["x"]);
  });
});

describe.each([
  ["whole", (): Answer["body"] => [text("theirs")]],
  ["streamed", (): Answer["body"] => bodyOf([[text("theirs")]])],
])("a link that somebody planted, and a %s body", (_kind, body) => {
  it.each(["000001.html.part", "000001.html"])("at %s is neither followed nor replaced", async (link) => {
    const victim = join(outside.path, "victim");
    writeFileSync(victim, "mine");
    for (const target of [victim, join(outside.path, "nowhere")]) {
      const name = join(folder, link);
      rmSync(name, { force: true });
      symlinkSync(target, name);
      for (const force of [{}, { replaceBeforeMs: Date.now() + 60_000 }]) {
        expect(await sinkInto(folder, { empty: false, ...force })(body())).toMatchObject({ error: "file_exists" });
        expect(readlinkSync(name)).toBe(target);
        expect(readdirSync(folder)).toEqual([link]);
      }
    }
    expect(readFileSync(victim, "utf8")).toBe("mine");
    expect(existsSync(join(outside.path, "nowhere"))).toBe(false);
  });
});

const tmpfs = mounted();
afterAll(() => {
  if (tmpfs === undefined) return;
  spawnSync("umount", [tmpfs.path]);
  tmpfs.remove();
});

/** A file system of 1 MiB: for root, where mounting is allowed. */
function mounted(): Folder | undefined {
  const made = temporaryFolder();
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", made.path], { encoding: "utf8" });
  if (mount.status === 0) return made;
  made.remove();
  console.warn(`SKIPPED: no test of a full disk, which needs root to mount one: ${mount.stderr ?? mount.error}`);
  return undefined;
}

describe.skipIf(tmpfs === undefined)("a disk that fills up", () => {
  const big = Buffer.alloc(600_000, "x");

  it.each([
    ["whole", () => [big, big, big]],
    ["whole, in one piece", () => [Buffer.concat([big, big])]],
    ["streamed", () => bodyOf([[big], [big, big], [big]])],
    ["streamed to its very end", () => bodyOf([[big], [big]])],
  ])("under a %s body is a fatal failure, and nothing is left of it", async (_kind, body) => {
    const full = tmpfs?.path ?? "";
    const given = body();
    expect(await sinkInto(full)(given)).toMatchObject({ error: "disk_full" });
    if ("cancelled" in given) expect(given.cancelled()).toBe(1);
    expect(readdirSync(full)).toEqual([]);
    expect(await sinkInto(full)([big])).toMatchObject({ bytes: 600_000 });
    rmSync(join(full, "000001.html"));
  });
});
