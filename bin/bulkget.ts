// Starts the command; the build adds two lines of sh before it. The version is printed without loading the command.
import { writeSync } from "node:fs";
import { VERSION } from "../src/version.ts";

const start = () => void import("./main.ts").then((command) => command.start());
try {
  if (/^(?:-V|--version)$/.test(process.argv.slice(2).join(" "))) writeSync(1, `${VERSION}\n`);
  else start();
} catch {
  start(); // it reports why nothing can be written
}
