// Which extension a file gets: the URL path's if it is a known one, else the Content-Type's, else none.

/** Media types and their extension (IANA's registry, and what servers send). */
const BY_TYPE: Readonly<Record<string, string>> = {
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
};

/** Known in a URL's path, besides those above. */
const MORE =
  ".htm .jpeg .jpe .tif .mpg .yaml .yml .toml .log .sql .db .sqlite .bin .dat .iso .img .exe .dll .dmg .pkg .deb .rpm .apk " +
  ".jar .war .whl .tgz .tbz2 .txz .bz2 .lz4 .lzma .cab .mjs .cjs .mts .tsx .jsx .map .scss .less .c .h .cc .cpp .hpp .py .rb " +
  ".go .rs .java .kt .swift .sh .pl .lua .r .ipynb .tex .bib .djvu .mobi .azw3 .ps .eps .ai .psd .raw .cr2 .nef .dng .glb " +
  ".gltf .obj .stl .fbx .kml .kmz .gpx .shp .geotiff .nc .hdf5 .h5 .npy .npz .pkl .pt .onnx .safetensors .gguf .arrow " +
  ".feather .orc .avro .pb .tfrecord .jsonl .xsd .xsl .xslt .wsdl .srt .ass .m3u .m3u8 .mpd .weba .mid .midi .aiff .wma " +
  ".wmv .flv .m4v .3gp .php .asp .aspx .jsp .cgi .torrent .pem .crt .asc .sig .md5 .sha1 .sha256 .sha512 .vcf .eml .mbox " +
  ".doc .xls .ppt .ods .odp .key .pages .numbers .swf .eot .webmanifest .fasta .fastq .fa .bam .vcf .pdb .cif .fits";

const KNOWN = new Set([...Object.values(BY_TYPE), ...MORE.split(" ")]);

/** Endings that say how the server made the page, not what the page is: a Content-Type knows better. */
const DYNAMIC = new Set([".php", ".asp", ".aspx", ".jsp", ".cgi"]);

/** The extension with its dot, in lower case; "" for none. `pathname` is a URL's. */
export function extensionOf(pathname: string, type: string | undefined): string {
  const fromPath = pathExtension(pathname);
  if (fromPath !== "" && !DYNAMIC.has(fromPath)) return fromPath;
  return typeExtension(type) || fromPath;
}

/** The known extension at the end of a path, in lower case; "" for none. `.tar.gz` and the like are one. */
export function pathExtension(pathname: string): string {
  const dot = pathname.lastIndexOf(".");
  if (dot <= pathname.lastIndexOf("/") + 1 || pathname.length - dot > 16) return "";
  const last = pathname.slice(dot).toLowerCase();
  if (!KNOWN.has(last)) return "";
  const twofold = /\.(tar|warc|csv|tsv|json|jsonl|ndjson|xml|txt|fasta|fastq|vcf|nii|svg|sql)\.(gz|bz2|xz|zst)$/i;
  return twofold.exec(pathname)?.[0].toLowerCase() ?? last;
}

let lastType: string | undefined;
let lastExtension = "";

/** Neighbouring answers mostly have the same type: the last one is remembered. */
function typeExtension(type: string | undefined): string {
  if (type === undefined) return "";
  if (type !== lastType) {
    const essence = (type.split(";", 1)[0] ?? "").trim().toLowerCase();
    lastType = type;
    lastExtension = Object.hasOwn(BY_TYPE, essence) ? (BY_TYPE[essence] ?? "") : "";
  }
  return lastExtension;
}
