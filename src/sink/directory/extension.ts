// Which extension a file gets: the URL path's if it is a known one, else the Content-Type's, else none.

import { BY_TYPE, extensionFor } from "./media-types.ts";

/** Known in a URL's path, besides those above. */
const MORE =
  ".htm .jpeg .jpe .tif .mpg .yaml .yml .toml .log .sql .db .sqlite .bin .dat .iso .img .exe .dll .dmg .pkg .deb .rpm .apk " +
  ".jar .war .whl .tgz .tbz2 .txz .bz2 .lz4 .lzma .cab .mjs .cjs .mts .tsx .jsx .map .scss .less .c .h .cc .cpp .hpp .py .rb " +
  ".go .rs .java .kt .swift .sh .pl .lua .r .ipynb .tex .bib .djvu .mobi .azw3 .ps .eps .ai .psd .raw .cr2 .nef .dng .glb " +
  ".gltf .obj .stl .fbx .kml .kmz .gpx .shp .geotiff .nc .hdf5 .h5 .npy .npz .pkl .pt .onnx .safetensors .gguf .arrow " +
  ".feather .orc .avro .pb .tfrecord .jsonl .xsd .xsl .xslt .wsdl .srt .ass .m3u .m3u8 .mpd .weba .mid .midi .aiff .wma " +
  ".wmv .flv .m4v .3gp .php .asp .aspx .jsp .cgi .torrent .pem .crt .asc .sig .md5 .sha1 .sha256 .sha512 .vcf .eml .mbox " +
  ".doc .xls .ppt .ods .odp .key .pages .numbers .swf .eot .webmanifest .fasta .fastq .fa .bam .vcf .pdb .cif .fits";

const KNOWN = new Set([...Object.values(BY_TYPE), ...MORE.split(" ")].filter((extension) => extension !== ""));

/** Endings that say how the server made the page, not what the page is: a Content-Type knows better. */
const DYNAMIC = new Set([".php", ".asp", ".aspx", ".jsp", ".cgi"]);

/** The extension with its dot, in lower case; "" for none. `pathname` is a URL's. */
export function extensionOf(pathname: string, type: string | undefined): string {
  const fromPath = pathExtension(pathname);
  if (fromPath !== "" && !DYNAMIC.has(fromPath)) return fromPath;
  return typeExtension(type) || fromPath;
}

/** Whether a path tells its extension by itself, whatever the Content-Type is. */
export function isCertain(pathname: string): boolean {
  const fromPath = pathExtension(pathname);
  return fromPath !== "" && !DYNAMIC.has(fromPath);
}

/** The known extension at the end of a path, in lower case; "" for none. `.tar.gz` and the like are one. */
export function pathExtension(pathname: string): string {
  const dot = pathname.lastIndexOf(".");
  if (dot <= pathname.lastIndexOf("/") + 1 || pathname.length - dot > MAX_EXTENSION_LENGTH) return "";
  const last = pathname.slice(dot).toLowerCase();
  if (!KNOWN.has(last)) return "";
  return TWOFOLD.exec(pathname.slice(-MAX_EXTENSION_LENGTH))?.[0].toLowerCase() ?? last;
}

/** The dot included. */
const MAX_EXTENSION_LENGTH = 16;

const TWOFOLD = /\.(tar|warc|csv|tsv|json|jsonl|ndjson|xml|txt|fasta|fastq|vcf|nii|svg|sql)\.(gz|bz2|xz|zst)$/i;

let lastType: string | undefined;
let lastExtension = "";

/** Neighbouring answers mostly have the same type: the last one is remembered. */
function typeExtension(type: string | undefined): string {
  if (type === undefined) return "";
  if (type !== lastType) {
    const essence = (type.split(";", 1)[0] ?? "").trim().toLowerCase();
    lastType = type;
    lastExtension = extensionFor(essence, (extension) => KNOWN.has(extension));
  }
  return lastExtension;
}
