// The operations on a bucket: put, copy, read, remove and list objects, and multipart uploads.

import { memoryBody, type RequestBody } from "./body.ts";
import type { StoreAnswer } from "./exchange.ts";
import { isProblem, type StoreProblem } from "./problem.ts";
import type { Requests } from "./requests.ts";
import { encodedPath } from "./sign.ts";
import { type Element, elementsOf, escapedXml, textAt } from "./xml.ts";

/** Headers of an object: its Content-Type and the like. */
export type ObjectHeaders = Readonly<Record<string, string>>;

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
}

/** Of an object: `bytes` from `from` on, or all of them. */
export interface ByteRange {
  readonly from: number;
  readonly bytes: number | undefined;
}

export interface ListedUpload {
  readonly key: string;
  readonly id: string;
}

/** Expected failures are values; what rejects is an errno error of reading a body. */
export interface Bucket {
  put(key: string, body: RequestBody, headers?: ObjectHeaders): Promise<StoreProblem | undefined>;
  /**
   * Puts an object where there is none (`If-None-Match: *`): `won`, or `lost` to an object that is there already. `last-wins`: the
   * store does not know the condition, and has the object now, whatever was there. Some stores overwrite in silence instead.
   */
  putIfAbsent(key: string, content: Uint8Array): Promise<"won" | "lost" | "last-wins" | StoreProblem>;
  /** Copies an object of this bucket: at most 5 GiB. */
  copy(from: string, to: string): Promise<StoreProblem | undefined>;
  /**
   * Calls `onPiece` with the object's bytes, or with those of a range; false where there is no such object. A try that fails begins
   * anew: `onTry`.
   */
  read(
    key: string,
    onPiece: (piece: Uint8Array) => void,
    onTry?: (tried: number) => void,
    range?: ByteRange,
  ): Promise<boolean | StoreProblem>;
  /** Removes an object, or nothing. */
  remove(key: string): Promise<StoreProblem | undefined>;
  /** Calls `each` with all objects whose keys begin with `prefix`, in order, until it returns false. */
  list(prefix: string, each: (object: ListedObject) => boolean, atMost?: number): Promise<StoreProblem | undefined>;
  /** Returns the id of a new multipart upload. */
  beginUpload(key: string, headers?: ObjectHeaders, onTry?: (tried: number) => void): Promise<string | StoreProblem>;
  /** Returns the part's entity tag. `number`: from 1 to 10,000. */
  putPart(key: string, id: string, number: number, body: RequestBody): Promise<string | StoreProblem>;
  completeUpload(key: string, id: string, etags: readonly string[]): Promise<StoreProblem | undefined>;
  /** Aborts an upload, or nothing where it is gone. */
  abortUpload(key: string, id: string): Promise<StoreProblem | undefined>;
  /** Returns open uploads whose keys begin with `prefix`. */
  uploads(prefix: string): Promise<readonly ListedUpload[] | StoreProblem>;
}

/** `name`: that of the bucket. */
export function bucketOf(name: string, { send }: Pick<Requests, "send">): Bucket {
  return {
    async put(key, body, headers = {}) {
      return problemIn(await send({ method: "PUT", key, body, headers }));
    },
    async putIfAbsent(key, content) {
      let tries = 0;
      const body = memoryBody([content]);
      const onTry = (tried: number) => {
        tries = tried;
      };
      const answer = await send({ method: "PUT", key, body, headers: { "if-none-match": "*" }, onTry });
      if (!isProblem(answer)) return "won";
      if (answer.status === 412) return tries > 1 && (await hasContent(key, content)) ? "won" : "lost";
      if (answer.status !== 501) return answer;
      return problemIn(await send({ method: "PUT", key, body })) ?? "last-wins";
    },
    async copy(from, to) {
      const source = encodedPath(`${name}/${from}`);
      return problemIn(
        await send({ method: "PUT", key: to, headers: { "x-amz-copy-source": source }, isAlwaysXml: true }),
      );
    },
    read,
    async remove(key) {
      const answer = await send({ method: "DELETE", key });
      return isProblem(answer) && answer.status !== 404 ? answer : undefined;
    },
    async list(prefix, each, atMost = 1000) {
      for (let token: string | undefined = ""; token !== undefined; ) {
        const more: (readonly [string, string])[] = token === "" ? [] : [["continuation-token", token]];
        const query = [...LISTING, ["max-keys", String(atMost)], ["prefix", prefix], ...more] as const;
        const answer = await send({ method: "GET", query, isAlwaysXml: true });
        const page = isProblem(answer) ? answer : read200(answer, objectsIn);
        if (isProblem(page)) return page;
        for (const object of page.objects) if (!each(object)) return undefined;
        token = page.next;
      }
      return undefined;
    },
    async beginUpload(key, headers = {}, onTry = () => {}) {
      const answer = await send({ method: "POST", key, query: [["uploads", ""]], headers, isAlwaysXml: true, onTry });
      if (isProblem(answer)) return answer;
      const id = read200(answer, (elements) => textAt(elements, "InitiateMultipartUploadResult/UploadId"));
      return id === "" ? badAnswer("an answer without an UploadId") : id;
    },
    async putPart(key, id, number, body) {
      const query = [
        ["partNumber", String(number)],
        ["uploadId", id],
      ] as const;
      const answer = await send({ method: "PUT", key, query, body });
      if (isProblem(answer)) return answer;
      return answer.headers.etag ?? badAnswer("an answer without an ETag");
    },
    async completeUpload(key, id, etags) {
      const parts = etags.map(
        (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapedXml(etag)}</ETag></Part>`,
      );
      const xmlns = "http://s3.amazonaws.com/doc/2006-03-01/";
      const xml = `<CompleteMultipartUpload xmlns="${xmlns}">${parts.join("")}</CompleteMultipartUpload>`;
      let tries = 0;
      const answer = await send({
        ...{ method: "POST", key, query: [["uploadId", id]], isAlwaysXml: true },
        body: memoryBody([Buffer.from(xml)]),
        headers: { "content-type": "application/xml" },
        onTry(tried) {
          tries = tried;
        },
      });
      // An earlier try, whose answer was lost, has completed it.
      if (isProblem(answer) && answer.code === "NoSuchUpload" && tries > 1) return await missing(key);
      return problemIn(answer);
    },
    async abortUpload(key, id) {
      const answer = await send({ method: "DELETE", key, query: [["uploadId", id]] });
      return isProblem(answer) && answer.status !== 404 ? answer : undefined;
    },
    async uploads(prefix) {
      const found: ListedUpload[] = [];
      for (let marker: readonly (readonly [string, string])[] | undefined = []; marker !== undefined; ) {
        const query = [["uploads", ""], ["encoding-type", "url"], ["prefix", prefix], ...marker] as const;
        const answer = await send({ method: "GET", query, isAlwaysXml: true });
        const page = isProblem(answer) ? answer : read200(answer, uploadsIn);
        if (isProblem(page)) return page;
        found.push(...page.uploads);
        marker = page.next;
      }
      return found;
    },
  };

  async function read(
    key: string,
    onPiece: (piece: Uint8Array) => void,
    onTry?: (tried: number) => void,
    range?: ByteRange,
  ) {
    const headers = range === undefined ? {} : { range: rangeText(range) };
    const answer = await send({ method: "GET", key, headers, onPiece, ...(onTry && { onTry }) });
    if (!isProblem(answer)) return range === undefined || answer.status === 206 || badAnswer("the whole for a range");
    return answer.status === 404 && answer.code !== "NoSuchBucket" ? false : answer;
  }

  async function hasContent(key: string, content: Uint8Array): Promise<boolean> {
    let pieces: Uint8Array[] = [];
    const onPiece = (piece: Uint8Array) => void pieces.push(piece);
    const isThere = await read(key, onPiece, () => {
      pieces = [];
    });
    return isThere === true && Buffer.concat(pieces).equals(content);
  }

  async function missing(key: string): Promise<StoreProblem | undefined> {
    return problemIn(await send({ method: "HEAD", key }));
  }
}

const LISTING = [
  ["list-type", "2"],
  ["encoding-type", "url"],
] as const;

/** The value of Range (RFC 9110 section 14.1.2). */
function rangeText({ from, bytes }: ByteRange): string {
  return `bytes=${from}-${bytes === undefined ? "" : from + bytes - 1}`;
}

function problemIn(answer: StoreAnswer | StoreProblem): StoreProblem | undefined {
  return isProblem(answer) ? answer : undefined;
}

function badAnswer(problem: string): StoreProblem {
  return { problem, code: "BadAnswer", retry: false };
}

/** Reads the XML of a good answer. `problemOf` has parsed it before. */
function read200<T>({ text }: StoreAnswer, from: (elements: readonly Element[]) => T): T {
  return from(elementsOf(text));
}

function objectsIn(elements: readonly Element[]) {
  const objects: ListedObject[] = [];
  let key = "";
  let bytes = 0;
  for (const { path, text } of elements) {
    if (path === "ListBucketResult/Contents/Key") key = decoded(text);
    else if (path === "ListBucketResult/Contents/Size") bytes = Number(text);
    else if (path === "ListBucketResult/Contents") objects.push({ key, bytes });
  }
  const token = textAt(elements, "ListBucketResult/NextContinuationToken");
  const isCut = textAt(elements, "ListBucketResult/IsTruncated") === "true" && token !== "";
  return { objects, next: isCut ? token : undefined };
}

function uploadsIn(elements: readonly Element[]) {
  const root = "ListMultipartUploadsResult";
  const uploads: ListedUpload[] = [];
  let key = "";
  let id = "";
  for (const { path, text } of elements) {
    if (path === `${root}/Upload/Key`) key = decoded(text);
    else if (path === `${root}/Upload/UploadId`) id = text.trim();
    else if (path === `${root}/Upload`) uploads.push({ key, id });
  }
  const [nextKey, nextId] = ["NextKeyMarker", "NextUploadIdMarker"].map((name) => textAt(elements, `${root}/${name}`));
  const isCut = textAt(elements, `${root}/IsTruncated`) === "true" && nextKey !== undefined && nextKey !== "";
  const next = isCut
    ? ([
        ["key-marker", decoded(nextKey)],
        ["upload-id-marker", nextId ?? ""],
      ] as const)
    : undefined;
  return { uploads, next };
}

/** `encoding-type=url`: as in forms, a blank is a plus. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", "%20"));
  } catch {
    return key;
  }
}
