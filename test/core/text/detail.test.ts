// What is kept of a failure: short, safe to show, without passwords, and nothing of what it was cut from.

import fc from "fast-check";
import { expect, it } from "vitest";
import type { Requeue } from "../../../src/core/run/try-result.ts";
import { bounded } from "../../../src/core/text/detail.ts";
import { failure, saved } from "../outcomes.ts";

const detailOf = (detail: string, error: "http_status" | "internal" = "http_status") => {
  const tried = bounded(failure(error, { detail, status: 500 }));
  expect(tried).toMatchObject({ error, status: 500 });
  return "detail" in tried ? String(tried.detail) : expect.unreachable();
};

it("a detail without secrets is unchanged", () => {
  expect(detailOf("503 Service Unavailable")).toBe("503 Service Unavailable");
  expect(detailOf("überlastet, 日本語 😀")).toBe("überlastet, 日本語 😀");
  const requeue: Requeue = { requeue: "robots", detail: "its robots.txt was read" };
  expect(bounded(requeue)).toBe(requeue);
  const interrupted = failure("interrupted");
  expect(bounded(interrupted)).toBe(interrupted);
  const outcome = saved();
  expect(bounded(outcome)).toBe(outcome);
});

it("a detail has no control characters, no passwords and a limited length, whatever a server sent", () => {
  const said = fc
    .array(fc.oneof(fc.string({ unit: "binary" }), fc.constant("http://me:s3cret@h/")))
    .map((all) => all.join(" "));
  fc.assert(
    fc.property(said, fc.nat(70_000), (text, more) => {
      const detail = detailOf(`${text} ${"x".repeat(more)}`);
      expect(detail).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|s3cret/u);
      expect(detail.length).toBeLessThanOrEqual(500 * 8);
    }),
  );
});

it("the detail of a bug has its stack, line by line", () => {
  const detail = detailOf("Error: \u001b[2J http://me:s3cret@h/\n    at a (b.js:1:1)\n    at c (d.js:2:2)", "internal");
  expect(detail).toBe("Error: \\x1b[2J http://me:***@h/\n    at a (b.js:1:1)\n    at c (d.js:2:2)");
});
