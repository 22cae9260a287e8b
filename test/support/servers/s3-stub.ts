// An object store on 127.0.0.1 that speaks S3 strictly: it checks signatures itself, and misbehaves on request.

import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export interface StubObject {
  readonly body: Buffer;
  readonly type: string | undefined;
}

export interface StubRequest {
  readonly method: string;
  /** The key; empty for the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** What happens instead of an answer: `late` answers are lost after the request had its effect. */
export type Fault =
  | "reset"
  | "silence"
  | "reset late"
  | "200 that is an error"
  | { readonly status: number; readonly code: string; readonly message?: string };

export interface StubKey {
  readonly id: string;
  readonly secret: string;
  readonly token?: string;
}

export interface S3Stub {
  readonly url: string;
  readonly objects: Map<string, StubObject>;
  /** Open multipart uploads, by their ids. */
  readonly uploads: Map<
    string,
    { readonly key: string; readonly parts: Map<number, Buffer>; readonly type: string | undefined }
  >;
  readonly requests: StubRequest[];
  /** The number of requests whose signature or token was refused. */
  readonly refused: number;
  /** The keys that may sign requests. */
  keys: readonly StubKey[];
  /** Returns what goes wrong with a request. */
  fault: (request: StubRequest) => Fault | undefined;
  /** How `If-None-Match` is answered. */
  condition: "honoured" | "refused" | "ignored";
  /** So many requests must have come before any is answered, once. */
  hold: number;
  /** The most requests that were under way at a time. */
  readonly most: number;
  close(): Promise<void>;
}

export const STUB_KEY: StubKey = { id: "AKIDSTUB", secret: "stub/Secret+Key" };
const BUCKET = "books";

/** An error of the store. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** `tls`: with it, the store speaks TLS. */
export async function s3Stub(
  region = "us-east-1",
  tls?: { readonly key: string; readonly cert: string },
): Promise<S3Stub> {
  let most = 0;
  let underWay = 0;
  let lastId = 0;
  let refused = 0;
  const held: (() => void)[] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    most = Math.max(most, ++underWay);
    response.on("close", () => underWay--);
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => void pieces.push(piece));
    request.on("error", () => {});
    request.on("end", () => {
      held.push(() => answer(request, Buffer.concat(pieces), response));
      if (held.length < stub.hold) return;
      // A client that sends more has time to do so. One that does not never fails for that.
      if (stub.hold > 0 && held.length === stub.hold) setTimeout(release, 100);
      else if (stub.hold === 0) release();
    });
  };
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const release = () => {
    stub.hold = 0;
    for (const one of held.splice(0)) one();
  };
  const stub: S3Stub = {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects: new Map(),
    uploads: new Map(),
    requests: [],
    keys: [STUB_KEY],
    fault: () => undefined,
    condition: "honoured",
    hold: 0,
    get refused() {
      return refused;
    },
    get most() {
      return most;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
  return stub;

  function answer(raw: IncomingMessage, body: Buffer, response: ServerResponse): void {
    try {
      const { method = "", headers } = raw;
      refused++;
      checkSignature(raw, body, region, stub.keys);
      refused--;
      const [path = "", query = ""] = (raw.url ?? "").split("?");
      const [, bucket = "", ...parts] = path.split("/").map(decodeURIComponent);
      const request = { method, key: parts.join("/"), query: new URLSearchParams(query), headers, body };
      stub.requests.push(request);
      if (bucket !== BUCKET) throw new Refusal(404, "NoSuchBucket", "The specified bucket does not exist");
      const fault = stub.fault(request);
      if (fault === "silence") return;
      if (fault === "reset") return void raw.socket.destroy();
      if (typeof fault === "object") throw new Refusal(fault.status, fault.code, fault.message);
      if (fault === "200 that is an error")
        return send(response, 200, errorXml("InternalError", "We encountered an error"));
      const { status, xml = "", etag, bytes } = handle(request);
      if (fault === "reset late") return void raw.socket.destroy();
      if (etag !== undefined) response.setHeader("ETag", etag);
      send(response, status, bytes ?? xml);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      response.setHeader("Date", new Date().toUTCString());
      send(response, error.status, errorXml(error.code, error.message));
    }
  }

  function handle(request: StubRequest): Handled {
    const { method, key, query, headers, body } = request;
    const type = headers["content-type"];
    const id = query.get("uploadId") ?? "";
    if (key === "") return query.has("uploads") ? listUploads(query) : list(query);
    if (method === "POST" && query.has("uploads")) {
      const upload = `upload-${++lastId}`;
      stub.uploads.set(upload, { key, parts: new Map(), type });
      return {
        status: 200,
        xml: `<InitiateMultipartUploadResult><UploadId>${upload}</UploadId></InitiateMultipartUploadResult>`,
      };
    }
    if (id !== "") return ofUpload(request, id);
    if (method === "PUT") {
      if (headers["content-length"] === undefined) throw new Refusal(411, "MissingContentLength");
      if (headers["if-none-match"] === "*") {
        if (stub.condition === "refused") throw new Refusal(501, "NotImplemented");
        if (stub.condition === "honoured" && stub.objects.has(key)) throw new Refusal(412, "PreconditionFailed");
      }
      const source = headers["x-amz-copy-source"];
      if (source !== undefined) return copied(key, String(source));
      stub.objects.set(key, { body, type });
      return { status: 200, etag: etagOf(body) };
    }
    if (method === "DELETE") {
      stub.objects.delete(key);
      return { status: 204 };
    }
    const object = stub.objects.get(key);
    if (object === undefined) throw new Refusal(404, "NoSuchKey");
    return { ...ranged(object.body, headers.range), etag: etagOf(object.body) };
  }

  function ofUpload({ method, key, query, body }: StubRequest, id: string): Handled {
    const upload = stub.uploads.get(id);
    if (upload?.key !== key) throw new Refusal(404, "NoSuchUpload");
    if (method === "PUT") {
      upload.parts.set(Number(query.get("partNumber")), body);
      return { status: 200, etag: etagOf(body) };
    }
    stub.uploads.delete(id);
    if (method === "DELETE") return { status: 204 };
    const parts = [...upload.parts].toSorted(([a], [b]) => a - b).map(([, part]) => part);
    // R2 wants equal parts, S3 at least 5 MiB.
    const isEqual = parts.slice(0, -1).every(({ length }) => length === parts[0]?.length && length >= 5_242_880);
    const wanted = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(.*?)<\/ETag>/g)];
    const areNamed = wanted.length === parts.length && parts.every((part, i) => wanted[i]?.[2] === etagOf(part));
    if (!isEqual || !areNamed) throw new Refusal(400, "InvalidPart");
    stub.objects.set(key, { body: Buffer.concat(parts), type: upload.type });
    return { status: 200, xml: "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>" };
  }

  function copied(key: string, source: string): Handled {
    const object = stub.objects.get(decodeURIComponent(source).replace(/^\/?[^/]+\//, ""));
    if (object === undefined) throw new Refusal(404, "NoSuchKey");
    stub.objects.set(key, object);
    return { status: 200, xml: "<CopyObjectResult><ETag>x</ETag></CopyObjectResult>" };
  }

  function list(query: URLSearchParams): Handled {
    if (query.get("list-type") !== "2") throw new Refusal(400, "InvalidArgument");
    const prefix = query.get("prefix") ?? "";
    const after = query.get("continuation-token") ?? "";
    const most = Math.min(1000, Number(query.get("max-keys") ?? 1000));
    const keys = [...stub.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    const page = keys.slice(0, most);
    const isCut = keys.length > page.length;
    const contents = page.map(
      (key) => `<Contents><Key>${formEncoded(key)}</Key><Size>${stub.objects.get(key)?.body.length}</Size></Contents>`,
    );
    const next = isCut ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
    return {
      status: 200,
      xml: `<ListBucketResult><IsTruncated>${isCut}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`,
    };
  }

  function listUploads(query: URLSearchParams): Handled {
    const prefix = query.get("prefix") ?? "";
    const found = [...stub.uploads].filter(([, { key }]) => key.startsWith(prefix));
    const xml = found
      .map(([id, { key }]) => `<Upload><Key>${formEncoded(key)}</Key><UploadId>${id}</UploadId></Upload>`)
      .join("");
    return {
      status: 200,
      xml: `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${xml}</ListMultipartUploadsResult>`,
    };
  }
}

interface Handled {
  readonly status: number;
  readonly xml?: string;
  readonly bytes?: Buffer;
  readonly etag?: string;
}

/** The bytes of a range, if one is asked for. */
function ranged(body: Buffer, range: string | undefined): Handled {
  const [, from = "", to = ""] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
  if (from === "") return { status: 200, bytes: body };
  if (Number(from) >= body.length) throw new Refusal(416, "InvalidRange");
  return { status: 206, bytes: body.subarray(Number(from), to === "" ? body.length : Number(to) + 1) };
}

function send(response: ServerResponse, status: number, body: string | Buffer): void {
  response.statusCode = status;
  const xml = typeof body === "string" && body !== "" ? `<?xml version="1.0" encoding="UTF-8"?>\n${body}` : body;
  response.end(response.req.method === "HEAD" ? "" : xml);
}

function errorXml(code: string, message: string): string {
  return `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}

function etagOf(body: Buffer): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

function formEncoded(key: string): string {
  return encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/");
}

/** Computes the signature from the request as it came, by the page "Create a signed AWS API request". */
function checkSignature(request: IncomingMessage, body: Buffer, region: string, keys: readonly StubKey[]): void {
  const { headers, method = "", url = "" } = request;
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? "",
    );
  if (match === null) throw new Refusal(403, "AccessDenied", "no signature of version 4");
  const [, id, date = "", scope = "", signed = "", signature] = match;
  const key = keys.find((one) => one.id === id);
  if (key === undefined) throw new Refusal(403, "InvalidAccessKeyId");
  if (key.token !== headers["x-amz-security-token"])
    throw new Refusal(400, "ExpiredToken", "The provided token has expired.");
  if (scope !== region) throw new Refusal(400, "AuthorizationHeaderMalformed", `the region '${scope}' is wrong`);
  const time = String(headers["x-amz-date"]);
  const seconds = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z")) / 1000;
  if (!time.startsWith(date) || Math.abs(seconds - Date.now() / 1000) > 900)
    throw new Refusal(403, "RequestTimeTooSkewed");
  const names = signed.split(";");
  const mustSign = Object.keys(headers).filter((name) => name === "host" || name.startsWith("x-amz-"));
  if (!mustSign.every((name) => names.includes(name)))
    throw new Refusal(403, "AccessDenied", "headers that are not signed");
  const bodyHash = String(headers["x-amz-content-sha256"]);
  if (createHash("sha256").update(body).digest("hex") !== bodyHash) throw new Refusal(400, "XAmzContentSHA256Mismatch");
  const [path = "", query = ""] = url.split("?");
  const pairs = query === "" ? [] : query.split("&").map((pair) => (pair.includes("=") ? pair : `${pair}=`));
  const lines = names.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, " ")}\n`);
  const canonical = [method, path, pairs.toSorted().join("&"), lines.join(""), signed, bodyHash].join("\n");
  const hashed = createHash("sha256").update(canonical).digest("hex");
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${date}/${region}/s3/aws4_request\n${hashed}`;
  const mac = (secret: string | Buffer, text: string) => createHmac("sha256", secret).update(text).digest();
  const signingKey = mac(mac(mac(mac(`AWS4${key.secret}`, date), region), "s3"), "aws4_request");
  if (mac(signingKey, toSign).toString("hex") !== signature) throw new Refusal(403, "SignatureDoesNotMatch");
}
