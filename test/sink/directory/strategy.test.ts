// Each kind of body is written by its strategy.
import { expect, it } from "vitest";
import { chooseStrategy } from "../../../src/sink/directory/strategy.ts";
import { answer, bodyOf, text } from "../bodies.ts";

const FAST = { isFast: () => true, record: () => {} };
const SLOW = { isFast: () => false, record: () => {} };
const small = answer([text("a")]);
const rest = answer([text("a")], { from: 1 });
const stream = answer(bodyOf([[text("a")]]));

it.each([
  ["a stream on a fast disk", stream, FAST, true, "stream"],
  ["a stream on a slow disk", stream, SLOW, false, "stream"],
  ["a small body on a fast disk", small, FAST, false, "direct"],
  ["a small body on a fast disk with a name of its own", small, FAST, true, "behind"],
  ["a small body on a slow disk", small, SLOW, true, "async"],
  ["the rest of a kept part on a slow disk", rest, SLOW, true, "direct"],
  ["the rest of a kept part on a fast disk", rest, FAST, true, "direct"],
])("%s is written by the strategy of the table", (_what, given, disk, mayBeBehind, strategy) => {
  expect(chooseStrategy(given, disk, 0, mayBeBehind)).toBe(strategy);
});
