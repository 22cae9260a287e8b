// Part of the build: runs the bundled command on a list of its own, and keeps the code that V8 made of it meanwhile.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keep, run } from "./compiled.ts";

const URLS = 200;
const ANSWER = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nfine";

const file = join(import.meta.dirname, "main.cjs");
rmSync(`${file}.code`, { force: true });
const server = createServer((socket) => socket.on("data", () => socket.write(ANSWER)).on("error", () => {}));
server.on("error", (error) => console.warn(`built without compiled code: ${error.message}`));
server.listen(0, "127.0.0.1", () => {
  const folder = mkdtempSync(join(tmpdir(), "bulkget-build-"));
  const list = join(folder, "urls.txt");
  const { port } = server.address() as AddressInfo;
  writeFileSync(list, Array.from({ length: URLS }, (_, i) => `http://127.0.0.1:${port}/${i}\n`).join(""));
  for (const name of Object.keys(process.env)) if (name.startsWith("BULKGET_")) delete process.env[name];
  process.argv.splice(2, process.argv.length, list, "-o", join(folder, "out"), "-q", "-x", "");
  const script = run(file);
  process.once("exit", (code) => {
    rmSync(folder, { recursive: true, force: true });
    if (code === 0) keep(file, script);
    else console.warn(`built without compiled code: a run left with ${code}`);
    process.exitCode = 0;
  });
});
