// Options of the output folder: file names, resume, update, deduplication, digests and durability.

import { FLAG, FOLDER, type Rows, SIZE, TEMPLATE } from "../row.ts";

export const OUTPUT = {
  outputDir: {
    ...FOLDER,
    flags: "-o, --output-dir <dir>",
    summary: "folder to save into",
    details: `
      Folder for the files, for "results.jsonl" (one record per finished URL) and for "failed.txt" (the lines that failed). It is
      created if it does not exist. The folder is the state of the download: run the same command again to resume.

      "s3://bucket/prefix" puts the files into an object store instead, and the records into the folder of --state:
      docs/object-stores.md.`,
    default: "downloads",
  },
  state: {
    ...FOLDER,
    flags: "--state <dir>",
    summary: "folder for the state of a run into s3://",
    details: `
      With "-o s3://bucket/prefix", the folder for "results.jsonl", "failed.txt" and incomplete bodies: each prefix needs one of its
      own. Run the same command again to resume.`,
    otherwise: ".bulkget",
  },
  name: {
    ...TEMPLATE,
    flags: "--name <template>",
    summary: "template of file names",
    details: `
      Template of file names, relative to the output folder. A "/" makes folders. Names never leave the folder: unsafe characters
      become "_". A name in the list's second column replaces the template for its line.

      - {n}: number of the line; "{n:6}" pads it with zeros to 6 digits
      - {ext}: extension of the URL's path if it is a known one, otherwise that of the Content-Type, otherwise nothing
      - {host}: host name of the URL
      - {path}: folders of the URL's path
      - {basename}: last part of the URL's path, or "index"; without its extension if the template has {ext} too
      - {stem}: the same without its extension`,
    default: "{n:6}{ext}",
  },
  perDir: {
    type: "whole",
    flags: "--per-dir <n>",
    summary: "lines per subfolder: 1000 makes 000/000042",
    details: `
      Puts the files into numbered subfolders of this many lines each: with 1000, line 42 is "000/000042.jpg" and line 123456 is
      "123/123456.jpg". The template of --name must not contain a "/" then. Names from the list are not changed. The number may
      differ from run to run: what is saved stays where it is.`,
    least: 1,
    most: 1_000_000_000,
    otherwise: "no subfolders",
  },
  format: {
    type: "choice",
    flags: "--format <format>",
    summary: "files, or archives: tar, warc",
    details: `
      What bodies are saved as. Records of archives have "shard", "offset" and "stored_bytes" instead of "file".

      - files: one file per line
      - tar: archives "00000.tar", "00001.tar" and so on, ready for WebDataset: for each line its body, and its record as JSON. What
        is in an archive is never changed: lines may be added at the end of the list, and --update and --prune are refused.
      - warc: archives "00000.warc.gz" and so on in WARC 1.1, each with an index "00000.cdxj": for each line its request and response
        as they were sent and received, redirects and failed responses included. --compressed decodes nothing then, a 304 of
        --update and, with --dedupe, a body that this run has stored before become revisit records.`,
    choices: ["files", "tar", "warc"],
    default: "files",
  },
  warcMetadata: {
    ...FLAG,
    flags: "--warc-metadata",
    summary: "WARC: a metadata record per response",
    details: `
      With --format warc, adds a metadata record to each saved response: how long it took, and the line's number.`,
  },
  shardSize: {
    ...SIZE,
    flags: "--shard-size <size>",
    summary: "maximum size of an archive",
    details: `
      Maximum size of an archive of --format tar or warc. A body that is larger has an archive of its own.
      At least 10k.`,
    least: 10_240,
    default: 1_073_741_824,
  },
  shardCount: {
    type: "whole",
    flags: "--shard-count <n>",
    summary: "maximum lines in an archive",
    details: `
      Maximum number of lines in an archive of --format tar or warc.`,
    least: 1,
    most: 1_000_000_000,
    default: 10_000,
  },
  force: {
    ...FLAG,
    flags: "--force",
    summary: "start over: delete what earlier runs saved there",
    details: `
      Starts over in a folder that holds an earlier run: deletes the files, records and failed lines of that run, and nothing else.
      Cannot be combined with --update or --prune.`,
  },
  prune: {
    ...FLAG,
    flags: "--prune",
    summary: "delete files whose lines are no longer in the list",
    details: `
      Deletes what was saved for lines that are no longer in the list, including the folder "gone", and prints the number of files.
      Without it such files are kept.`,
  },
  update: {
    ...FLAG,
    flags: "-u, --update",
    summary: "fetch again what has changed on the server",
    details: `
      Asks the server whether files of an earlier run have changed ("If-None-Match", "If-Modified-Since"), and replaces those that
      have. A 304 leaves the file alone and is recorded as "unchanged"; a failure keeps the old file.`,
  },
  retryFailed: {
    ...FLAG,
    flags: "--retry-failed",
    summary: "also retry permanent failures",
    details: `
      Retries lines that failed permanently in an earlier run (such as a 404), and lines skipped by --robots or --respect. Without
      it a resumed run retries transient failures only.`,
  },
  dedupe: {
    ...FLAG,
    flags: "--dedupe",
    summary: "fetch each distinct URL once; hard-link duplicates",
    details: `
      Fetches each distinct URL once. Later lines with the same URL get a hard link to the first file under their own names (a copy
      where the file system has no links), and "duplicate_of" in their records. Editing one of the linked files in place edits all
      of them. In a tar archive their records have the place of the first body. Needs up to 16 bytes of memory per line.`,
  },
  hash: {
    type: "choice",
    flags: "--hash <kind>",
    summary: "record each file's digest: sha256",
    details: `
      Computes the digest of each body as it is saved and puts it into its record as "sha256". To verify a known digest, put
      "sha256=..." behind the URL in the list instead.`,
    choices: ["sha256"],
    otherwise: "none",
  },
  saveHeaders: {
    ...FLAG,
    flags: "--save-headers",
    summary: "save response headers beside each file",
    details: `
      Saves the head of each response as it was sent (status line and headers) beside its file: "000042.headers" beside
      "000042.jpg". A file that is named by its URL or by the list keeps its extension: "cat.jpg.headers". Its record has the name
      as "headers_file". Of a body that was resumed it is the head of the last response; redirects are not saved. Files that are
      complete already get none.`,
  },
  remoteTime: {
    ...FLAG,
    flags: "-R, --remote-time",
    summary: "give files the time of their Last-Modified",
    details: `
      Sets the modification time of each file to the response's "Last-Modified". Without one, or with one that is invalid or in the
      future, the file keeps the time at which it was written.`,
  },
  durability: {
    type: "choice",
    flags: "--durability <level>",
    summary: "fsync: none, run (every 5 s), file",
    details: `
      What a power loss may cost. A file that was recorded but is not whole on the disk is detected by its size and fetched again.

      - none: leaves syncing to the operating system
      - run: syncs the records and the folder every 5 seconds and at the end
      - file: syncs each file and its name before it is recorded; costs two syncs per file`,
    choices: ["none", "run", "file"],
    default: "run",
  },
  minFree: {
    ...SIZE,
    flags: "--min-free <size>",
    summary: "stop when less disk space is free",
    details: `
      Stops the run with exit code 3 when the file system of the output folder has less space left. 0 turns the check off. No file
      is cut short; run the same command again to resume.`,
    default: 67_108_864,
  },
} as const satisfies Rows;
