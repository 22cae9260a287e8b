// Chooses a file's extension: the URL path's if it is a known one, otherwise the Content-Type's, otherwise none.

import { BY_TYPE, extensionFor } from "./media-types.ts";

/** Extensions that are accepted in a URL's path, besides those of media-types.ts. */
const MORE_EXTENSIONS =
  ".htm .jpeg .jpe .tif .mpg .yaml .yml .toml .log .sql .db .sqlite .bin .dat .iso .img .exe .dll .dmg .pkg .deb .rpm .apk " +
  ".jar .war .whl .tgz .tbz2 .txz .bz2 .lz4 .lzma .cab .mjs .cjs .mts .tsx .jsx .map .scss .less .c .h .cc .cpp .hpp .py .rb " +
  ".go .rs .java .kt .swift .sh .pl .lua .r .ipynb .tex .bib .djvu .mobi .azw3 .ps .eps .ai .psd .raw .cr2 .nef .dng .glb " +
  ".gltf .obj .stl .fbx .kml .kmz .gpx .shp .geotiff .nc .hdf5 .h5 .npy .npz .pkl .pt .onnx .safetensors .gguf .arrow " +
  ".feather .orc .avro .pb .tfrecord .jsonl .xsd .xsl .xslt .wsdl .srt .ass .m3u .m3u8 .mpd .weba .mid .midi .aiff .wma " +
  ".wmv .flv .m4v .3gp .php .asp .aspx .jsp .cgi .torrent .pem .crt .asc .sig .md5 .sha1 .sha256 .sha512 .vcf .eml .mbox " +
  ".doc .xls .ppt .ods .odp .key .pages .numbers .swf .eot .webmanifest .fasta .fastq .fa .bam .vcf .pdb .cif .fits";

const KNOWN = new Set(
  [...Object.values(BY_TYPE), ...MORE_EXTENSIONS.split(" ")].filter((extension) => extension !== ""),
);

/** Extensions of server-side scripts: the Content-Type describes the file better. */
const DYNAMIC = new Set([".php", ".asp", ".aspx", ".jsp", ".cgi"]);

/** The extension with its dot, in lower case; "" for none. `pathname`: a URL's. */
export function extensionOf(pathname: string, type: string | undefined): string {
  const fromPath = pathExtension(pathname);
  if (fromPath !== "" && !DYNAMIC.has(fromPath)) return fromPath;
  return typeExtension(type) || fromPath;
}

/** Whether the path alone determines the extension, whatever the Content-Type is. */
export function hasOwnExtension(pathname: string): boolean {
  const fromPath = pathExtension(pathname);
  return fromPath !== "" && !DYNAMIC.has(fromPath);
}

/** The known extension at the end of a path, in lower case; "" for none. A double one such as `.tar.gz` counts as one. */
export function pathExtension(pathname: string): string {
  const dot = pathname.lastIndexOf(".");
  if (dot <= pathname.lastIndexOf("/") + 1 || pathname.length - dot > MAX_EXTENSION_LENGTH) return "";
  const last = pathname.slice(dot).toLowerCase();
  if (!KNOWN.has(last)) return "";
  return DOUBLE_EXTENSION.exec(pathname.slice(-MAX_EXTENSION_LENGTH))?.[0].toLowerCase() ?? last;
}

/** In characters, including the dot. */
const MAX_EXTENSION_LENGTH = 16;

const DOUBLE_EXTENSION =
  /\.(tar|warc|csv|tsv|json|jsonl|ndjson|xml|txt|fasta|fastq|vcf|nii|svg|sql)\.(gz|bz2|xz|zst)$/i;

let lastType: string | undefined;
let lastExtension = "";

/** Caches the last type: consecutive answers mostly have one type. */
function typeExtension(type: string | undefined): string {
  if (type === undefined) return "";
  if (type !== lastType) {
    const essence = (type.split(";", 1)[0] ?? "").trim().toLowerCase();
    lastType = type;
    lastExtension = extensionFor(essence, (extension) => KNOWN.has(extension));
  }
  return lastExtension;
}
