// The first bytes of a stream: as many as determine its type, none of which are consumed.
import { describe, expect, it } from "vitest";
import { peek } from "../../src/source/peek.ts";

async function* stream(...chunks: readonly (string | Error)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    yield Buffer.from(chunk);
  }
}

async function peeked(...chunks: readonly (string | Error)[]) {
  const { head, all } = await peek(stream(...chunks));
  let read = "";
  let error: unknown;
  try {
    for await (const chunk of all) read += chunk.toString();
  } catch (reason) {
    error = reason;
  }
  return { head: head.toString(), all: read, error };
}

describe("the first bytes of a stream", () => {
  it.each([
    ["up to the first line end", ["http://a/", "\n", "more"], "http://a/\n"],
    ["up to 4 bytes if the line end is earlier", ["\n", "ab", "cd", "more"], "\nabcd"],
    [
      "up to 512 bytes without a line end",
      ["a".repeat(500), "b".repeat(500), "more"],
      "a".repeat(500) + "b".repeat(500),
    ],
    ["all of a short stream", ["a", "b"], "ab"],
    ["none of an empty stream", [], ""],
  ])("are %s, and the stream still has them", async (_, chunks, head) => {
    expect(await peeked(...chunks)).toEqual({ head, all: chunks.join(""), error: undefined });
  });

  it("are those before an error, which the stream throws after them", async () => {
    const error = new Error("read EIO");
    expect(await peeked("ab", error)).toEqual({ head: "ab", all: "ab", error });
  });
});
