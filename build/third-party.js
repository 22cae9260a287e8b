// Collects the licenses of all bundled packages in dist/vendor/LICENSES.txt.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = "dist/vendor/LICENSES.txt";
const HEAD = "The files of this package contain these packages, each under its license.\n";
/** Licenses of other works that a package contains. */
const MORE = {
  tldts: "Contains the Public Suffix List (https://publicsuffix.org/list/), under the Mozilla Public License 2.0.\n\n",
};

/** The folders of all packages bundled so far. */
const folders = new Set();

/** A rollup plugin that collects the packages of one bundle, and `others`, which the bundler does not see. */
export function thirdParty(others = []) {
  return {
    name: "third-party",
    generateBundle() {
      for (const id of this.getModuleIds()) {
        const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll("\\", "/")) ?? [];
        if (folder !== undefined) folders.add(folder);
      }
      for (const name of others) folders.add(join(process.cwd(), "node_modules", name));
    },
    writeBundle() {
      mkdirSync("dist/vendor", { recursive: true });
      writeFileSync(FILE, [HEAD, ...[...folders].map(section).sort()].join("\n"));
    },
  };
}

function section(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const path = file === undefined ? `build/licenses/${name}.txt` : join(folder, file);
  if (!existsSync(path)) throw new Error(`${name} comes without the text of its license: put it into ${path}`);
  const text = readFileSync(path, "utf8").trim();
  return `== ${name}@${version} (${license})\n\n${MORE[name] ?? ""}${text}\n`;
}
