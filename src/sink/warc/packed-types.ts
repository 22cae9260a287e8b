// Knows bodies that deflating does not make smaller: those with a content coding, and media types that are packed already.

/** Types of which some are packed and some are not are left out: they are tried. */
const PACKED = new RegExp(
  [
    "^(?:video/|audio/(?!wav|x-wav|basic|midi)",
    "image/(?!svg|bmp|x-ms-bmp|tiff|x-icon|vnd\\.microsoft\\.icon|x-portable)",
    "font/woff|application/(?:font-woff|gzip|x-gzip|zip|x-bzip2|x-xz|x-7z|x-rar|vnd\\.rar|zstd|java-archive",
    "epub|vnd\\.openxmlformats|vnd\\.oasis\\.opendocument|vnd\\.apache\\.parquet|vnd\\.android\\.package-archive))",
  ].join("|"),
  "i",
);

/** `type`: the Content-Type, as sent. */
export function isPacked(type: string | undefined, encoding: string | undefined): boolean {
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") return true;
  return type !== undefined && PACKED.test(type);
}
