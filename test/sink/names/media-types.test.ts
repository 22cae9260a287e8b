// Media types and their extensions, for real servers' types and for hostile ones.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extensionOf } from "../../../src/sink/names/extension.ts";
import { ROOT } from "../../support/command.ts";

const of = (type: string) => extensionOf("/x", type);

describe("the extension of a media type", () => {
  it.each([
    ["audio/mp3", ".mp3"],
    ["image/pjpeg", ".jpg"],
    ["image/x-png", ".png"],
    ["application/x-pdf", ".pdf"],
    ["application/x-zip-compressed", ".zip"],
    ["video/x-m4v", ".m4v"],
    ["image/svg", ".svg"],
    ["image/tif", ".tif"],
    ["image/x-jpeg", ".jpg"],
    ["image/jp2", ".jp2"],
    ["image/vnd.adobe.photoshop", ".psd"],
    ["audio/x-m4a", ".m4a"],
    ["audio/m4a", ".m4a"],
    ["audio/x-flac", ".flac"],
    ["audio/midi", ".mid"],
    ["audio/webm", ".weba"],
    ["video/3gpp", ".3gp"],
    ["video/x-flv", ".flv"],
    ["video/avi", ".avi"],
    ["application/x-javascript", ".js"],
    ["application/problem+json", ".json"],
    ["application/vnd.api+json; charset=utf-8", ".json"],
    ["application/soap+xml", ".xml"],
    ["application/x-yaml", ".yaml"],
    ["text/json", ".json"],
    ["text/x-csv", ".csv"],
    ["text/x-markdown", ".md"],
    ["text/vcard", ".vcf"],
    ["application/x-rar", ".rar"],
    ["application/x-lz4", ".lz4"],
    ["application/java-archive", ".jar"],
    ["application/vnd.android.package-archive", ".apk"],
    ["application/x-iso9660-image", ".iso"],
    ["application/vnd.google-earth.kmz", ".kmz"],
    ["application/x-x509-ca-cert", ".der"],
    ["application/x-shockwave-flash", ".swf"],
    ["message/rfc822", ".eml"],
    ["model/gltf-binary", ".glb"],
    ["Application/X-PDF ; q=1", ".pdf"],
  ])("%s is %s", (type, extension) => {
    expect(of(type)).toBe(extension);
  });

  it.each([
    "application/octet-stream",
    "application/x-unknown",
    "x/y",
    "application/",
    "application/x-",
    "application/__proto__",
    "application/constructor",
    "text/html/../../../x",
    "application/../x+json",
    `application/${"x".repeat(60_000)}+json`,
    `application/${"x-".repeat(30_000)}`,
    `${"/x-".repeat(20_000)}`,
    "",
  ])("%s is the empty string", (type) => {
    expect(of(type)).toBe("");
  });

  it("is one or two short words, whatever the server sends", () => {
    const aType = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc
        .tuple(fc.constantFrom("application", "image", "text", "x"), fc.string({ maxLength: 20 }))
        .map((p) => p.join("/")),
    );
    fc.assert(
      fc.property(aType, (type) => {
        expect(of(type)).toMatch(/^(\.[a-z0-9_-]{1,20}){0,2}$/);
      }),
      { numRuns: 1000 },
    );
  });

  it("does not load mime-db for a common type", () => {
    const module = JSON.stringify(join(ROOT, "dist/src/sink/names/extension.js"));
    const program = `
      const { extensionOf } = await import(${module});
      const { createRequire } = await import("node:module");
      const isLoaded = () => Object.keys(createRequire(${module}).cache).some((file) => file.includes("mime-db"));
      const before = ["text/html", "image/x-png", "application/octet-stream", "audio/mp3", undefined].map((type) => extensionOf("/x", type));
      const after = [isLoaded(), extensionOf("/x", "video/x-m4v"), isLoaded()];
      console.log(JSON.stringify([before, after]));`;
    const out = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
    expect(JSON.parse(out)).toEqual([
      [".html", ".png", "", ".mp3", ""],
      [false, ".m4v", true],
    ]);
  });
});
