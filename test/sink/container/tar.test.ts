// The record in a tar sample: the JSON of what is known of a line, field by field as JSON.stringify writes it.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Job } from "../../../src/core/job.ts";
import type { Answer } from "../../../src/core/ports.ts";
import { escapedJson } from "../../../src/core/text/escape.ts";
import type { Capture } from "../../../src/sink/container/container-format.ts";
import { composed, type Group } from "../../../src/sink/container/group.ts";
import { tarFormat } from "../../../src/sink/container/tar.ts";

const NOW_MS = Date.UTC(2026, 10, 30, 12, 0, 0, 7);
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom('a"b', "\\", "\u202e", "\ud800", "\x7f", "é", "~ !#"),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const digits = maybe(fc.constant("0a".repeat(20)));

const captures = fc.record({
  job: fc.record({
    n: fc.nat(),
    url: fc.webUrl(),
    name: maybe(text),
    list: maybe(text),
    line: maybe(fc.nat()),
    extra: maybe(fc.dictionary(text, fc.jsonValue())),
  }),
  answer: fc.record({
    status: fc.constantFrom(200, 203),
    type: maybe(text),
    encoding: maybe(text),
    finalUrl: maybe(text),
    etag: maybe(text),
    lastModified: maybe(text),
  }),
  digests: maybe(fc.record({ md5: digits, sha1: digits, sha256: digits, sha512: digits })),
});

it("the record of a tar sample is JSON of all that is known of its line, in order and escaped", () => {
  fc.assert(
    fc.property(captures, ({ job, answer, digests }) => {
      const body = Buffer.from("abc");
      const known = { job: job as Job, answer: answer as Answer, digests: digests as Capture["digests"] };
      const capture: Capture = { ...known, url: new URL(job.url), file: "000001.html", bytes: body.length };
      const group = tarFormat(() => NOW_MS).small(capture, [body]) as Group & { readonly bytes: number };
      const bytes = Buffer.concat(composed([{ group, bytes: group.bytes }], Buffer.alloc(0)));
      const { status, type, encoding, finalUrl: final_url, etag, lastModified: last_modified } = answer;
      const record = {
        ...{ n: job.n, url: job.url, name: job.name, list: job.list, line: job.line, extra: job.extra },
        ...{ member: "000001.html", status, bytes: 3, type, encoding, final_url, etag, last_modified },
        ...{ sha256: digests?.sha256, sha512: digests?.sha512, sha1: digests?.sha1, md5: digests?.md5 },
        time: "2026-11-30T12:00:00.007Z",
      };
      // The header and the block of the body, and the header of the record.
      const end = bytes.indexOf(0, 1536);
      expect(bytes.toString("utf8", 1536, end === -1 ? bytes.length : end)).toBe(
        `${escapedJson(JSON.stringify(record))}\n`,
      );
    }),
  );
});
