// failed.txt is fed back: every line keeps its number and name, and no other line's file is touched for it.

import { describe, expect, it } from "vitest";
import { runsAgain } from "../support/again.ts";
import { leftIn, status } from "../support/site.ts";

const { server, saved, list, run, fresh, folder } = runsAgain();

/** A run that goes on with the failures of the one before. */
const feedBack = (...args: readonly string[]) => folder.run(["downloads/failed.txt", ...args]);

describe("failed.txt, fed back", () => {
  it("keeps names that only look like numbers", async () => {
    const names = ["0x10", "1.0", "1e1", "+16", "16", "１６", "1_6", "007", "0b1", "1234567890123456"];
    // Each on the line whose number it looks like.
    const places = [16, 1, 10, 17, 18, 19, 20, 7, 2, 21];
    const lines = Array.from({ length: 22 }, (_, i) => `/${i + 1}`);
    for (const [i, name] of names.entries()) {
      const line = (places[i] ?? 0) - 1;
      lines[line] = `${server.url(lines[line] ?? "")}\t${name}`;
    }
    list(lines);
    const expected = await fresh();
    for (const place of places) server.answers.set(`/${place}`, status(404));
    expect((await run()).code).toBe(1);
    server.answers.clear();
    server.asked();
    const { code, stderr } = await feedBack();
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual(places.map((place) => `/${place}`).sort());
    expect(leftIn(saved()).files).toEqual(expected.files);
  });
});
