// A small strict parser of HTTP/1.1 requests (RFC 9112): only GET, without bodies.

const MAX_REMEMBERED = 10_000;
const MAX_HEAD_CHARS = 1_048_576;
const REQUEST_LINE = /^([A-Z]+) ([^\s]+) HTTP\/1\.([01])$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

/** The record of a request. */
export interface SeenRequest {
  /** The request target as it was sent: path and query, or the absolute form. */
  readonly path: string;
  readonly method: string;
  /** Names in lower case; values of a repeated header joined with ", ". */
  readonly headers: Record<string, string>;
  /** The bytes of the head, up to and with its empty line, as latin1. */
  readonly raw: string;
  /** The number of its connection, from 1. */
  readonly connection: number;
}

/** The parsed request target: `/name/rest?parameter=value`. */
export interface RudeRequest extends SeenRequest {
  readonly name: string;
  readonly rest: string;
  readonly parameters: ReadonlyMap<string, readonly string[]>;
  /** Whether the request has Connection: close. */
  readonly wantsClose: boolean;
}

export type Taken =
  | { readonly kind: "more" }
  | { readonly kind: "bad"; readonly status: string; readonly request?: RudeRequest }
  | { readonly kind: "request"; readonly request: RudeRequest; readonly left: string };

/** The head of a request, whatever its method. */
export interface RequestHead extends Omit<SeenRequest, "connection"> {
  readonly kind: "head";
  /** The minor version: x of HTTP/1.x. */
  readonly minor: string;
  /** The bytes after the head. */
  readonly left: string;
}

/** Parses the first head of the received bytes (Latin-1). */
export function takeHead(pending: string): RequestHead | Exclude<Taken, { kind: "request" }> {
  const end = pending.indexOf("\r\n\r\n");
  if (end < 0) return pending.length > MAX_HEAD_CHARS ? { kind: "bad", status: "431 Too Large" } : { kind: "more" };
  const lines = pending.slice(0, end).split("\r\n");
  const line = REQUEST_LINE.exec(lines.shift() ?? "");
  const headers = readHeaders(lines);
  if (line === null || headers === undefined) return { kind: "bad", status: "400 Bad Request" };
  const [, method = "", path = "", minor = ""] = line;
  return { kind: "head", path, method, minor, headers, raw: pending.slice(0, end + 4), left: pending.slice(end + 4) };
}

/** Parses the first request of the received bytes (Latin-1). */
export function takeRequest(pending: string, connection: number): Taken {
  const taken = takeHead(pending);
  if (taken.kind !== "head") return taken;
  const { path, method, minor, headers, raw, left } = taken;
  const { host, connection: asked } = headers;
  const wantsClose = minor === "0" || /\bclose\b/i.test(asked ?? "");
  const request = { path, method, headers, raw, connection, wantsClose, ...readTarget(path) };
  const bad = (status: string): Taken => ({ kind: "bad", status, request });
  if (method !== "GET") return bad("405 Method Not Allowed");
  if (minor === "1" && (host === undefined || host.includes(","))) return bad("400 Bad Host");
  const hasBody = Number(headers["content-length"] ?? 0) !== 0 || headers["transfer-encoding"] !== undefined;
  return hasBody ? bad("400 Body Unwanted") : { kind: "request", request, left };
}

/** Splits a request target into the behaviour's name, the rest of the path and the parameters. */
export function readTarget(path: string): Pick<RudeRequest, "name" | "rest" | "parameters"> {
  const target = path.replace(/^[a-z]+:\/\/[^/?]*/i, "");
  const mark = target.includes("?") ? target.indexOf("?") : target.length;
  const [, name = "", rest = ""] = /^\/*([^/]*)\/?(.*)$/.exec(target.slice(0, mark)) ?? [];
  const parameters = new Map<string, string[]>();
  for (const pair of target.slice(mark + 1).split("&")) {
    const [key = "", ...value] = pair.split("=");
    if (key !== "") parameters.set(key, [...(parameters.get(key) ?? []), percentDecoded(value.join("="))]);
  }
  return { name, rest: percentDecoded(rest), parameters };
}

export function text(request: RudeRequest, parameter: string, fallback: string): string {
  return request.parameters.get(parameter)?.[0] ?? fallback;
}

export function number(request: RudeRequest, parameter: string, fallback: number): number {
  const value = Number(request.parameters.get(parameter)?.[0] ?? fallback);
  return Number.isFinite(value) ? value : fallback;
}

/** True for `?name` and `?name=1`; false without it and for `?name=0`. */
export function flag(request: RudeRequest, parameter: string): boolean {
  return text(request, parameter, "0") !== "0";
}

/** Percent-decodes to Latin-1, so that a test can send any byte; "+" stays "+". */
function percentDecoded(value: string): string {
  return value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function readHeaders(lines: readonly string[]): Record<string, string> | undefined {
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const match = HEADER_LINE.exec(line);
    if (match === null) return undefined;
    const [, name = "", value = ""] = match;
    const key = name.toLowerCase();
    const before = headers[key];
    headers[key] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}

/** Appends to a list that keeps only its last 10,000 entries. */
export function remember<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > MAX_REMEMBERED) list.shift();
}
