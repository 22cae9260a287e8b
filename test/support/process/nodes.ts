// Installs other versions of Node from npm, as packages that contain only the binary.

import { join } from "node:path";
import { shell } from "../command.ts";

/** The versions to test, such as "20.18.1 20.19 22". Only `.ci/run` sets them: each is a download of 40 MB. */
export const NODES: readonly string[] = (process.env["NODES"] ?? "").split(/\s+/).filter((version) => version !== "");

/** Installs the versions into `folder`. Rejects with npm's error. */
export async function installNodes(versions: readonly string[], folder: string): Promise<void> {
  const named = versions.map((version) => `${nameOf(version)}@npm:node-${process.platform}-${process.arch}@${version}`);
  const line = `npm install --prefix . --no-save --ignore-scripts --no-audit --no-fund --prefer-offline ${named.join(" ")}`;
  const { code, stderr } = await shell(line, { cwd: folder });
  if (code !== 0) throw new Error(`npm cannot install Node ${versions.join(", ")}: ${stderr}`);
}

/** The path of a version's binary. */
export function nodeIn(folder: string, version: string): string {
  return join(folder, "node_modules", nameOf(version), "bin/node");
}

function nameOf(version: string): string {
  return `node-${version}`;
}
