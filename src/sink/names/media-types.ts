// Maps a media type to a file extension: by a table of common types, and by mime-db, which is loaded for all others.

import { createRequire } from "node:module";

/** Common types of IANA's registry and their unofficial names: mime-db is not loaded for them. */
export const BY_TYPE: Readonly<Record<string, string>> = {
  "text/html": ".html",
  "application/xhtml+xml": ".xhtml",
  "text/plain": ".txt",
  "text/css": ".css",
  "text/csv": ".csv",
  "text/tab-separated-values": ".tsv",
  "text/markdown": ".md",
  "text/xml": ".xml",
  "text/calendar": ".ics",
  "text/vtt": ".vtt",
  "text/javascript": ".js",
  "application/javascript": ".js",
  "application/json": ".json",
  "application/ld+json": ".jsonld",
  "application/geo+json": ".geojson",
  "application/x-ndjson": ".ndjson",
  "application/xml": ".xml",
  "application/rss+xml": ".rss",
  "application/atom+xml": ".atom",
  "application/pdf": ".pdf",
  "application/rtf": ".rtf",
  "application/zip": ".zip",
  "application/gzip": ".gz",
  "application/x-gzip": ".gz",
  "application/x-bzip2": ".bz2",
  "application/x-xz": ".xz",
  "application/zstd": ".zst",
  "application/x-7z-compressed": ".7z",
  "application/x-tar": ".tar",
  "application/vnd.rar": ".rar",
  "application/epub+zip": ".epub",
  "application/wasm": ".wasm",
  "application/warc": ".warc",
  "application/vnd.apache.parquet": ".parquet",
  "application/msword": ".doc",
  "application/vnd.ms-excel": ".xls",
  "application/vnd.ms-powerpoint": ".ppt",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
  "application/vnd.oasis.opendocument.text": ".odt",
  "application/vnd.oasis.opendocument.spreadsheet": ".ods",
  "image/jpeg": ".jpg",
  "image/jpg": ".jpg",
  "image/png": ".png",
  "image/gif": ".gif",
  "image/webp": ".webp",
  "image/avif": ".avif",
  "image/svg+xml": ".svg",
  "image/bmp": ".bmp",
  "image/tiff": ".tiff",
  "image/x-icon": ".ico",
  "image/vnd.microsoft.icon": ".ico",
  "image/heic": ".heic",
  "image/jxl": ".jxl",
  "audio/mpeg": ".mp3",
  "audio/mp4": ".m4a",
  "audio/ogg": ".ogg",
  "audio/opus": ".opus",
  "audio/wav": ".wav",
  "audio/x-wav": ".wav",
  "audio/flac": ".flac",
  "audio/aac": ".aac",
  "video/mp4": ".mp4",
  "video/webm": ".webm",
  "video/mpeg": ".mpeg",
  "video/ogg": ".ogv",
  "video/quicktime": ".mov",
  "video/x-msvideo": ".avi",
  "video/x-matroska": ".mkv",
  "video/mp2t": ".ts",
  "font/woff": ".woff",
  "font/woff2": ".woff2",
  "font/ttf": ".ttf",
  "font/otf": ".otf",
  // These do not describe the content.
  "application/octet-stream": "",
  "application/x-compressed": "",
  // Unofficial names.
  "image/pjpeg": ".jpg",
  "image/x-citrix-jpeg": ".jpg",
  "image/x-citrix-png": ".png",
  "audio/mp3": ".mp3",
  "audio/mpeg3": ".mp3",
  "audio/x-mpeg-3": ".mp3",
  "audio/vorbis": ".ogg",
  "audio/wave": ".wav",
  "audio/vnd.wave": ".wav",
  "application/ogg": ".ogg",
  "video/msvideo": ".avi",
  "text/vcard": ".vcf",
  "text/x-python": ".py",
  "application/typescript": ".ts",
  "application/postscript": ".ps",
  "application/x-zip-compressed": ".zip",
  "application/x-gunzip": ".gz",
  "application/bzip2": ".bz2",
  "application/x-brotli": ".br",
  "application/x-rar-compressed": ".rar",
  "application/x-mpegurl": ".m3u8",
  "application/font-woff": ".woff",
  "application/font-woff2": ".woff2",
  "application/x-font-ttf": ".ttf",
  "application/x-font-otf": ".otf",
  "application/x-sqlite3": ".sqlite",
  "application/vnd.sqlite3": ".sqlite",
  "application/vnd.apache.arrow.file": ".arrow",
  "application/x-protobuf": ".pb",
  "application/x-mimearchive": ".mht",
  "multipart/related": ".mht",
};

/** Structured syntax suffixes (RFC 6839). */
const BY_SUFFIX: Readonly<Record<string, string>> = {
  json: ".json",
  xml: ".xml",
  zip: ".zip",
  gzip: ".gz",
  zstd: ".zst",
  yaml: ".yaml",
  "json-seq": ".json",
};

/**
 * The extension with its dot for a type without parameters, in lower case; "" for none. An unknown type may be a known
 * one with `x-` in front, have a suffix (`+json`), or be named like its extension (`isKnown`).
 */
export function extensionFor(type: string, isKnown: (extension: string) => boolean): string {
  const plain = type.replace("/x-", "/");
  const common = own(BY_TYPE, type) ?? own(BY_TYPE, plain);
  if (common !== undefined || !/^[a-z]+\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/.test(type)) return common ?? "";
  const registered = registeredFor(type) ?? registeredFor(plain);
  if (registered !== undefined) return `.${registered}`;
  const subtype = plain.slice(plain.indexOf("/") + 1);
  const suffix = own(BY_SUFFIX, subtype.slice(subtype.lastIndexOf("+") + 1));
  if (suffix !== undefined) return suffix;
  return isKnown(`.${subtype}`) ? `.${subtype}` : "";
}

const require = createRequire(import.meta.url);

type Registry = Readonly<Record<string, { readonly extensions?: readonly string[] }>>;

let registry: Registry | undefined;

/** Loads the registries of IANA, Apache and nginx (200 KB), which few runs need. */
function registeredFor(type: string): string | undefined {
  registry ??= require("mime-db") as Registry;
  return own(registry, type)?.extensions?.[0];
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
