// The columns after a URL: names, key=value columns, and unknown keys.
import { describe, expect, it } from "vitest";
import { type Columns, columnsOf } from "../../../../src/source/formats/table/columns.ts";

const DIGEST = "0123456789abcdef".repeat(4);

describe("the columns after a URL", () => {
  it.each<[text: string, columns: Columns]>([
    ["", {}],
    ["a.html", { name: "a.html" }],
    [" a b \tc", { name: "a b" }],
    ["\tname=a", { name: "a" }],
    ["a\tname=b", { name: "b" }],
    ["name=\tname=b\tname=c", { name: "b" }],
    ["a\tn=7\tn=8", { name: "a", n: "7" }],
    ["n=1234567890123456", { name: "n=1234567890123456", unknown: [expect.objectContaining({ key: "n" })] }],
    [`SHA256 = ${DIGEST.toUpperCase()}`, { digests: { sha256: DIGEST } }],
    [`sha256=${DIGEST.slice(0, 32)} ${DIGEST.slice(32)}`, { digests: { sha256: DIGEST } }],
    [`md5=${DIGEST.repeat(3)}`, { digests: { md5: DIGEST.slice(0, 33) } }],
    [`sha1=a\tsha512=b`, { digests: { sha1: "a", sha512: "b" } }],
    ["size=5", { name: "size=5", unknown: [{ key: "size", text: "size=5", isName: true }] }],
    ["a\tsize=5", { name: "a", unknown: [{ key: "size", text: "size=5", isName: false }] }],
    ["a?b=c", { name: "a?b=c" }],
  ])("of the text %j are %j", (text, columns) => {
    expect(columnsOf(text, 0)).toEqual(columns);
    expect(columnsOf(`http://a/\t${text}`, 9 + 1)).toEqual(columns);
  });
});
