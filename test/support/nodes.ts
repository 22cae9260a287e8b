// Other versions of Node, brought by npm: each is a package that holds nothing but the binary.

import { join } from "node:path";
import { shell } from "./command.ts";

/** The versions to test, such as "20.18.1 20.19 22". `.ci/run` names them; nobody else downloads some 40 MB each. */
export const NODES: readonly string[] = (process.env["NODES"] ?? "").split(/\s+/).filter((version) => version !== "");

/** Installs the versions into `folder`. Rejects with what npm says. */
export async function installNodes(versions: readonly string[], folder: string): Promise<void> {
  const named = versions.map((version) => `${nameOf(version)}@npm:node-${process.platform}-${process.arch}@${version}`);
  const line = `npm install --prefix . --no-save --ignore-scripts --no-audit --no-fund --prefer-offline ${named.join(" ")}`;
  const { code, stderr } = await shell(line, { cwd: folder });
  if (code !== 0) throw new Error(`npm cannot install Node ${versions.join(", ")}: ${stderr}`);
}

/** The binary of one of them. */
export function nodeIn(folder: string, version: string): string {
  return join(folder, "node_modules", nameOf(version), "bin/node");
}

function nameOf(version: string): string {
  return `node-${version}`;
}
