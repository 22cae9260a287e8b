// What lies around an output folder, and must be the same after a run: every name, byte, link, owner and time of it.

import { createHash } from "node:crypto";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

export interface Victims {
  /** Deep enough below `root` that `../../..` from the output folder is still seen: where the runs take place. */
  readonly cwd: string;
  /** A folder of victims beside the output folder. */
  readonly path: string;
  /** The file in it that links are planted to. */
  readonly file: string;
  /** All that is below `root` but the output folder, with what it is. To be compared with one made before. */
  snapshot(): Readonly<Record<string, string>>;
}

/** Makes them below `root`; the output folder is `downloads` in `cwd`. */
export function victims(root: string): Victims {
  const cwd = join(root, "a", "b", "c");
  const path = join(cwd, "victims");
  const file = join(path, "victim.txt");
  mkdirSync(join(path, "folder"), { recursive: true });
  for (const one of [file, join(path, "000001.txt"), join(path, "folder", "000001.txt"), join(path, "x")]) {
    writeFileSync(one, `mine: ${one}\n`);
  }
  symlinkSync("victim.txt", join(path, "link"));
  linkSync(file, join(path, "hard"));
  const output = join(cwd, "downloads");
  return { cwd, path, file, snapshot: () => looksOf(root, output) };
}

function looksOf(root: string, except: string): Record<string, string> {
  const looks: Record<string, string> = {};
  for (const name of namesBelow(root, except)) {
    const path = join(root, name);
    // The output folder is made in this one: its times are no sign.
    looks[name] = join(except, "..") === path ? "here" : look(path);
  }
  return looks;
}

/** Everything below a folder but one path and what is below that, sorted, links not followed as `readdir` does it. */
export function namesBelow(root: string, except?: string): string[] {
  const found: string[] = [];
  const walk = (above: string) => {
    for (const entry of readdirSync(join(root, above), { withFileTypes: true })) {
      const name = join(above, entry.name);
      if (join(root, name) === except) continue;
      found.push(name);
      if (entry.isDirectory()) walk(name);
    }
  };
  walk("");
  return found.sort();
}

/** What lies at a path, links not followed. */
export function look(path: string): string {
  const stats = lstatSync(path, { bigint: true });
  const { mode, uid, gid, size, mtimeNs, ino } = stats;
  const content = stats.isFile()
    ? createHash("sha256").update(readFileSync(path)).digest("hex")
    : stats.isSymbolicLink()
      ? readlinkSync(path)
      : "";
  return [ino, mode.toString(8), uid, gid, size, mtimeNs, content].join(" ");
}
