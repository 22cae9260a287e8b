// Extensions: the URL path's if it is a known one, otherwise the Content-Type's, otherwise none.
import { expect, it } from "vitest";
import { extensionOf, pathExtension } from "../../../src/sink/names/extension.ts";

const rows: [pathname: string, type: string | undefined, extension: string][] = [
  ["/a.html", undefined, ".html"],
  ["/a.HTML", undefined, ".html"],
  ["/a.jpeg", "image/png", ".jpeg"],
  ["/a.pdf", "text/html", ".pdf"],
  ["/dir.zip/a", undefined, ""],
  ["/a.tar.gz", "application/gzip", ".tar.gz"],
  ["/a.JSONL.zst", undefined, ".jsonl.zst"],
  ["/a.b.gz", undefined, ".gz"],
  ["/v1.2", undefined, ""],
  ["/v1.2", "text/plain", ".txt"],
  ["/a.", "text/plain", ".txt"],
  ["/.html", "text/plain", ".txt"],
  ["/", "text/html; charset=utf-8", ".html"],
  ["/", "TEXT/HTML", ".html"],
  ["/", " image/jpeg ;q=1", ".jpg"],
  ["/", "application/octet-stream", ""],
  ["/", "constructor", ""],
  ["/", "", ""],
  ["/", undefined, ""],
  ["/page.php", "text/html", ".html"],
  ["/page.php", undefined, ".php"],
  ["/page.aspx", "application/octet-stream", ".aspx"],
  ["/a.html%00", undefined, ""],
  ["/a.html%2f", "text/css", ".css"],
  [`/a.${"x".repeat(1000)}`, undefined, ""],
];

it.each(rows)("%s sent as %j is saved as %j", (pathname, type, extension) => {
  expect(extensionOf(pathname, type)).toBe(extension);
});

it("an extension is the end of the path that it comes from, in lower case", () => {
  for (const [pathname] of rows) expect(pathname.toLowerCase().endsWith(pathExtension(pathname))).toBe(true);
});
