// Recognises files that are not lists by their first bytes, with a command that makes a list of each type.

import { redacted } from "../core/url/redact.ts";

export interface FileType {
  /** Completes "it is …", with its article. */
  readonly noun: string;
  /** A command that writes lines to stdout; `{}` is the file. */
  readonly command?: string;
  /** The command reads standard input if no file is given. */
  readonly isFilter?: true;
}

const packed = (noun: string, command: string): FileType => ({ noun, command: `${command} {}`, isFilter: true });
const held = (noun: string, command: string): FileType => ({ noun, command });
const other = (noun: string): FileType => ({ noun });

const URLS_IN = "grep -oE 'https?://[^[:space:]]+'";
const OFFICE = "an Office document";
const PICTURE = other("a picture");
const FILM = other("audio or video");
const PROGRAM = other("a program");

/**
 * The first bytes, in Latin-1, and their offset, from the `file` command's table. None contains the end of a line, so that the
 * bytes before the first one suffice.
 */
const SIGNATURES: readonly (readonly [bytes: string, type: FileType, at?: number])[] = [
  ["\xfd7zXZ", packed("compressed with xz", "xz -dc")],
  ["\x28\xb5\x2f\xfd", packed("compressed with zstd", "zstd -dc")],
  ["\x04\x22\x4d\x18", packed("compressed with lz4", "lz4 -dc")],
  ["\x02\x21\x4c\x18", packed("compressed with lz4", "lz4 -dc")],
  ["LZIP\x01", packed("compressed with lzip", "lzip -dc")],
  ["\x89LZO\0", packed("compressed with lzop", "lzop -dc")],
  ["\x5d\0\0", packed("compressed with lzma", "xz --format=lzma -dc")],
  ["\x1f\x9d", packed("compressed with compress", "gzip -dc")],
  ["\xff\x06\0\0sNaPpY", packed("compressed with snappy", "snzip -dc")],
  ["\x1f\x8b", packed("compressed with gzip twice", "gzip -dc")],
  ["7z\xbc\xaf\x27\x1c", held("a 7z archive", "7z x -so {}")],
  ["Rar!\x1a\x07", held("a RAR archive", "unrar p -inul {}")],
  ["ustar", held("a tar archive", "tar -xOf {}"), 257],
  ["ARROW1\0\0", other("Arrow")],
  ["Obj\x01", other("Avro")],
  ["SQLite format 3", held("an SQLite database", "sqlite3 {} 'SELECT url FROM links'")],
  ["\x89HDF", other("HDF5")],
  ["%PDF-", held("a PDF", `pdftotext {} - | ${URLS_IN}`)],
  ["%!PS", other("PostScript")],
  ["{\\rtf", other("RTF")],
  ["\xd0\xcf\x11\xe0\xa1\xb1", other(OFFICE)],
  ["bplist00", held("a binary property list", `plutil -convert xml1 -o - {} | ${URLS_IN}`)],
  ["\x89PNG", PICTURE],
  ["\xff\xd8\xff", PICTURE],
  ["GIF87a", PICTURE],
  ["GIF89a", PICTURE],
  ["II*\0", PICTURE],
  ["MM\0*", PICTURE],
  ["\0\0\x01\0", PICTURE],
  ["WEBP", PICTURE, 8],
  ["ftypavif", PICTURE, 4],
  ["ftyphei", PICTURE, 4],
  ["ftyp", FILM, 4],
  ["\x1a\x45\xdf\xa3", FILM],
  ["WAVEfmt", FILM, 8],
  ["AVI ", FILM, 8],
  ["ID3", FILM],
  ["OggS", FILM],
  ["fLaC", FILM],
  ["\x7fELF", PROGRAM],
  ["\xcf\xfa\xed\xfe", PROGRAM],
  ["\xce\xfa\xed\xfe", PROGRAM],
  ["\xca\xfe\xba\xbe", PROGRAM],
  ["\0asm", PROGRAM],
  ["!<arch>", other("an ar archive or a Debian package")],
  ["\xed\xab\xee\xdb", other("an RPM package")],
];

/** Returns the type of a file that begins with these bytes; undefined if it may be a list. */
export function fileTypeOf(head: Buffer): FileType | undefined {
  const bytes = head.toString("latin1", 0, 512);
  if (/^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/.test(bytes)) return packed("compressed with bzip2", "bzip2 -dc");
  if (/^PK(?:\x03\x04|\x05\x06|\x07\x08)/.test(bytes)) return zipOf(bytes);
  // A text may begin with the letters alone.
  if (/^MZ[^\n\r]*\0/.test(bytes)) return PROGRAM;
  if (/^BM[^\n\r]{4}\0\0\0\0/.test(bytes)) return PICTURE;
  return SIGNATURES.find(([signature, , at = 0]) => bytes.startsWith(signature, at))?.[1];
}

/** Classifies a zip archive by the name and content of its first entry, at byte 30. */
function zipOf(bytes: string): FileType {
  if (/^(?:\[Content_Types\]|_rels\/|xl\/|word\/)/.test(bytes.slice(30))) return other(OFFICE);
  if (bytes.startsWith("mimetypeapplication/vnd.oasis", 30)) return other(OFFICE);
  return held("a zip archive", "unzip -p {}");
}

/** Returns what writes a list to stdout that is no file: standard input, or one on the web. */
export function pipeOf(path: string): string | undefined {
  if (path === "-") return "…";
  return /^https?:\/\//i.test(path) ? `curl -sL ${quoted(redacted(path))}` : undefined;
}

/** Returns a command that prints the lines of this file; undefined if there is none. */
export function commandFor({ command, isFilter }: FileType, path: string, isGzip: boolean): string | undefined {
  if (command === undefined) return undefined;
  const pipe = pipeOf(path);
  if (pipe !== undefined)
    return isFilter === true ? `${pipe} | ${isGzip ? "gzip -dc | " : ""}${command.replace(" {}", "")}` : undefined;
  if (!isGzip) return command.replace("{}", () => quoted(path));
  if (command.startsWith("tar ")) return `tar -xzOf ${quoted(path)}`;
  if (isFilter === true) return `gzip -dc ${quoted(path)} | ${command.replace(" {}", "")}`;
  return undefined;
}

/** Quotes a text as one word for a shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./][\w@%+=:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
