// The process that downloads chunks, as its worker sees it: what becomes of it when a lease is lost.

import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { chunkRunner } from "../../../src/app/fleet/chunk-runner.ts";
import type { ChunkTask } from "../../../src/app/fleet/messages.ts";
import { own, ownFolder } from "../../support/own.ts";

const folder = ownFolder();

/** Sends its progress with the end of the chunk, so that both are there at once. */
const PROGRAM = `const { Socket } = require("node:net");
const pipe = new Socket({ fd: 3, readable: true, writable: true });
pipe.on("data", (text) => String(text).includes('"task"') && pipe.write('[{"progress":{}},{"end":{"how":"whole"}}]\\n'));
pipe.on("end", () => process.exit());`;

it("is not used again when it was killed just before its chunk ended", async () => {
  writeFileSync(folder.at("program.cjs"), PROGRAM);
  const runner = own(chunkRunner(folder.at("program.cjs"), () => {}));
  const lost = new AbortController();
  const onHeld = () => {};
  const task = {} as ChunkTask; // the program does not look at it
  expect(await runner.run(task, { lost: lost.signal, onHeld }, () => lost.abort())).toEqual({ how: "whole" });
  const next = await runner.run(task, { lost: new AbortController().signal, onHeld }, () => {});
  expect(next).toEqual({ how: "whole" });
});
